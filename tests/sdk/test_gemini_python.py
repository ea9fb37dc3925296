"""The official Google client for Python, unmodified: to Gemini, and across to Anthropic and OpenAI."""
import asyncio
import base64
import json

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel
from simlib import expected

MODELS = ["gemini-3-flash", "gemini-2.5-flash", "claude-opus-4-6", "gpt-5.2", "gpt-5.3-codex"]  # the last three are translated
GEMINI = ("gemini-3-flash", "gemini-2.5-flash")
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\xfb\xff\xfe" * 5 + b"."  # needs both letters in which the alphabets differ


@pytest.fixture
def client(world):
    return genai.Client(api_key=world.key, http_options=types.HttpOptions(base_url=world.url))


def tool(name):
    return types.FunctionDeclaration(name=name, description="a tool", parameters=types.Schema(type="OBJECT", required=["city"], properties={
        "city": types.Schema(type="STRING"), "station": types.Schema(type="INTEGER")}))


TOOLS = [types.Tool(function_declarations=[tool("get_weather"), tool("get_tides")])]
BY_HAND = types.AutomaticFunctionCallingConfig(disable=True)


def said(chunks):
    return "".join(c.text or "" for c in chunks)


@pytest.mark.parametrize("model", MODELS)
def test_chat(client, model):
    answer = client.models.generate_content(model=model, contents="hello", config={"system_instruction": "be brief", "max_output_tokens": 1000})
    assert answer.text == expected(model, "hello")
    assert answer.candidates[0].finish_reason == "STOP" and answer.candidates[0].content.role == "model"
    assert answer.response_id and answer.model_version


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_stream(world, model, version):
    client = genai.Client(api_key=world.key, http_options=types.HttpOptions(base_url=world.url, api_version=version))
    chunks = list(client.models.generate_content_stream(model=model, contents="hello"))
    assert said(chunks) == expected(model, "hello") and len(chunks) > 5
    assert chunks[-1].candidates[0].finish_reason == "STOP" and chunks[-1].usage_metadata.total_token_count > 100


@pytest.mark.parametrize("model", MODELS)
def test_async(world, model):
    async def ask():
        client = genai.Client(api_key=world.key, http_options=types.HttpOptions(base_url=world.url))
        whole = await client.aio.models.generate_content(model=model, contents="hello")
        chunks = [c async for c in await client.aio.models.generate_content_stream(model=model, contents="hello")]
        await client.aio.aclose()
        return whole.text, said(chunks)
    assert asyncio.run(ask()) == (expected(model, "hello"),) * 2


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_tools(client, model, stream):
    """Two calls at once, their results without ids, an answer."""
    contents = [types.Content(role="user", parts=[types.Part(text="use get_weather and get_tides")])]
    config = types.GenerateContentConfig(tools=TOOLS, automatic_function_calling=BY_HAND)
    if stream:
        chunks = list(client.models.generate_content_stream(model=model, contents=contents, config=config))
        parts = [p for c in chunks for p in (c.candidates[0].content.parts or [])]
        reason = chunks[-1].candidates[0].finish_reason
    else:
        answer = client.models.generate_content(model=model, contents=contents, config=config)
        parts, reason = answer.candidates[0].content.parts, answer.candidates[0].finish_reason
    calls = [p.function_call for p in parts if p.function_call]
    assert reason == "STOP" and [c.name for c in calls] == ["get_weather", "get_tides"]
    assert all(c.args["station"] == 9007199254740993 and "鱼" in c.args["city"] for c in calls)
    contents += [types.Content(role="model", parts=[p for p in parts if p.function_call]),
                 types.Content(role="user", parts=[types.Part.from_function_response(name=c.name, response={"output": text})
                                                   for c, text in zip(calls, ("sunny", "high"))])]
    answer = client.models.generate_content(model=model, contents=contents, config=config)
    assert answer.text == expected(model, "sunnyhigh" if model != "gpt-5.2" else "high")


@pytest.mark.parametrize("model", MODELS)
def test_tool_runner(client, model):
    """The client runs the functions itself, until the model answers."""
    asked = []

    def get_weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return "sunny"
    answer = client.models.generate_content(model=model, contents="use get_weather", config={"tools": [get_weather]})
    assert len(asked) == 1 and "鱼" in asked[0] and answer.text
    chat = client.chats.create(model=model, config={"tools": [get_weather]})
    assert chat.send_message("use get_weather").text and chat.send_message("thanks").text == expected(model, "thanks")


@pytest.mark.parametrize("model", MODELS)
def test_tool_choice(client, model):
    def ask(text, **calling):
        config = types.GenerateContentConfig(tools=TOOLS, automatic_function_calling=BY_HAND,
                                             tool_config=types.ToolConfig(function_calling_config=types.FunctionCallingConfig(**calling)))
        answer = client.models.generate_content(model=model, contents=text, config=config)
        return [c.name for c in answer.function_calls or []]
    assert ask("hello", mode="ANY", allowed_function_names=["get_tides"]) == ["get_tides"]
    assert ask("hello", mode="ANY") and not ask("use get_tides", mode="NONE")
    assert ask("use get_tides", mode="AUTO") == ["get_tides"]


class Recipe(BaseModel):
    name: str
    steps: list[str]


@pytest.mark.parametrize("model", MODELS)
def test_structured_output(world, client, model):
    world.sim.script({"default": {"text": json.dumps({"name": "soup", "steps": ["boil"]})}})
    answer = client.models.generate_content(model=model, contents="a recipe", config={"response_mime_type": "application/json", "response_schema": Recipe})
    assert answer.parsed == Recipe(name="soup", steps=["boil"])


@pytest.mark.parametrize("model", MODELS)
def test_images(world, client, model):
    world.sim.script({"record": True})
    answer = client.models.generate_content(model=model, contents=[types.Part.from_bytes(data=PICTURE, mime_type="image/png"), "what is it?"])
    assert answer.text == expected(model, "what is it?")
    assert base64.b64encode(PICTURE).decode().rstrip("=") in world.sim.log()[-1]["body"].replace("-", "+").replace("_", "/")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_reasoning(world, client, model, stream):
    """Thoughts are shown apart, and go back with the next question to whoever signed them."""
    world.sim.script({"default": {"reasoning": "let me see"}})
    config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level="HIGH" if model != "gemini-2.5-flash" else None,
                                                                              thinking_budget=2048 if model == "gemini-2.5-flash" else None))
    talk = [types.Content(role="user", parts=[types.Part(text="hello")])]
    if stream:
        parts = [p for c in client.models.generate_content_stream(model=model, contents=talk, config=config) for p in c.candidates[0].content.parts or []]
    else:
        parts = client.models.generate_content(model=model, contents=talk, config=config).candidates[0].content.parts
    assert "".join(p.text or "" for p in parts if p.thought) == "let me see"
    assert "".join(p.text or "" for p in parts if not p.thought) == expected(model, "hello")
    talk += [types.Content(role="model", parts=[p for p in parts if p.text or p.thought_signature]), types.Content(role="user", parts=[types.Part(text="more")])]
    world.sim.script({"record": True})
    assert client.models.generate_content(model=model, contents=talk, config=config).text == expected(model, "more")
    sent = world.sim.log()[-1]["body"]
    if model == "claude-opus-4-6":
        assert "c2ltIHNpZ25hdHVyZQ==" in sent and '"thinking":"let me see"' in sent
    if model == "gpt-5.3-codex":
        assert '"encrypted_content":"gAAAAAsim-_9"' in sent


@pytest.mark.parametrize("model", MODELS)
def test_usage(world, client, model):
    world.sim.script({"default": {"prompt_tokens": 50, "cached_tokens": 20, "completion_tokens": 9}})
    for usage in (client.models.generate_content(model=model, contents="hello").usage_metadata,
                  list(client.models.generate_content_stream(model=model, contents="hello"))[-1].usage_metadata):
        assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count, usage.cached_content_token_count) == (50, 9, 59, 20)


@pytest.mark.parametrize("model", MODELS)
def test_length(client, model):
    answer = client.models.generate_content(model=model, contents="hello", config={"max_output_tokens": 20})
    assert answer.candidates[0].finish_reason == "MAX_TOKENS" and answer.text == expected(model, "hello", 20)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("status, kind, seen", [(400, errors.ClientError, 400), (404, errors.ClientError, 404), (429, errors.ClientError, 429),
                                                (500, errors.ServerError, 502), (503, errors.ServerError, (502, 503)), (401, errors.ServerError, 502)])
def test_errors(world, client, model, status, kind, seen):
    world.sim.script({"rules": [{"do": {"status": status, "message": "what went wrong"}}]})
    with pytest.raises(kind) as e:
        client.models.generate_content(model=model, contents="hello")
    assert e.value.code in (seen if isinstance(seen, tuple) else (seen,)) and e.value.status and e.value.message
    with pytest.raises(kind):
        list(client.models.generate_content_stream(model=model, contents="hello"))


@pytest.mark.parametrize("model", MODELS)
def test_error_in_stream(world, client, model):
    for fault in ({"close_after_chunks": 3}, {"error_event": {"after": 3, "type": "overloaded_error"}}):
        world.sim.script({"rules": [{"do": fault}]})
        got = []
        with pytest.raises(errors.APIError):
            for chunk in client.models.generate_content_stream(model=model, contents="hello"):
                got.append(chunk)
        assert said(got) and expected(model, "hello").startswith(said(got))


@pytest.mark.parametrize("model", GEMINI)
def test_comments_of_a_provider(world, client, model):
    """This client fails at a comment, so none gets there."""
    world.sim.script({"default": {"comments": True, "crlf": True}})
    assert said(client.models.generate_content_stream(model=model, contents="hello")) == expected(model, "hello")


def test_several_candidates(client):
    answer = client.models.generate_content(model="gemini-2.5-flash", contents="hello", config={"candidate_count": 2})
    assert [c.content.parts[0].text for c in answer.candidates] == [expected("gemini-2.5-flash", "hello")] * 2


def test_own_errors(world, client):
    def code(client, model, contents="hello"):
        with pytest.raises(errors.ClientError) as e:
            client.models.generate_content(model=model, contents=contents)
        return e.value.code, e.value.status
    other = lambda key: genai.Client(api_key=key, http_options=types.HttpOptions(base_url=world.url))
    assert code(other("sk-wrong"), "gemini-2.5-flash") == (401, "UNAUTHENTICATED")
    assert code(other("sk-client-bob-91cc"), "gemini-2.5-flash") == (403, "PERMISSION_DENIED")
    assert code(client, "no-such-model") == (404, "NOT_FOUND")
    assert code(client, "gpt-5.2", [types.Content(role="user", parts=[types.Part.from_function_response(name="f", response={})])]) == (400, "INVALID_ARGUMENT")


def test_models(client):
    names = [m.name for m in client.models.list()]
    assert "models/gpt-5.2" in names and "models/gemini-2.5-flash" in names
    assert client.models.get(model="claude-opus-4-6").name == "models/claude-opus-4-6"


def test_embeddings(client):
    answer = client.models.embed_content(model="gemini-embedding-001", contents=["one", "two"])
    assert [e.values for e in answer.embeddings] == [[0.25, -0.5, 1]] * len(answer.embeddings)


def test_embeddings_of_several_parts(world):
    """The texts of a content are lines of one text; a batch has one size for all."""
    def post(path, body):
        return httpx2.post(world.url + path, json=body, headers={"authorization": "Bearer " + world.key})

    def content(*texts):
        return {"content": {"parts": [{"text": t} for t in texts]}}

    path = "/v1beta/models/text-embedding-3-small:"
    lines = post(path + "embedContent", content("a", "b")).json()["embedding"]["values"]
    assert lines == post("/v1/embeddings", {"model": "text-embedding-3-small", "input": "a\nb", "encoding_format": "float"}).json()["data"][0]["embedding"]
    mixed = post(path + "batchEmbedContents", {"requests": [content("a") | {"outputDimensionality": 5}, content("b") | {"outputDimensionality": 6}]})
    assert mixed.status_code == 400 and "must be the same" in mixed.json()["error"]["message"]


def test_embeddings_of_another_dialect(world, client):
    """OpenAI's vectors, for one content and for several."""
    direct = client.models.embed_content(model="text-embedding-3-small", contents="one")
    several = client.models.embed_content(model="text-embedding-3-small", contents=["one", "two"], config={"task_type": "RETRIEVAL_QUERY", "output_dimensionality": 8})
    assert len(several.embeddings) == 2 and all(e.values for e in several.embeddings)
    assert len(direct.embeddings) == 1 and direct.embeddings[0].values
    assert {entry["path"] for entry in world.sim.log()} == {"/v1/embeddings"}


def test_many(client):
    async def ask(i):
        return (await client.aio.models.generate_content(model=MODELS[i % 4], contents=f"question {i}")).text

    async def all_of_them():
        return await asyncio.gather(*(ask(i) for i in range(100)))
    assert asyncio.run(all_of_them()) == [expected(MODELS[i % 4], f"question {i}") for i in range(100)]
