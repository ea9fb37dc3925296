"""Batches of OpenAI's files that an account pays for: their chats are read out of the file before anything is begun, and what its answers have not used is given back, once."""
import concurrent.futures
import http.client
import json
import random
import threading
import time

import openai
import pytest
from batches import CHAT, PAID_IN, SQLITE, killed, on_both_ledgers, reckoned, start
from bench import ALICE, BOB, amount, eventually
from gateway import KEYS
from simlib import PATIENT
from test_batches_paid import answers, held, job, settle
from test_jobs import count
from test_money import balance, cli, credit, settled, usage

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/openai/v1" }
ledger %s
prices "openai" { source = "the test", date = "2026-11-30", models = {
  { name = "gpt-5.2", input = 10, cached = 1, output = 100, services = { { name = "batch", times = 0.5 } } },
  { name = "gpt-5.2-mini", input = 10, output = 100 } } }
model "five" { { "openai", as = "gpt-5.2" } }
model "small" { { "openai", as = "gpt-5.2-mini" } }
model "theirs" { { "openai", as = "gpt-5.2-nano" } }
key "sk-limited" { name = "limited", models = { "small" } }
chain { auth {}, jobs { every = "1s", %s }, bill {}, fallback {}, retry {} }
"""


@pytest.fixture(name="config", params=["sqlite", "postgresql"])
def both_ledgers(request):
    return on_both_ledgers(request, CONFIG)


@pytest.fixture(name="g")
def one_gateway(world):
    return start(world, CONFIG % (SQLITE, ""))


def client_of(g, key=ALICE):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{g.port}/v1", api_key=key, max_retries=0)


def lines(*ids, model="five", most=100, url="/v1/chat/completions"):
    asked = [{"custom_id": one, "method": "POST", "url": url, "body": {"model": model, "max_completion_tokens": most, "messages": [{"role": "user", "content": "a question"}]}} for one in ids]
    return "\n".join(json.dumps(line) for line in asked).encode()


def upload(c, data):
    return c.files.create(file=("batch.jsonl", data), purpose="batch").id


def begin(g, *ids, key=ALICE, **more):
    with client_of(g, key) as c:
        return c.batches.create(input_file_id=upload(c, lines(*ids, **more)), endpoint="/v1/chat/completions", completion_window="24h")


def send(g, method, path, body=None, key=ALICE):
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    try:
        c.request(method, path, json.dumps(body) if body else None, {"authorization": "Bearer " + key, "content-type": "application/json"})
        r = c.getresponse()
        return r.status, r.read()
    finally:
        c.close()


def begun(world):
    return len([r for r in world.sim.log() if r["path"] == "/v1/batches"])


def wait(g, c, batch, *status):
    seen = []

    def there():
        seen.append(c.batches.retrieve(batch))
        return seen[-1].status in status or g.skip(600)

    eventually(there, f"that the batch is {status}")
    return seen[-1]


def test_to_its_end(world, g):
    world.sim.script({"rules": [{"match": {"path": "/v1/batches/batch*"}, "do": {"status": 503}}]})
    with client_of(g) as c:
        file = upload(c, lines("slow", "b", "errored"))
        batch = c.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h", metadata={"for": "a test"})
        assert batch.id.startswith("batch_yz") and (batch.status, batch.input_file_id, batch.output_file_id) == ("validating", file, None)
        assert batch.request_counts.total == 3 and batch.metadata == {"for": "a test"} and batch.endpoint == "/v1/chat/completions"
        settled(g)
        row = held(g, batch.id)
        assert row["state"] == "captured" and row["charged"] == row["held"] > 3 * 100 * 50_000 and row["model"] == "five"
        assert balance(g, "alice")["available"] == PAID_IN - row["charged"]
        world.sim.script({})
        over = wait(g, c, batch.id, "completed")
        assert over.id == batch.id and over.input_file_id == file and (over.request_counts.completed, over.request_counts.failed) == (2, 1)
        told = [json.loads(line) for line in c.files.content(over.output_file_id).text.splitlines()]  # also before it is paid for
        assert [(a["custom_id"], a["response"]["body"]["choices"][0]["message"]["content"]) for a in told] == [("slow", "to slow"), ("b", "to b")]
        assert "errored" in c.files.content(over.error_file_id).text
        assert settle(g, batch.id) == 2 * CHAT and balance(g, "alice")["available"] == PAID_IN - 2 * CHAT
        for by in ("model", "day", "provider,key"):
            (sums,) = [json.loads(line) for line in cli(g, "usage", "--by", by, "--json").splitlines()]
            assert (sums["requests"], sums["input"], sums["cached"], sums["output"]) == (1, 220, 200, 10)
        again = c.batches.retrieve(batch.id)
        assert again.status == "completed" and again.output_file_id == over.output_file_id and c.files.content(again.output_file_id).text
        with client_of(g, BOB) as stranger:
            for ask in (stranger.batches.retrieve, stranger.batches.cancel):
                with pytest.raises(openai.NotFoundError):
                    ask(batch.id)
            with pytest.raises(openai.NotFoundError):
                stranger.files.content(over.output_file_id)
            with pytest.raises(openai.NotFoundError):
                stranger.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h")
    assert "adds up" in cli(g, "audit") and count(g, "jobs_succeeded") == 1 and begun(world) == 1


def test_nobody_asks(g):
    """… and it is paid for all the same; of chats that come to nothing nothing is."""
    batch = begin(g, "a", "errored", "expired", "b")
    assert settle(g, batch.id) == 2 * CHAT and balance(g, "alice")["available"] == PAID_IN - 2 * CHAT and "adds up" in cli(g, "audit")


@pytest.mark.parametrize("first, answered", [("hangs", 0), ("half", 1)])
def test_called_off(g, first, answered):
    """What was answered before that is paid for, and nothing else."""
    batch = begin(g, first, "b", "c")
    with client_of(g) as c:
        cancelled = c.batches.cancel(batch.id)
        assert (cancelled.id, cancelled.status, cancelled.input_file_id) == (batch.id, "cancelling", batch.input_file_id)
        over = wait(g, c, batch.id, "cancelled")
        assert (over.output_file_id is not None) == (answered > 0)
        eventually(lambda: job(g, batch.id)["ended"] or g.skip(600), "the end of the job")
        assert c.batches.retrieve(batch.id).status == "cancelled"
    settled(g)
    row = held(g, batch.id)
    assert row["charged"] - row["given_back"] == answered * CHAT and "adds up" in cli(g, "audit")


def test_expired(g):
    batch = begin(g, "expired", "b")
    assert settle(g, batch.id) == CHAT
    with client_of(g) as c:
        assert c.batches.retrieve(batch.id).status == "expired"


def test_a_file_that_is_refused_later(g):
    batch = begin(g, "invalid", "b")
    eventually(lambda: job(g, batch.id)["state"] == "failed" or g.skip(600), "the end of the job")
    with client_of(g) as c:
        told = c.batches.retrieve(batch.id)
        assert told.status == "failed" and told.errors.data[0].code == "invalid_file"
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN and "adds up" in cli(g, "audit")


@pytest.mark.parametrize("first", ["unread", "uncounted"])
def test_what_a_provider_does_not_say(g, first):
    """An answer without counts costs its share of what was held; a batch without counts is over when each of its chats has a line."""
    batch = begin(g, first, "b", "errored")
    settled(g)
    assert settle(g, batch.id) == (CHAT + held(g, batch.id)["held"] // 3 if first == "unread" else 2 * CHAT)
    assert (f"of 1 of the 3 chats of the batch {batch.id} at openai no result says" in g.log()) == (first == "unread")


def test_answers_that_lack_some(world, g):
    """Nothing is given back by what is not whole; after a day the missing ones cost their share."""
    batch = begin(g, "short", "b", "c")
    read = lambda: len([r for r in world.sim.log() if r["path"].endswith("/content")])  # noqa: E731
    eventually(lambda: read() >= 3 or g.skip(600), "that its answers are asked for again")
    assert job(g, batch.id)["state"] == "running" and held(g, batch.id)["given_back"] == 0
    g.skip(24 * 3600 * 1000)
    assert settle(g, batch.id) == CHAT + -(-2 * held(g, batch.id)["held"] // 3)
    assert f"of 2 of the 3 chats of the batch {batch.id}" in g.log() and "adds up" in cli(g, "audit")


@pytest.mark.parametrize("text", ["<html>\n<body>\nlog in</body>\n</html>", json.dumps({"error": {"message": "no", "code": None}}, indent=1)], ids=["a page", "an error"])
def test_what_came_in_place_of_answers(world, g, text):
    world.sim.script({"rules": [{"match": {"path": "/v1/batches/batch*"}, "do": {"status": 503}}]})  # it is not over before they are in place
    batch = begin(g, "a", "b")
    world.sim.script({"rules": [{"match": {"path": "/v1/files/file*"}, "do": answers(text, "text/plain")}]})
    read = lambda: len([r for r in world.sim.log() if r["path"].endswith("/content")])  # noqa: E731
    eventually(lambda: read() >= 3 or g.skip(600), "that its answers are asked for again")
    assert job(g, batch.id)["state"] == "running" and held(g, batch.id)["given_back"] == 0
    world.sim.script({})
    assert settle(g, batch.id) == 2 * CHAT and "adds up" in cli(g, "audit")


def test_who_cannot_pay(world, g):
    with pytest.raises(openai.APIStatusError) as refused:
        begin(g, *"abcdef", most=1_000_000)
    assert refused.value.status_code == 402
    with pytest.raises(openai.PermissionDeniedError, match="no price is known"):  # nobody has said what a batch of it costs
        begin(g, "a", model="small")
    with pytest.raises(openai.PermissionDeniedError, match="no price is known"):
        begin(g, "a", model="theirs")
    assert begun(world) == 0 and balance(g, "alice")["available"] == PAID_IN
    without = start(world, (CONFIG % (SQLITE, "")).replace('jobs { every = "1s",  }, ', ""))
    with pytest.raises(openai.PermissionDeniedError, match="nobody follows it until then: the stage jobs does"):
        begin(without, "a")
    assert begun(world) == 0


def test_one_that_is_let_through(world):
    """… costs nothing, now or when it is over."""
    g = start(world, (CONFIG % (SQLITE, "")).replace("bill {}", 'bill { unpriced = "allow" }'))
    batch = begin(g, "a", "errored", model="theirs")
    eventually(lambda: job(g, batch.id)["state"] == "succeeded" or g.skip(600), "the end of the batch")
    assert balance(g, "alice")["available"] == PAID_IN and usage(g) == [] and not job(g, batch.id).get("cost")
    assert "stays paid" not in g.log() and "adds up" in cli(g, "audit")


def create(c, file, endpoint="/v1/chat/completions"):
    return c.batches.create(input_file_id=file, endpoint=endpoint, completion_window="24h")


def test_files_that_are_refused(world, g):
    with client_of(g) as c:
        for data, endpoint, words in ((lines("a"), "/v1/embeddings", 'batch is for \\\\?"/v1/embeddings'),
                                      (lines("a", url="/v1/images/generations"), "/v1/images/generations", "not paid for by tokens"),
                                      (lines("a", url="/v1/nothing"), "/v1/chat/completions", "line 1 of its file for")):
            with pytest.raises(openai.BadRequestError, match=words):
                create(c, upload(c, data), endpoint)
        part = c.uploads.create(bytes=10, filename="b.jsonl", mime_type="application/jsonl", purpose="batch")
        for data, words in ((lines("a", model="gpt-5.2") + b"\n" + lines("b", model="gpt-5.2-mini"), "a batch is for one model, and line 2"),
                            (lines("a", model="nobody-s"), "which this key may not use"), (b"[]", "line 1 of the file is no request"), (b"\n\n", "it holds no requests|the file holds no requests")):
            part = c.uploads.create(bytes=len(data), filename="b.jsonl", mime_type="application/jsonl", purpose="batch")
            piece = c.uploads.parts.create(part.id, data=("p", data))
            whole = c.uploads.complete(part.id, part_ids=[piece.id])
            with pytest.raises((openai.BadRequestError, openai.PermissionDeniedError), match=words):
                create(c, whole.file.id)
    assert begun(world) == 0 and balance(g, "alice")["available"] == PAID_IN


def test_a_file_in_parts(g):
    """… is read as any other: nobody here has seen it whole."""
    data = lines("a", "errored", model="gpt-5.2") + b"\n"
    with client_of(g) as c:
        up = c.uploads.create(bytes=len(data), filename="b.jsonl", mime_type="application/jsonl", purpose="batch")
        parts = [c.uploads.parts.create(up.id, data=("p", piece)).id for piece in (data[:100], data[100:])]
        batch = create(c, c.uploads.complete(up.id, part_ids=parts).file.id)
    assert settle(g, batch.id) == CHAT and held(g, batch.id)["model"] == "five"


def test_a_key_with_a_mark_up(g):
    key = json.loads(cli(g, "key", "create", "paula", "--markup", "1.5", "--json"))["key"]
    credit(g, "paula", PAID_IN)
    eventually(lambda: send(g, "GET", "/v1/models", key=key)[0] == 200, "the key is known")
    batch = begin(g, "a", "errored", key=key)
    assert settle(g, batch.id) == CHAT * 3 // 2 and balance(g, "paula")["available"] == PAID_IN - CHAT * 3 // 2


def test_a_provider_that_refuses(world, g):
    with client_of(g) as c:
        file = upload(c, lines("a"))
        for rule, error in (({"path": "/v1/batches"}, 500), ({"path": "/v1/files/file*"}, 503)):
            world.sim.script({"rules": [{"match": rule, "do": {"status": error}}]})
            with pytest.raises(openai.InternalServerError):
                create(c, file)
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN and balance(g, "alice")["held"] == 0 and "adds up" in cli(g, "audit")


def test_everybody_at_once(world, config):
    """Clients who ask, and the looks of every gateway: one end, and one movement of money."""
    text, n = config
    gateways = [start(world, text()) if i == 0 else world.gateway(text(), workers=2) for i in range(n)]
    paid_in = balance(gateways[0], "alice")["available"]
    batch = begin(gateways[0], "slow", "errored", "c").id
    with concurrent.futures.ThreadPoolExecutor(amount(16, 100)) as pool:
        for _ in range(30):
            seen = list(pool.map(lambda i: send(gateways[i % n], "GET", f"/v1/batches/{batch}"), range(amount(100, 1000))))
            assert {status for status, _ in seen} == {200}, seen
            if job(gateways[0], batch)["state"] == "succeeded":
                break
            for g in gateways:
                g.skip(600)
    assert settle(gateways[0], batch) == 2 * CHAT and balance(gateways[0], "alice")["available"] == paid_in - 2 * CHAT
    assert sum(count(g, "jobs_succeeded") for g in gateways) == 1 and sum(count(g, "jobs_refunded") for g in gateways) == 1
    assert begun(world) == 1 and "adds up" in cli(gateways[0], "audit")


@pytest.mark.parametrize("at", ["read", "begun", "answered", "over"])
def test_kill_9(world, config, at):
    text, _ = config
    g = start(world, text('unsure = "2s"'))
    with client_of(g) as c:
        file = upload(c, lines("a", "errored"))
    before = len(world.sim.log())
    reads = lambda: [r["path"] for r in world.sim.log()[before:] if r["path"].endswith("/content")]  # noqa: E731
    rule = {"read": {"path": "/v1/files/file*"}, "begun": {"path": "/v1/batches"}, "answered": {"path": "/v1/batches/batch*"}, "over": {"path": "/v1/files/file*", "after": 1}}[at]
    world.sim.script({"rules": [{"match": rule, "do": {"hang": "head"}}]})
    there = {"read": lambda: len(reads()) == 1, "begun": lambda: begun(world) == 1, "over": lambda: len(reads()) >= 2,
             "answered": lambda: any(r["path"].startswith("/v1/batches/") for r in world.sim.log())}[at]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(send, g, "POST", "/v1/batches", {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"})
        eventually(lambda: there() or (at not in ("read", "begun") and g.skip(600)), "that it hangs")
        g.kill()
        if at in ("read", "begun"):
            with pytest.raises((http.client.HTTPException, OSError)):
                asked.result()
        else:
            assert asked.result()[0] == 200
    world.sim.script({})
    g.start()
    jobs = lambda: [json.loads(line) for line in cli(g, "jobs", "--json").splitlines()]  # noqa: E731
    eventually(lambda: {j["state"] for j in jobs()} <= {"succeeded", "expired"} or g.skip(5000), "the end of the batch")
    settled(g)
    (one,) = jobs()
    assert one["state"] == ("expired" if at in ("read", "begun") else "succeeded")
    assert balance(g, "alice")["available"] == PAID_IN - (0 if at in ("read", "begun") else CHAT) and "adds up" in cli(g, "audit")
    assert begun(world) == (at != "read")


class Maker(threading.Thread):
    """Begins batches of files that are there, and asks for some, whatever happens to the gateway."""

    def __init__(self, g, seed, files):
        super().__init__()
        self.g, self.dice, self.stop, self.told, self.files = g, random.Random(seed), False, {}, files

    def run(self):
        while not self.stop:
            file, answered = self.dice.choice(self.files)
            try:
                status, answer = send(self.g, "POST", "/v1/batches", {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"})
                if status == 200:
                    self.told[json.loads(answer)["id"]] = answered
                    send(self.g, "GET", f"/v1/batches/{self.dice.choice(list(self.told))}")
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.02)
            time.sleep(self.dice.uniform(0.1, 0.4))


def test_killed_again_and_again(world, config):
    """None is lost, none paid for twice or not at all: each costs what its chats have used, and one that nobody knows to have begun nothing."""
    text, _ = config
    fixed = 'secret("0123456789abcdef")\n'  # ids of files are good after a restart
    g = start(world, fixed + text('unsure = "5s"'))
    with client_of(g) as c:
        files = [(upload(c, lines(*ids)), sum(one != "errored" for one in ids)) for ids in (("a", "errored"), ("slow", "b", "c"), ("errored",))]
    world.sim.script({"rules": [{"match": {"path": "/v1/*"}, "do": {"first_delay": [0, 30]}}]})
    makers = [Maker(g, seed, files) for seed in range(2)]
    killed(g, makers)
    rows, paid = reckoned(g, makers)
    (sums,) = [json.loads(line) for line in cli(g, "usage", "--by", "model", "--json").splitlines()]
    assert sums["output"] * CHAT == 5 * sum(paid.values())  # no answer is counted twice, or not at all
    assert begun(world) <= len(rows)


STORED = {"a file": {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-of-another"}}]}]}, "an answer": {"previous_response_id": "resp_1", "input": "q"},
          "a conversation": {"conversation": "conv_1", "input": "q"}, "a prompt": {"prompt": {"id": "pmpt_1"}}, "spelt otherwise": {"Model": "five"}}


@pytest.mark.parametrize("what", STORED)
def test_a_line_that_names_what_is_stored(world, g, what):
    """… is refused when the file comes, and where it lies there all the same when the batch is begun; and by whoever streams it."""
    bad = json.dumps({"custom_id": "b", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "five", **STORED[what]}}).encode()
    with client_of(g, BOB) as c:
        with pytest.raises(openai.BadRequestError, match="line 2"):
            upload(c, lines("a") + b"\n" + bad)
        file = upload(c, lines("a"))
        own = file.split("_yz")[0]
        with client_of(g, BOB) as again:
            world.sim.script({"rules": [{"match": {"path": f"/v1/files/{own}/content"}, "do": answers((lines("a", model="gpt-5.2") + b"\n" + bad.replace(b'"model": "five"', b'"model": "gpt-5.2"')).decode(), "application/octet-stream")}]})
            with pytest.raises(openai.BadRequestError, match="line 2"):
                again.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h")
    assert begun(world) == 0 and balance(g, "bob")["available"] == PAID_IN
