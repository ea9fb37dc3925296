"""The official OpenAI client for Python, unmodified, asking by Responses: to a provider of the same API, and across to the others."""
import asyncio
import http.client

import openai
import pytest
from pydantic import BaseModel
from gateway import Gateway
from simlib import expected
from tools import WEATHER

MODELS = ["gpt-5.3-codex", "gpt-5.2", "claude-opus-4-6", "gemini-3-flash"]  # the first speaks it itself
TOOLS = [{"type": "function", "name": name, "description": "a tool", "parameters": WEATHER, "strict": False} for name in ("get_weather", "get_tides")]


@pytest.fixture
def client(world):
    with openai.OpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c:
        yield c


@pytest.mark.parametrize("model", MODELS)
def test_create(client, model):
    answer = client.responses.create(model=model, input="hello")
    assert answer.output_text == expected(model, "hello")
    assert answer.status == "completed" and answer.object == "response" and answer.id.startswith("resp_")
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 100


@pytest.mark.parametrize("model", MODELS)
def test_stream(client, model):
    with client.responses.stream(model=model, input=[{"role": "user", "content": "hello"}]) as stream:
        events = list(stream)
        answer = stream.get_final_response()
    assert answer.output_text == expected(model, "hello")
    kinds = [e.type for e in events]
    assert kinds[:4] == ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]
    assert kinds[-4:] == ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"]
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert answer.usage.output_tokens > 0


@pytest.mark.parametrize("model", MODELS)
def test_tool_round(client, model):
    items = [{"role": "user", "content": "use get_weather"}]
    with client.responses.stream(model=model, instructions="be brief", input=items, tools=TOOLS) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_response()
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [call.name for call in calls] == ["get_weather"] and calls[0].call_id
    items += [item.model_dump(exclude={"parsed_arguments"}, exclude_none=True) for item in answer.output]
    items.append({"type": "function_call_output", "call_id": calls[0].call_id, "output": "22 degrees"})
    again = client.responses.create(model=model, instructions="be brief", input=items, tools=TOOLS)
    assert again.output_text and again.status == "completed"


@pytest.mark.parametrize("model", MODELS)
def test_ids_of_a_wrong_kind(client, model):
    for field, wrong in (("previous_response_id", 7), ("previous_response_id", ["resp_1"]), ("conversation", 7), ("conversation", {"id": 7})):
        with pytest.raises(openai.BadRequestError, match=field + " must be a string") as caught:
            client.responses.create(model=model, input="go on", extra_body={field: wrong})
        assert caught.value.param == field


@pytest.mark.parametrize("model", MODELS)
def test_error(client, model):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=model, input="go on", previous_response_id="resp_1")
    assert caught.value.param == "previous_response_id"
    assert ("not found" if model == "gpt-5.3-codex" else "all items") in str(caught.value)


@pytest.mark.parametrize("stream", [False, True])
def test_going_on(world, client, stream):
    """An answer that is kept is gone on from at the account that keeps it, whichever target comes first."""
    def ask(model, text, **more):
        if not stream:
            return client.responses.create(model=model, input=text, **more)
        with client.responses.stream(model=model, input=text, **more) as s:
            for _ in s:
                pass
            return s.get_final_response()
    world.sim.script({"record": True})
    first = ask("gpt-5.3-codex", "hello")
    second = ask("gpt-5.3-codex", "more", previous_response_id=first.id)
    assert second.output_text == expected("gpt-5.3-codex", "more") and second.id != first.id
    assert "_yz" in first.id and "_yz" not in world.sim.log()[-1]["body"]
    # kept by the second target of this model, which the first target does not know of
    third = ask("gpt-kept", "again", previous_response_id=second.id)
    assert third.output_text == expected("gpt-5.3-codex", "again") and world.sim.log()[-1]["provider"] == "responses"
    with pytest.raises(openai.BadRequestError) as caught:  # nobody else's, and not of another tenant
        ask("gpt-other", "again", previous_response_id=second.id)
    assert caught.value.code == "previous_response_not_found" and caught.value.param == "previous_response_id"
    bob = client.with_options(api_key="sk-client-bob-91cc")
    with pytest.raises(openai.BadRequestError):
        bob.responses.create(model="gpt-5.3-codex", input="again", previous_response_id=second.id)
    assert "_yz" not in ask("gpt-5.3-codex", "hello", store=False).id


def test_two_gateways_in_a_row(world):
    """Each marks the ids of what is kept, and takes off its own mark alone."""
    outer = f'''provider "inner" {{ adapter = "responses", key = "{world.key}", base_url = "{world.url}/v1" }}
model "gpt-5.3-codex" {{ "inner" }}
key "sk-outer" {{ name = "carol", models = {{ "*" }} }}
chain {{ auth {{}}, retry {{}} }}
'''
    with Gateway(outer) as gateway, openai.OpenAI(base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key="sk-outer", max_retries=0) as client:
        first = client.responses.create(model="gpt-5.3-codex", input="hello")
        assert first.id.count("_yz") == 2
        second = client.responses.create(model="gpt-5.3-codex", input="more", previous_response_id=first.id)
        assert second.output_text == expected("gpt-5.3-codex", "more") and second.previous_response_id == first.id
        assert client.responses.retrieve(first.id).id == first.id
        client.responses.delete(first.id)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(first.id)


def test_a_forwarded_stream_that_breaks_goes_on_counting(world, client):
    world.sim.script({"rules": [{"do": {"close_after_chunks": 3}}]})
    got = list(client.responses.create(model="gpt-5.3-codex", input="hello", stream=True))
    assert [e.type for e in got].count("response.created") == 1 and got[-1].type == "response.failed"
    numbers = [e.sequence_number for e in got]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("status, error", [(400, openai.BadRequestError), (404, openai.NotFoundError), (429, openai.RateLimitError), (500, openai.InternalServerError),
                                           (503, openai.InternalServerError), (401, openai.InternalServerError)])
def test_errors(world, client, model, status, error):
    world.sim.script({"rules": [{"do": {"status": status, "message": "what went wrong"}}]})
    with pytest.raises(error) as e:
        client.responses.create(model=model, input="hello")
    assert e.value.body["message"] and e.value.code and e.value.request_id
    with pytest.raises(error):
        list(client.responses.create(model=model, input="hello", stream=True))


@pytest.mark.parametrize("model", MODELS)
def test_stream_that_breaks(world, client, model):
    for fault in ({"close_after_chunks": 3}, {"error_event": {"after": 3, "type": "server_error"}}):
        world.sim.script({"rules": [{"do": fault}]})
        got = []
        try:
            got = [e for e in client.responses.create(model=model, input="hello", stream=True)]
            assert got[-1].type == "response.failed" and got[-1].response.error.code and got[-1].response.error.message
        except openai.APIError:
            pass  # an error event, or an end without one: this client raises
        assert not got or got[-1].type != "response.completed"


class Person(BaseModel):
    name: str
    age: int


@pytest.mark.parametrize("model", MODELS)
def test_parse(world, client, model):
    world.sim.script({"default": {"text": '{"name": "鱼", "age": 3}'}})
    assert client.responses.parse(model=model, input="who?", text_format=Person).output_parsed == Person(name="鱼", age=3)


@pytest.mark.parametrize("model", MODELS)
def test_usage_and_length(world, client, model):
    world.sim.script({"default": {"prompt_tokens": 50, "cached_tokens": 20, "completion_tokens": 20}})
    answer = client.responses.create(model=model, input="hello", max_output_tokens=20)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert answer.output_text == expected(model, "hello", 20)
    assert (answer.usage.input_tokens, answer.usage.input_tokens_details.cached_tokens, answer.usage.output_tokens) == (50, 20, 20)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_thoughts_go_back(world, client, model, stream):
    """Thoughts of every vendor come back to it with the next turn; OpenAI refuses what it has not encrypted."""
    world.sim.script({"record": True, "default": {"reasoning": "let me see"}})
    items = [{"role": "user", "content": "use get_weather"}]
    ask_for = {"model": model, "tools": TOOLS, "store": False, "include": ["reasoning.encrypted_content"], "reasoning": {"effort": "high"}, "max_output_tokens": 30000}
    if stream:
        with client.responses.stream(input=items, **ask_for) as s:
            for _ in s:
                pass
            answer = s.get_final_response()
    else:
        answer = client.responses.create(input=items, **ask_for)
    assert [item.type for item in answer.output][:2] == ["reasoning", "function_call"]
    assert answer.output[0].summary[0].text == "let me see"
    items += [item.model_dump(exclude={"parsed_arguments"}, exclude_none=True) for item in answer.output]
    items += [{"type": "function_call_output", "call_id": item.call_id, "output": "sunny"} for item in answer.output if item.type == "function_call"]
    assert client.responses.create(input=items, **ask_for).status == "completed"
    sent = world.sim.log()[-1]["body"]
    seal = {"gpt-5.3-codex": "gAAAAAsim", "claude-opus-4-6": "c2ltIHNpZ25hdHVyZQ=="}.get(model)
    assert not seal or seal in sent


def test_a_talk_that_changes_its_model(world, client):
    """Each vendor gets its own thoughts, and none of the others'."""
    world.sim.script({"default": {"reasoning": "let me see"}})
    items = [{"role": "user", "content": "use get_weather"}]
    for model in MODELS * 2:
        answer = client.responses.create(model=model, input=items, tools=TOOLS, store=False, include=["reasoning.encrypted_content"] if model == "gpt-5.3-codex" else None)
        items += [item.model_dump(exclude_none=True) for item in answer.output]
        items += [{"type": "function_call_output", "call_id": item.call_id, "output": "sunny"} for item in answer.output if item.type == "function_call"]
        items.append({"role": "user", "content": "use get_tides"})


@pytest.mark.parametrize("model", MODELS)
def test_async_and_raw(world, model):
    async def run():
        async with openai.AsyncOpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c:
            raw = await c.responses.with_raw_response.create(model=model, input="hello")
            return raw.headers["x-request-id"], raw.parse().output_text

    request_id, text = asyncio.run(run())
    assert request_id and text == expected(model, "hello")


def test_websocket_is_refused_at_once(world):
    """Codex asks for a WebSocket first: at 426 it goes over to HTTP without another try."""
    connection = http.client.HTTPConnection("127.0.0.1", world.gateway.port, timeout=10)
    wish = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
    connection.request("GET", "/v1/responses", headers=wish)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("upgrade")) == (426, "HTTP/1.1") and b"use POST" in answer.read()
    connection.close()


# ---- what is stored ------------------------------------------------------------------------------------------------------


def ledger(world):
    return [(e["provider"], e["path"]) for e in world.sim.log()]


def test_stored_answers_are_read_and_deleted(world, client):
    """At the account that keeps them, which is the second of this dialect in the config's order or the first."""
    for model, account in (("gpt-other", "elsewhere"), ("gpt-5.3-codex", "responses")):
        first = client.responses.create(model=model, input="hello")
        second = client.responses.create(model=model, input="more", previous_response_id=first.id)
        assert second.previous_response_id == first.id  # as the client knows it
        read = client.responses.retrieve(second.id)
        assert read == second and read.output_text == expected("gpt-5.3-codex", "more")
        assert client.responses.retrieve(read.previous_response_id).id == first.id
        events = list(client.responses.retrieve(second.id, stream=True))
        assert events[-1].type == "response.completed" and events[-1].response.id == second.id
        assert [item.id for item in client.responses.input_items.list(second.id, limit=5)] == ["msg_1"]
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.cancel(second.id)
        assert "synchronous" in str(caught.value)
        client.responses.delete(second.id)
        with pytest.raises(openai.NotFoundError) as caught:
            client.responses.retrieve(second.id)
        assert second.id.split("_yz")[0] in str(caught.value)
        assert {provider for provider, _ in ledger(world)} == {account}
        assert not [path for _, path in ledger(world) if "_yz" in path]
        world.sim.reset()


def test_what_runs_in_the_background_is_cancelled(world, client):
    queued = client.responses.create(model="gpt-5.3-codex", input="hello", background=True)
    assert queued.status == "queued" and "_yz" in queued.id
    assert client.responses.retrieve(queued.id).status == "completed"
    assert client.responses.cancel(queued.id).status == "cancelled"
    assert client.responses.retrieve(queued.id).status == "cancelled"


def test_stored_answers_are_their_tenants_alone(world, client):
    answer = client.responses.create(model="gpt-5.3-codex", input="hello")
    bob = client.with_options(api_key="sk-client-bob-91cc")
    for other in (answer.id, answer.id.split("_yz")[0], answer.id[:-1] + ("0" if answer.id[-1] != "0" else "1")):
        for ask in (bob.responses.retrieve, bob.responses.delete, bob.responses.cancel, bob.responses.input_items.list):
            with pytest.raises(openai.NotFoundError) as caught:
                ask(other)
            assert "keeps it for you" in str(caught.value)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-wrong").responses.retrieve(answer.id)
    with pytest.raises(openai.NotFoundError):  # its own, without the end that says whose it is
        client.responses.retrieve(answer.id.split("_yz")[0])
    assert len(world.sim.log()) == 1


def test_stored_answers_cost_nothing_again(world, client):
    answer = client.responses.create(model="gpt-5.3-codex", input="hello")
    def counted():
        text = world.gateway.get("/metrics")[1].decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("yuzui_tokens_total"))
    before = counted()
    assert before > 0
    client.responses.retrieve(answer.id)
    list(client.responses.retrieve(answer.id, stream=True))
    assert counted() == before


def test_conversations(world, client):
    """A conversation is kept by one account; whoever goes on from it gets there."""
    talk = client.conversations.create(metadata={"a": "b"}, items=[{"role": "user", "content": "hello"}])
    assert talk.id.startswith("conv_") and "_yz" in talk.id
    assert client.conversations.retrieve(talk.id) == talk
    account = ledger(world)[0][0]
    assert account == "responses"  # the first of the config that serves this key a model
    for model in ("gpt-5.3-codex", "gpt-kept"):
        answer = client.responses.create(model=model, input="more", conversation=talk.id)
        assert answer.conversation.id == talk.id
        assert client.responses.retrieve(answer.id).conversation.id == talk.id
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model="gpt-other", input="more", conversation=talk.id)
    assert caught.value.param == "conversation"
    client.conversations.items.create(talk.id, items=[{"role": "user", "content": "again"}])
    items = list(client.conversations.items.list(talk.id))
    assert [item.id for item in items] == ["msg_0", "msg_1"]
    assert client.conversations.items.retrieve("msg_1", conversation_id=talk.id).id == "msg_1"
    client.conversations.items.delete("msg_0", conversation_id=talk.id)
    assert client.conversations.update(talk.id, metadata={"a": "c"}).metadata == {"a": "c"}
    with pytest.raises(openai.NotFoundError):
        client.with_options(api_key="sk-client-bob-91cc").conversations.retrieve(talk.id)
    assert client.conversations.delete(talk.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.conversations.retrieve(talk.id)
    assert {provider for provider, _ in ledger(world)} == {account}


def test_compact_and_count(world, client):
    world.sim.script({"record": True})
    first = client.responses.create(model="gpt-5.3-codex", input="hello")
    short = client.responses.compact(model="gpt-5.3-codex", previous_response_id=first.id)
    assert short.object == "response.compaction" and short.output[0].type == "compaction"
    assert "_yz" not in world.sim.log()[-1]["body"]
    with pytest.raises(openai.BadRequestError) as caught:  # nobody else can
        client.responses.compact(model="claude-opus-4-6", input="hello")
    assert "no such operation" in str(caught.value)
    for model in MODELS:
        assert client.responses.input_tokens.count(model=model, input="hello " * 40).input_tokens > 30


def test_stored_answers_outlive_a_restart(world):
    """Nothing is kept in the gateway: another one with the same secret finds them, one with another secret does not."""
    from gateway import CHAIN, STANDARD, Gateway
    config = 'secret "0123456789abcdef0123456789abcdef"\n' + STANDARD + f"chain {{ {CHAIN} }}\n"
    def client_of(gateway):
        return openai.OpenAI(base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key=world.key, max_retries=0)
    with Gateway(config=config, sim_port=world.sim.port) as one, Gateway(config=config, sim_port=world.sim.port) as two:
        answer = client_of(one).responses.create(model="gpt-kept", input="hello")
        assert client_of(two).responses.retrieve(answer.id).id == answer.id
        assert one.reload()[0] and client_of(one).responses.retrieve(answer.id).id == answer.id
        one.stop()
        one.start()
        assert client_of(one).responses.retrieve(answer.id).id == answer.id
        talk = client_of(one).conversations.create()
        assert client_of(two).responses.create(model="gpt-5.3-codex", input="hello", conversation=talk.id).conversation.id == talk.id
        one.write_config(config.replace("0123456789abcdef0123", "ffffffffffffffffffff"))
        one.stop()
        one.start()
        with pytest.raises(openai.NotFoundError):
            client_of(one).responses.retrieve(answer.id)


def test_a_long_answer_is_gone_on_from(world, client):
    """Over a MiB: other documents are forwarded as they come, but the id of this one must say whose it is."""
    world.sim.script({"rules": [{"match": {"nth": 1}, "do": {"text": "鱼嘴 levee " * 120000}}]})
    first = client.responses.create(model="gpt-5.3-codex", input="hello")
    assert len(first.output_text) > 1_000_000 and "_yz" in first.id
    assert client.responses.create(model="gpt-5.3-codex", input="more", previous_response_id=first.id).status == "completed"
