"""Batches that an account pays for: begun with all held that their chats may use, followed to their end, and given back what these have not used, once, whoever finds
out and however the chats end."""
import concurrent.futures
import http.client
import json
import random
import threading
import time

import anthropic
import pytest
from batches import CHAT, PAID_IN, SQLITE, killed, on_both_ledgers, reckoned, start
from bench import ALICE, BOB, amount, eventually
from gateway import KEYS
from simlib import PATIENT
from test_jobs import count
from test_money import balance, cli, credit, settled, usage

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "anthropic" { adapter = "anthropic", key = env "ANTHROPIC_API_KEY", base_url = "http://127.0.0.1:${sim}/p/anthropic" }
ledger %s
prices "anthropic" { source = "the test", date = "2026-11-30", models = {
  { name = "claude-opus-4-6", input = 10, cached = 1, output = 100, services = { { name = "batch", times = 0.5 } } },
  { name = "claude-sonnet-4-6", input = 10, output = 100 } } }
model "opus" { { "anthropic", as = "claude-opus-4-6" } }
model "sonnet" { { "anthropic", as = "claude-sonnet-4-6" } }
chain { auth {}, jobs { every = "1s", %s }, bill {}, fallback {}, retry {} }
"""


@pytest.fixture(name="config", params=["sqlite", "postgresql"])
def both_ledgers(request):
    return on_both_ledgers(request, CONFIG)


@pytest.fixture(name="g")
def one_gateway(world):
    return start(world, CONFIG % (SQLITE, ""))


def client_of(g, key=ALICE):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{g.port}", api_key=key, max_retries=0)


def chats(*ids, model="opus", text="a question", most=100):
    return [{"custom_id": one, "params": {"model": model, "max_tokens": most, "messages": [{"role": "user", "content": text}]}} for one in ids]


def begin(g, *ids, key=ALICE, **more):
    with client_of(g, key) as c:
        return c.messages.batches.create(requests=chats(*ids, **more))


def send(g, method, path, body=None, key=ALICE):
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    try:
        c.request(method, path, json.dumps(body) if body else None, {"x-api-key": key, "content-type": "application/json", "anthropic-version": "2023-06-01"})
        r = c.getresponse()
        return r.status, r.read()
    finally:
        c.close()


def held(g, batch):
    (row,) = [u for u in usage(g) if u["id"] == batch]
    return row


def job(g, batch):
    return json.loads([line for line in cli(g, "jobs", "--json").splitlines() if batch in line][0])


def settle(g, batch):
    eventually(lambda: job(g, batch)["state"] == "succeeded" or g.skip(600), "that the batch is paid for")
    row = held(g, batch)
    return row["charged"] - row["given_back"]


def test_to_its_end(world, g):
    world.sim.script({"rules": [{"match": {"path": "/v1/messages/batches/msgbatch*"}, "do": {"status": 503}}]})  # it is not over before it was looked at here
    batch = begin(g, "slow", "b", "c")
    assert batch.id.startswith("job_yz") and batch.processing_status == "in_progress" and batch.request_counts.processing == 3 and batch.results_url is None
    settled(g)
    row = held(g, batch.id)
    assert row["state"] == "captured" and row["charged"] == row["held"] > 3 * 100 * 50_000  # each may use as much as it says, at half of the price
    assert balance(g, "alice")["available"] == PAID_IN - row["charged"]
    with client_of(g) as c:
        with pytest.raises(anthropic.BadRequestError, match="not over yet"):
            c.messages.batches.delete(batch.id)
        world.sim.script({})
        seen = []

        def over():
            seen.append(c.messages.batches.retrieve(batch.id))
            return seen[-1].processing_status == "ended" or g.skip(600)

        eventually(over, "the end of the batch")
        assert seen[-1].id == batch.id and seen[-1].results_url == f"/v1/messages/batches/{batch.id}/results" and seen[-1].request_counts.succeeded == 3
        results = list(c.messages.batches.results(batch.id))  # also before it is paid for
        assert [(r.custom_id, r.result.message.content[0].text) for r in results] == [("slow", "to slow"), ("b", "to b"), ("c", "to c")]
        assert settle(g, batch.id) == 3 * CHAT and balance(g, "alice")["available"] == PAID_IN - 3 * CHAT
        assert job(g, batch.id)["cost"] == "0.00105"
        assert c.messages.batches.retrieve(batch.id).processing_status == "ended" and len(list(c.messages.batches.results(batch.id))) == 3
        with client_of(g, BOB) as stranger:
            for ask in (stranger.messages.batches.retrieve, stranger.messages.batches.results, stranger.messages.batches.cancel, stranger.messages.batches.delete):
                with pytest.raises(anthropic.NotFoundError):
                    ask(batch.id)
        assert c.messages.batches.delete(batch.id).id == batch.id
        with pytest.raises(anthropic.NotFoundError):
            list(c.messages.batches.results(batch.id))
    assert balance(g, "alice")["available"] == PAID_IN - 3 * CHAT and "adds up" in cli(g, "audit")
    assert count(g, "jobs_succeeded") == 1 and len([r for r in world.sim.log() if r["path"] == "/v1/messages/batches"]) == 1


def test_nobody_asks(g):
    """… and it is paid for all the same; of chats that come to nothing nothing is."""
    batch = begin(g, "a", "errored", "expired", "b")
    assert settle(g, batch.id) == 2 * CHAT and balance(g, "alice")["available"] == PAID_IN - 2 * CHAT
    assert "adds up" in cli(g, "audit")
    (sums,) = [json.loads(line) for line in cli(g, "usage", "--by", "model", "--json").splitlines()]
    assert (sums["requests"], sums["input"], sums["cached"], sums["output"]) == (1, 220, 200, 10)


def test_called_off(g):
    batch = begin(g, "hangs", "b")
    with client_of(g) as c:
        cancelled = c.messages.batches.cancel(batch.id)
        assert (cancelled.id, cancelled.processing_status) == (batch.id, "canceling")
        eventually(lambda: c.messages.batches.retrieve(batch.id).processing_status == "ended" or g.skip(600), "the end of the batch")
        assert [r.result.type for r in c.messages.batches.results(batch.id)] == ["canceled", "canceled"]
    assert settle(g, batch.id) == 0 and balance(g, "alice")["available"] == PAID_IN and "adds up" in cli(g, "audit")


def test_an_answer_without_counts(g):
    """… costs its share of what was held."""
    batch = begin(g, "a", "unread")
    settled(g)
    assert settle(g, batch.id) == CHAT + held(g, batch.id)["held"] // 2
    assert f"of 1 of the 2 chats of the batch {batch.id} at anthropic no result says what they have used" in g.log()


def test_results_that_lack_some(world, g):
    """Nothing is given back by what is not whole; the next look may have it."""
    batch = begin(g, "short", "b", "c")
    asked = lambda: len([r for r in world.sim.log() if r["path"].endswith("/results")])  # noqa: E731
    eventually(lambda: asked() >= 2 or g.skip(600), "that its results are asked for")
    assert job(g, batch.id)["state"] == "running" and held(g, batch.id)["given_back"] == 0
    path = [r["path"] for r in world.sim.log() if r["path"].endswith("/results")][0]
    with client_of(g) as c, pytest.raises(anthropic.BadRequestError, match="reckoned up"):  # else nobody would know
        c.messages.batches.delete(batch.id)
    line = lambda of: json.dumps({"custom_id": of, "result": {"type": "succeeded", "message": {"usage": {"input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 5}}}}) + "\n"  # noqa: E731
    for body, more in ((line("x") + line("y") + line("z")[:40], 400), (line("x") + line("y") + line("z"), 0)):  # broken off; whole, and without an end of the last line
        text = body.rstrip("\n")
        world.sim.script({"rules": [{"match": {"path": path}, "do": {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonl\r\ncontent-length: {len(text) + more}\r\n\r\n{text}"}}]})
        if more:
            before = asked()
            eventually(lambda before=before: asked() > before + 1 or g.skip(600), "that its results are asked for")
            assert job(g, batch.id)["state"] == "running"
    assert settle(g, batch.id) == 3 * CHAT and "adds up" in cli(g, "audit")


ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def answers(text, kind):
    return {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(text)}\r\n\r\n{text}"}


def begin_with_results(world, g, results, *ids):
    """A batch that is over, whose results are these."""
    world.sim.script({"rules": [{"match": {"path": "/v1/messages/batches/msgbatch*"}, "do": {"status": 503}}]})
    batch = begin(g, *ids)
    looks = lambda: [r["path"] for r in world.sim.log() if "/msgbatch" in r["path"]]  # noqa: E731
    eventually(lambda: looks() or g.skip(600), "that it is asked for")
    world.sim.script({"rules": [{"match": {"path": looks()[0] + "/results"}, "do": results}]})
    return batch


@pytest.mark.parametrize(("text", "kind", "ids"), [
    ("<html>\n<body>please\nlog in</body>\n</html>", "text/html", ("a", "b")),
    (json.dumps(ERROR, indent=1), "application/json", ("a", "b")),
    (json.dumps(ERROR), "application/json", ("a",)),
    ("nonsense\n[]\n{}\n\"custom_id result\"\n", "application/x-jsonl", ("a", "b")),
], ids=["a page", "an error of several lines", "an error of one line", "nonsense"])
def test_what_came_in_place_of_results(world, g, text, kind, ids):
    """… says nothing of what the chats have used, however many lines it has: they are asked for again."""
    batch = begin_with_results(world, g, answers(text, kind), *ids)
    asked = lambda: len([r for r in world.sim.log() if r["path"].endswith("/results")])  # noqa: E731
    eventually(lambda: asked() >= 2 or g.skip(600), "that its results are asked for again")
    assert job(g, batch.id)["state"] == "running" and held(g, batch.id)["given_back"] == 0
    world.sim.script({})
    assert settle(g, batch.id) == len(ids) * CHAT and balance(g, "alice")["available"] == PAID_IN - len(ids) * CHAT
    assert "stays paid" not in g.log() and "adds up" in cli(g, "audit")


def test_a_result_that_nobody_can_ever_read(world, g):
    """… is waited for a day, and then costs the others nothing."""
    good = {"usage": {"input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 5}}
    line = json.dumps({"custom_id": "a", "result": {"type": "succeeded", "message": good}})
    batch = begin_with_results(world, g, answers(line + '\n{"custom_id": "b", "result"\n', "application/x-jsonl"), "a", "b")
    asked = lambda: len([r for r in world.sim.log() if r["path"].endswith("/results")])  # noqa: E731
    eventually(lambda: asked() >= 2 or g.skip(600), "that its results are asked for again")
    assert job(g, batch.id)["state"] == "running"
    g.skip(24 * 3600 * 1000)
    assert settle(g, batch.id) == CHAT + held(g, batch.id)["held"] // 2
    assert f"of 1 of the 2 chats of the batch {batch.id} at anthropic no result says what they have used" in g.log() and "adds up" in cli(g, "audit")


def test_a_result_of_a_type_that_is_not_known(world, g):
    """… costs what it says, or else its share of what was held, of which the operator is told."""
    line = lambda one, **result: json.dumps({"custom_id": one, "result": {"type": "weird", **result}}) + "\n"  # noqa: E731
    used = {"usage": {"input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 5}}
    batch = begin_with_results(world, g, answers(line("a", message=used) + line("b"), "application/x-jsonl"), "a", "b")
    assert settle(g, batch.id) == CHAT + held(g, batch.id)["held"] // 2
    assert f"of 1 of the 2 chats of the batch {batch.id} at anthropic no result says what they have used" in g.log()


def test_a_limit_below_nothing(world, g):
    """The provider refuses it as it refuses the chat by itself; one that takes it is paid for as if no limit was said."""
    (chat,) = chats("a", most=-5)
    batch = lambda: send(g, "POST", "/v1/messages/batches", {"requests": [chat]})  # noqa: E731
    alone, refused = send(g, "POST", "/v1/messages", chat["params"]), batch()
    assert alone[0] == refused[0] == 400 and b"max_tokens" in alone[1] and b"max_tokens" in refused[1]
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN
    taken = json.dumps({"id": "msgbatch_x", "type": "message_batch", "processing_status": "in_progress", "request_counts": {"processing": 1}, "results_url": None})
    world.sim.script({"rules": [{"match": {"path": "/v1/messages/batches"}, "do": answers(taken, "application/json")}]})
    status, answer = batch()
    settled(g)
    assert status == 200 and held(g, json.loads(answer)["id"])["held"] > 4096 * 50_000  # answer_tokens of bill


def test_results_that_never_come(world, g):
    """What was held stays paid, and the operator is told."""
    world.sim.script({"rules": [{"match": {"path": "/v1/messages/batches/msgbatch*", "after": 1}, "do": {"status": 404}}]})
    batch = begin(g, "a")
    eventually(lambda: job(g, batch.id).get("state") == "running" and any(r["path"].endswith("/results") for r in world.sim.log()) or g.skip(600), "that its results are asked for")
    g.skip(25 * 3600 * 1000)
    row = held(g, batch.id)
    assert settle(g, batch.id) == row["held"]
    assert "what was held for it stays paid" in g.log()


def test_who_cannot_pay(world, g):
    with client_of(g) as c, pytest.raises(anthropic.APIStatusError) as refused:
        c.messages.batches.create(requests=chats(*"abcdef", most=1_000_000))
    assert refused.value.status_code == 402 and world.sim.log() == []
    with pytest.raises(anthropic.PermissionDeniedError, match="no price is known"):  # nobody has said what a batch of it costs
        begin(g, "a", model="sonnet")
    without = start(world, CONFIG.replace('jobs { every = "1s", %s }, ', "%.0s") % (SQLITE, ""))
    with pytest.raises(anthropic.PermissionDeniedError, match="nobody follows it until then: the stage jobs does"):
        begin(without, "a")
    assert world.sim.log() == []


def test_who_is_refused_pays_nothing(world, g):
    with pytest.raises(anthropic.BadRequestError, match="custom_id must be unique"):
        begin(g, "a", "a")
    world.sim.script({"rules": [{"do": {"status": 500}}]})
    with pytest.raises(anthropic.InternalServerError):
        begin(g, "a")
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN and len(world.sim.log()) == 2 and "adds up" in cli(g, "audit")


def test_a_key_with_a_mark_up(g):
    key = json.loads(cli(g, "key", "create", "paula", "--markup", "1.5", "--json"))["key"]
    credit(g, "paula", PAID_IN)
    eventually(lambda: send(g, "GET", "/v1/models", key=key)[0] == 200, "the key is known")
    batch = begin(g, "a", "errored", key=key)
    assert settle(g, batch.id) == CHAT * 3 // 2 and balance(g, "paula")["available"] == PAID_IN - CHAT * 3 // 2


def test_everybody_at_once(world, config):
    """Clients who ask, and the looks of every gateway: one end, and one movement of money."""
    text, n = config
    gateways = [start(world, text()) if i == 0 else world.gateway(text(), workers=2) for i in range(n)]
    paid_in = balance(gateways[0], "alice")["available"]
    batch = begin(gateways[0], "slow", "errored", "c").id
    with concurrent.futures.ThreadPoolExecutor(amount(16, 100)) as pool:
        for _ in range(30):
            seen = list(pool.map(lambda i: send(gateways[i % n], "GET", f"/v1/messages/batches/{batch}"), range(amount(100, 1000))))
            assert {status for status, _ in seen} == {200}, seen
            if job(gateways[0], batch)["state"] == "succeeded":
                break
            for g in gateways:
                g.skip(600)
    assert settle(gateways[0], batch) == 2 * CHAT and balance(gateways[0], "alice")["available"] == paid_in - 2 * CHAT
    assert sum(count(g, "jobs_succeeded") for g in gateways) == 1 and sum(count(g, "jobs_refunded") for g in gateways) == 1
    assert len([r for r in world.sim.log() if r["path"] == "/v1/messages/batches"]) == 1 and "adds up" in cli(gateways[0], "audit")


@pytest.mark.parametrize("at", ["begun", "answered", "over"])
def test_kill_9(world, config, at):
    text, _ = config
    g = start(world, text('unsure = "2s"'))
    rule = {"begun": {"path": "/v1/messages/batches"}, "answered": {"path": "/v1/messages/batches/msgbatch*"}, "over": {"path": "/v1/messages/batches/msgbatch*", "after": 1}}[at]
    world.sim.script({"rules": [{"match": rule, "do": {"hang": "head"}}]})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        begun = pool.submit(send, g, "POST", "/v1/messages/batches", {"requests": chats("a", "errored")})
        eventually(lambda: any(r["path"].startswith("/v1/messages/batches") and (at == "begun" or "msgbatch" in r["path"]) and (at != "over" or r["path"].endswith("/results"))
                               for r in world.sim.log()) or (at != "begun" and g.skip(600)), "that it hangs")
        g.kill()
        if at == "begun":
            with pytest.raises((http.client.HTTPException, OSError)):
                begun.result()
        else:
            assert begun.result()[0] == 200
    world.sim.script({})
    g.start()
    jobs = lambda: [json.loads(line) for line in cli(g, "jobs", "--json").splitlines()]  # noqa: E731
    eventually(lambda: {j["state"] for j in jobs()} <= {"succeeded", "expired"} or g.skip(5000), "the end of the batch")
    settled(g)
    (one,) = jobs()
    assert one["state"] == ("expired" if at == "begun" else "succeeded")
    assert balance(g, "alice")["available"] == PAID_IN - (0 if at == "begun" else CHAT) and "adds up" in cli(g, "audit")
    assert len([r for r in world.sim.log() if r["path"] == "/v1/messages/batches"]) == 1


class Maker(threading.Thread):
    """Begins batches, asks for some, and fetches the results of some, whatever happens to the gateway."""

    def __init__(self, g, seed):
        super().__init__()
        self.g, self.dice, self.stop, self.told = g, random.Random(seed), False, {}

    def run(self):
        while not self.stop:
            ids = self.dice.choice([("a", "errored"), ("slow", "b", "c"), ("errored",)])
            try:
                status, answer = send(self.g, "POST", "/v1/messages/batches", {"requests": chats(*ids)})
                if status == 200:
                    self.told[json.loads(answer)["id"]] = sum(one != "errored" for one in ids)
                    one = self.dice.choice(list(self.told))
                    send(self.g, "GET", f"/v1/messages/batches/{one}")
                    send(self.g, "GET", f"/v1/messages/batches/{one}/results")
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.02)
            time.sleep(self.dice.uniform(0.1, 0.4))


def test_killed_again_and_again(world, config):
    """None is lost, none paid for twice or not at all: each costs what its chats have used, and one that nobody knows to have begun nothing."""
    text, _ = config
    world.sim.script({"rules": [{"match": {"path": "/v1/messages/batches*"}, "do": {"first_delay": [0, 30]}}]})
    g = start(world, text('unsure = "5s"'))
    makers = [Maker(g, seed) for seed in range(2)]
    killed(g, makers)
    rows, paid = reckoned(g, makers)
    (sums,) = [json.loads(line) for line in cli(g, "usage", "--by", "model", "--json").splitlines()]
    assert sums["output"] * CHAT == 5 * sum(paid.values())  # no answer is counted twice, or not at all
    assert len([r for r in world.sim.log() if r["path"] == "/v1/messages/batches"]) <= len(rows)


@pytest.mark.parametrize("more", [{"container": "container_1"}, {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "file_of_another"}}]}]}], ids=["a container", "a file"])
def test_a_request_that_names_what_is_stored(world, g, more):
    asked = chats("a", "b")
    asked[1]["params"].update(more)
    status, body = send(g, "POST", "/v1/messages/batches", {"requests": asked})
    assert status == 400 and b"requests.1.params: names something that is stored" in body
    assert not [r for r in world.sim.log() if r["path"] == "/v1/messages/batches"] and balance(g, "alice")["available"] == PAID_IN


def test_results_said_twice(world, g):
    """… are paid once, a result whose answer is an error costs nothing, and one of more than there are chats is none."""
    used = {"usage": {"input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 5}}
    line = lambda of, message: json.dumps({"custom_id": of, "result": {"type": "succeeded", "message": message}}) + "\n"  # noqa: E731
    text = line("a", used) * 2 + line("b", {"type": "error", "error": {"message": "no"}}) + line("zz", used)
    batch = begin_with_results(world, g, answers(text, "application/x-jsonl"), "a", "b")
    assert settle(g, batch.id) == CHAT and balance(g, "alice")["available"] == PAID_IN - CHAT and "adds up" in cli(g, "audit")
    assert f"2 results of the batch {batch.id} at anthropic are second ones" in g.log()
