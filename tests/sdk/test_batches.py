"""Batches through the official clients: begun once, at the account that their ids then lead to, and nobody else's."""
import json

import anthropic
import httpx2
import openai
import pytest

from gateway import CLIENT_KEYS, KEYS, MODELS, PROVIDERS, Gateway

CONFIG = PROVIDERS + MODELS + KEYS + """
provider "second" { adapter = "anthropic", key = env "ANTHROPIC_API_KEY", base_url = "http://127.0.0.1:${sim}/p/second" }
model "opus" { { "second", as = "claude-opus-4-6" } }
model "aside" { { "backup", as = "gpt-5.2" } }
chain { auth {}, cache { ttl = "1h", store = "memory" }, fallback {}, retry { attempts = 3, base = "1ms" } }
"""


@pytest.fixture(scope="module")
def gateway(running):
    with Gateway(CONFIG, sim_port=running.sim.port, workers=2) as g:
        yield g


def client_of(gateway, who):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{gateway.port}", api_key=CLIENT_KEYS[who], max_retries=0)


@pytest.fixture
def client(world, gateway):
    with client_of(gateway, "alice") as c:
        yield c


def chats(model, n=2):
    return [{"custom_id": f"q{i}", "params": {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": f"question {i}"}]}} for i in range(n)]


@pytest.mark.parametrize("model, account", [("claude-opus-4-6", "anthropic"), ("opus", "second")])
def test_to_its_end(world, gateway, client, model, account):
    batch = client.messages.batches.create(requests=chats(model))
    assert batch.processing_status == "in_progress" and batch.results_url is None and batch.request_counts.processing == 2
    (asked,) = [e for e in world.sim.log() if e["path"] == "/v1/messages/batches"]
    assert (asked["provider"], asked["model"]) == (account, "claude-opus-4-6")  # each chat has the name of the model there
    with pytest.raises(anthropic.BadRequestError, match="still in progress"):
        client.messages.batches.delete(batch.id)
    while batch.processing_status != "ended":
        batch = client.messages.batches.retrieve(batch.id)
    assert batch.results_url == f"/v1/messages/batches/{batch.id}/results"
    results = list(client.messages.batches.results(batch.id))
    assert [(r.custom_id, r.result.message.content[0].text) for r in results] == [("q0", "to q0"), ("q1", "to q1")]
    assert {e["provider"] for e in world.sim.log()} == {account}
    assert client.messages.batches.delete(batch.id).id == batch.id
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.retrieve(batch.id)


def test_cancelled(client):
    batch = client.messages.batches.create(requests=chats("claude-opus-4-6", 1))
    assert client.messages.batches.cancel(batch.id).processing_status == "canceling"
    assert client.messages.batches.retrieve(batch.id).request_counts.canceled == 1
    assert [r.result.type for r in client.messages.batches.results(batch.id)] == ["canceled"]


def test_nobody_else_s(gateway, client):
    batch = client.messages.batches.create(requests=chats("claude-opus-4-6", 1))
    with client_of(gateway, "bob") as stranger, pytest.raises(anthropic.NotFoundError, match="no provider here keeps it for you"):
        stranger.messages.batches.retrieve(batch.id)
    with pytest.raises(anthropic.NotFoundError, match="not found"):  # the provider's own id: whose it is nobody can say
        client.messages.batches.retrieve(batch.id.split("_yz")[0])
    with pytest.raises(anthropic.BadRequestError, match="the stage jobs"):  # its provider's would be everybody's
        client.messages.batches.list()


def test_refused(world, gateway, client):
    with client_of(gateway, "bob") as limited, pytest.raises(anthropic.PermissionDeniedError, match="claude-opus-4-6"):  # his models are gpt-*
        limited.messages.batches.create(requests=chats("claude-opus-4-6", 1))
    with pytest.raises(anthropic.BadRequestError, match="a batch here is for one model"):
        client.messages.batches.create(requests=chats("claude-opus-4-6", 1) + chats("opus", 1))
    with pytest.raises(anthropic.BadRequestError, match="cannot be translated"):  # of another dialect
        client.messages.batches.create(requests=chats("gpt-5.2", 1))
    assert world.sim.log() == []
    twice = chats("claude-opus-4-6", 1) * 2
    with pytest.raises(anthropic.BadRequestError, match="custom_id must be unique"):  # the provider's own words
        client.messages.batches.create(requests=twice)


@pytest.mark.parametrize("rule, asked", [({"status": 500}, 1), ({"status": 429}, 3), ({"hang": "head"}, 1), ({"close_at": 0}, 1)])
def test_begun_once(world, gateway, client, rule, asked):
    """A provider that may have begun is not asked again; one that refused is. And no second one is the first one's answer."""
    world.sim.script({"rules": [{"do": rule}]})
    with pytest.raises(anthropic.APIError):
        client.with_options(timeout=3).messages.batches.create(requests=chats("claude-opus-4-6", 1))
    assert len([e for e in world.sim.log() if e["path"] == "/v1/messages/batches"]) == asked
    world.sim.reset()
    first, second = (client.messages.batches.create(requests=chats("claude-opus-4-6", 1)) for _ in range(2))
    assert first.id != second.id


def test_without_an_id(world, client):
    text = '{"type":"message_batch","processing_status":"in_progress"}'
    world.sim.script({"rules": [{"do": {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n{text}"}}]})
    with pytest.raises(anthropic.InternalServerError, match="no id that the batch can be asked for by"):
        client.messages.batches.create(requests=chats("claude-opus-4-6", 1))
    assert len(world.sim.log()) == 1


def test_long_results_stream(world, gateway, client):
    """They are passed on as they come, however long."""
    batch = client.messages.batches.create(requests=chats("claude-opus-4-6", 1))
    client.messages.batches.retrieve(batch.id)
    line = '{"custom_id":"a","result":{"type":"expired"},"x":"' + "y" * 1000 + '"}\n'
    n = 20000
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonl\r\ncontent-length: {len(line) * n}\r\n\r\n"
    world.sim.script({"rules": [{"match": {"path": f"/v1/messages/batches/{batch.id.split('_yz')[0]}/results"}, "do": {"raw": head + line * n}}]})
    with httpx2.stream("GET", f"http://127.0.0.1:{gateway.port}/v1/messages/batches/{batch.id}/results", headers={"x-api-key": CLIENT_KEYS["alice"], "anthropic-version": "2023-06-01"}) as answer:
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-jsonl"
        assert sum(1 for _ in answer.iter_lines()) == n


# ---- OpenAI: by files ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def writer(world, gateway):
    with openai_of(gateway, "alice") as c:
        yield c


def openai_of(gateway, who):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key=CLIENT_KEYS[who], max_retries=0)


def lines(model, n=2, end="\n"):
    asked = [{"custom_id": f"q{i}", "method": "POST", "url": "/v1/chat/completions", "body": {"model": model, "messages": [{"role": "user", "content": f"question {i}"}]}} for i in range(n)]
    return end.join(json.dumps(line) for line in asked).encode()


def upload(client, data, purpose="batch"):
    return client.files.create(file=("batch.jsonl", data), purpose=purpose)


def begin(client, file_id):
    return client.batches.create(input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h")


@pytest.mark.parametrize("model, account", [("gpt-5.2", "openai"), ("aside", "backup")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_file_to_its_end(world, gateway, writer, model, account, end):
    data = lines(model, 2, end) + end.encode()
    world.sim.script({"record": True})
    file = upload(writer, data)
    assert file.purpose == "batch" and writer.files.retrieve(file.id).id == file.id
    assert writer.files.content(file.id).read() == data.replace(f'"{model}"'.encode(), b'"gpt-5.2"')  # byte for byte but for the name there
    batch = begin(writer, file.id)
    assert (batch.status, batch.input_file_id, batch.output_file_id) == ("validating", file.id, None)
    while batch.status != "completed":
        batch = writer.batches.retrieve(batch.id)
    assert batch.input_file_id == file.id
    answers = [json.loads(line) for line in writer.files.content(batch.output_file_id).text.splitlines()]
    assert [(a["custom_id"], a["response"]["body"]["choices"][0]["message"]["content"]) for a in answers] == [("q0", "to q0"), ("q1", "to q1")]
    assert writer.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        writer.files.retrieve(file.id)
    assert {e["provider"] for e in world.sim.log()} == {account}


def test_file_cancelled(writer):
    batch = begin(writer, upload(writer, lines("gpt-5.2")).id)
    assert writer.batches.cancel(batch.id).status == "cancelling"
    assert writer.batches.retrieve(batch.id).status == "cancelled"


def test_files_nobody_else_s(gateway, writer):
    file = upload(writer, lines("gpt-5.2"))
    batch = begin(writer, file.id)
    with openai_of(gateway, "bob") as stranger:
        for call in (lambda: stranger.files.content(file.id), lambda: stranger.files.delete(file.id), lambda: stranger.batches.retrieve(batch.id), lambda: begin(stranger, file.id)):
            with pytest.raises(openai.NotFoundError, match="no provider here keeps it for you"):
                call()
    with pytest.raises(openai.NotFoundError, match="File with id 'file-sim.*' not found"):  # the provider's own id
        begin(writer, file.id.split("_yz")[0])
    with pytest.raises(openai.APIStatusError) as refused:
        writer.files.list()
    assert refused.value.status_code == 405
    with pytest.raises(openai.BadRequestError, match="the stage jobs"):  # which has a list of the tenant's own
        writer.batches.list()


def test_files_refused(world, gateway, writer):
    with openai_of(gateway, "bob") as limited, pytest.raises(openai.PermissionDeniedError, match="aside"):  # his models are gpt-*
        upload(limited, lines("aside"))
    for data, words in ((lines("gpt-5.2") + b"\n" + lines("aside", 1), r'for \\?"gpt-5.2\\?", not \\?"aside\\?\" \(line 3\)'),
                        (b'{"body":{"model":"gpt-5.2","model":"aside"}}', "line 1 is no request of a batch"),
                        (lines("gpt-5.2", 1) + b"\n\n[]", "line 3 is no request of a batch"), (b"\n \n", "it holds no requests")):
        with pytest.raises(openai.BadRequestError, match=words):
            upload(writer, data)
    with pytest.raises(openai.BadRequestError, match='purpose must be \\\\?"batch'):
        upload(writer, lines("gpt-5.2"), "user_data")
    with pytest.raises(openai.BadRequestError, match="no such operation"):  # of another dialect
        upload(writer, lines("claude-opus-4-6"))
    with pytest.raises(openai.BadRequestError, match="input_file_id must be the id of a file"):
        begin(writer, "")
    assert world.sim.log() == []


def test_file_batch_begun_once(world, writer):
    file = upload(writer, lines("gpt-5.2"))
    world.sim.script({"rules": [{"match": {"path": "/v1/batches"}, "do": {"status": 500}}]})
    with pytest.raises(openai.InternalServerError):
        begin(writer, file.id)
    assert len([e for e in world.sim.log() if e["path"] == "/v1/batches"]) == 1


def test_a_restart_knows_them(world, running):
    """Nothing is kept here: with the same secret another gateway knows whose they are."""
    with Gateway('secret("0123456789abcdef")\n' + CONFIG, sim_port=running.sim.port) as one, Gateway('secret("0123456789abcdef")\n' + CONFIG, sim_port=running.sim.port) as other:
        with openai_of(one, "alice") as here, openai_of(other, "alice") as there:
            assert there.batches.retrieve(begin(here, upload(here, lines("gpt-5.2")).id).id).status == "completed"


def test_a_guard_sees_them(world, running):
    """Nobody asks by another door: chats in batches, in files of batches and in forms are texts of the request too."""
    guard = 'policy "policies/guard.lua" { on_error = "fail", operations = { "all" }, options = { ask = { "falcon" } } }'
    hide = 'policy "policies/pii.lua" { on_error = "fail", operations = { "all" }, options = { kinds = { "email" } } }'
    config = CONFIG.replace("chain { auth {},", "chain { auth {}, " + guard + ",")
    def secret(asked):
        return [json.loads(json.dumps(a).replace("question 0", "what is Falcon")) for a in asked]
    with Gateway(config, sim_port=running.sim.port) as g, client_of(g, "alice") as chatting, openai_of(g, "alice") as writing:
        with pytest.raises(anthropic.BadRequestError, match="may not be asked"):
            chatting.messages.batches.create(requests=secret(chats("claude-opus-4-6")))
        with pytest.raises(openai.BadRequestError, match="may not be asked"):
            upload(writing, lines("gpt-5.2").replace(b"question 1", b"what is \\u0046alcon"))
        with pytest.raises(openai.BadRequestError, match="may not be asked"):
            writing.images.edit(model="gpt-image-2", prompt="a falcon", image=("a.png", b"\x89PNG"))
        assert world.sim.log() == []
        begin(writing, upload(writing, lines("gpt-5.2")).id)
        chatting.messages.batches.create(requests=chats("claude-opus-4-6"))
    with Gateway(config.replace(guard, hide), sim_port=running.sim.port) as g, client_of(g, "alice") as chatting, openai_of(g, "alice") as writing:
        world.sim.script({"record": True})
        with pytest.raises(openai.InternalServerError):  # what cannot be hidden there is not sent
            upload(writing, lines("gpt-5.2").replace(b"question 1", b"write to ann@example.com"))
        asked = [json.loads(json.dumps(a).replace("question 0", "write to ann@example.com")) for a in chats("claude-opus-4-6")]
        chatting.messages.batches.create(requests=asked)
        assert b"ann@example.com" not in json.dumps([e.get("body", "") for e in world.sim.log()]).encode()
