"""Bodies of a provider's own dialect: what its flavour and the catalogue of models say holds for them too, and is told."""
import http.client
import http.server
import json
import subprocess
import threading

import pytest
from gateway import Gateway
from simlib import BUILD, PATIENT

CHAT = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "stop_sequence": None,
           "usage": {"input_tokens": 1, "output_tokens": 1}}


RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m",
            "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "hi", "annotations": []}]}],
            "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}}
GENERATED = {"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP", "index": 0}], "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}}


class Provider(http.server.BaseHTTPRequestHandler):
    seen = []
    generated = GENERATED

    def do_POST(self):
        type(self).seen.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        last = self.path.split("/")[-1].split(":")[-1]
        text = json.dumps({"messages": MESSAGE, "responses": RESPONSE, "generateContent": type(self).generated}.get(last, CHAT)).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


FLAVOURS = ["openai", "kimi", "deepseek", "mistral", "groq", "llama.cpp", "vllm", "xai", "glm", "qwen", "sglang", "ollama"]
CONFIG = "".join(f'provider "{f}" {{ flavour = "{f}", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }}\nmodel "{f}/*" {{ {{ "{f}", as = "*" }} }}\n' for f in FLAVOURS) + """
provider "anthropic" { adapter = "anthropic", key = "k", base_url = "http://127.0.0.1:%(port)d" }
model "claude/*" { { "anthropic", as = "*" } }
provider "gemini" { adapter = "gemini", key = "k", base_url = "http://127.0.0.1:%(port)d" }
model "gemini/*" { { "gemini", as = "*" } }
provider "responses" { adapter = "responses", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
model "responses/*" { { "responses", as = "*" } }
provider "moon" { flavour = "kimi", adapter = "anthropic", key = "k", base_url = "http://127.0.0.1:%(port)d" }
model "moon/*" { { "moon", as = "*" } }
provider "strict" { flavour = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/v1", strict = true }
model "small" { { "anthropic", as = "claude-haiku-4-5" } }
model "claude-haiku-4-5" { "anthropic" }
model "gpt-4o" { "openai" }
model "gpt-4o-mini" { "strict" }
model "qwen-*" { "openai" }
provider "careful" { adapter = "gemini", key = "k", base_url = "http://127.0.0.1:%(port)d", strict = true }
model "several" { { "openai", as = "gpt-4o" }, { "anthropic", as = "claude-haiku-4-5" }, { "kimi", as = "kimi-k2.5" } }
model "last" { { "careful", as = "gemini-3.1-pro-preview" } }
key "sk-all" { name = "all", models = { "*" } }
key "sk-part" { name = "part", models = { "qwen-max", "qwen-t*", "gpt-4o" } }
chain { auth {}, fallback { models = { several = "last" } } }
"""


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


def ask(gateway, path, body=None, key="sk-all", **headers):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST" if body else "GET", path, json.dumps(body) if body else None, {"content-type": "application/json", "authorization": "Bearer " + key} | headers)
    answer = c.getresponse()
    text = answer.read().decode()
    c.close()
    return answer, json.loads(text)


def sent(gateway, body, path="/v1/chat/completions"):
    """What the provider got, without the model, and what was told."""
    Provider.seen.clear()
    answer, document = ask(gateway, path, body)
    assert answer.status == 200, document
    return {k: v for k, v in Provider.seen[0].items() if k != "model"}, set(filter(None, (answer.getheader("x-yuzui-lost") or "").split(", ")))


CODE = {"max_tokens": 128000, "thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}, "system": "top",
        "messages": [{"role": "user", "content": "q"}, {"role": "system", "content": [{"type": "text", "text": "mid"}]}]}


def test_a_body_for_another_claude(gateway):
    """What Claude Code sends for the newest, on an alias of one that knows none of it."""
    body, lost = sent(gateway, {"model": "small", **CODE}, "/v1/messages")
    assert body == {"max_tokens": 64000, "thinking": {"type": "enabled", "budget_tokens": 2048}, "messages": [{"role": "user", "content": "q"}],
                    "system": [{"type": "text", "text": "top"}, {"type": "text", "text": "mid"}]}
    assert lost == {"max_tokens;approximated", "thinking;approximated", "output_config.effort", "messages.role;approximated"}
    body, lost = sent(gateway, {"model": "claude-haiku-4-5", **CODE}, "/v1/messages")
    assert body == {**CODE, "max_tokens": 64000} and lost == {"max_tokens;approximated"}


def test_chats_of_a_batch(gateway):
    """Each as it would be by itself; what nobody minds stays byte for byte, and what was changed is told once."""
    plain = {"max_tokens": 9, "messages": [{"role": "user", "content": "q"}], "unheard": 1.0}
    chats = [CODE, plain, {**CODE, "max_tokens": 5}]
    for model in ("small", "claude-haiku-4-5"):
        alone = [sent(gateway, {"model": model, **chat}, "/v1/messages") for chat in chats]
        body, lost = sent(gateway, {"requests": [{"custom_id": str(i), "params": {"model": model, **chat}} for i, chat in enumerate(chats)]}, "/v1/messages/batches")
        assert body == {"requests": [{"custom_id": str(i), "params": {"model": "claude-haiku-4-5", **one[0]}} for i, one in enumerate(alone)]}
        each = set.union(*(one[1] for one in alone))
        assert lost == {entry for entry in each if entry.split(";")[0] not in each - {entry}} and "max_tokens;approximated" in lost  # of two ways, the worse one


def test_the_greatest_limit(gateway):
    assert sent(gateway, {"model": "gpt-4o", "max_tokens": 32000, "messages": [{"role": "user", "content": "q"}]})[0]["max_tokens"] == 16384
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "gpt-4o-mini", "max_tokens": 32000, "messages": [{"role": "user", "content": "q"}]})
    assert answer.status == 400 and "max_tokens" in document["error"]["message"] and "strict" in document["error"]["message"]


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TURNS = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "", "tool_calls": [CALL], "reasoning": "thought"}, {"role": "tool", "tool_call_id": "call_1", "content": "r"},
         {"role": "assistant", "content": "", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "call_1", "content": "r"}]


@pytest.mark.parametrize("flavour, thoughts", [("kimi", ["thought", ""]), ("deepseek", ["thought", ""]), ("mistral", [None, None]), ("groq", [None, None])])
def test_thoughts(gateway, flavour, thoughts):
    body, lost = sent(gateway, {"model": flavour + "/m", "messages": TURNS})
    turns = [m for m in body["messages"] if m["role"] == "assistant"]
    assert [t.get("reasoning_content") for t in turns] == thoughts and not any("reasoning" in t for t in turns)
    assert lost == (set() if thoughts[0] else {"reasoning_content"})


WISHES = {"temperature": 0.3, "top_p": 0.5, "n": 2, "seed": 3, "user": "u", "metadata": {"a": "b"}, "logprobs": True, "logit_bias": {"1": 1}, "reasoning_effort": "high", "tool_choice": "required",
          "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]}


@pytest.mark.parametrize("flavour, gone, changed", [
    ("kimi", {"temperature", "top_p", "n", "reasoning_effort"}, {"tool_choice": "auto"}),
    ("mistral", {"user", "metadata", "logprobs", "logit_bias", "reasoning_effort", "seed"}, {"random_seed": 3}),
    ("groq", {"logprobs", "logit_bias", "n"}, {}),
    ("deepseek", {"seed"}, {})])
def test_fields(gateway, flavour, gone, changed):
    """Refused there, so left out and told; or said in the vendor's own word."""
    body, lost = sent(gateway, {"model": flavour + "/m", "messages": [{"role": "user", "content": "q"}], **WISHES})
    del body["messages"]
    assert body == {**{k: v for k, v in WISHES.items() if k not in gone}, **changed}
    assert lost == (gone - {"seed"} if flavour == "mistral" else gone | {field + ";approximated" for field in changed})


KEPT = {"role": "assistant", "content": "hi", "refusal": None, "annotations": [], "audio": None, "function_call": None}


@pytest.mark.parametrize("flavour", ["groq", "mistral"])
def test_a_kept_conversation_moves(gateway, flavour):
    """An answer that OpenAI's SDK sends back as it came, where fields that nobody knows are refused."""
    body, lost = sent(gateway, {"model": flavour + "/m", "messages": [{"role": "user", "content": "q"}, KEPT, {"role": "user", "content": [{"type": "text", "text": "n", "cache_control": {"type": "ephemeral"}}]}]})
    assert body["messages"] == [{"role": "user", "content": "q"}, {"role": "assistant", "content": "hi"}, {"role": "user", "content": [{"type": "text", "text": "n"}]}] and not lost
    body, lost = sent(gateway, {"model": flavour + "/m", "messages": [{"role": "user", "content": "q"}, {**KEPT, "thinking_blocks": [{"type": "thinking"}]}], "thinking": {"type": "enabled"}})
    assert body["messages"][1] == {"role": "assistant", "content": "hi"} and "thinking" not in body
    assert lost == {"messages.thinking_blocks"} | ({"reasoning_effort"} if flavour == "mistral" else set())


def test_thinking_of_other_vendors(gateway):
    q = [{"role": "user", "content": "q"}]
    for field, effort in (({"thinking": {"type": "disabled"}}, None), ({"enable_thinking": True}, "high"), ({"reasoning": {"effort": "low"}}, "low")):
        body, lost = sent(gateway, {"model": "openai/gpt-5", "messages": q, **field})
        assert body == {"messages": q, **({"reasoning_effort": effort} if effort else {})} and lost == (set() if effort else {"thinking"})
    body, lost = sent(gateway, {"model": "kimi/kimi-k2.5", "messages": q, "thinking": {"type": "disabled"}})
    assert body == {"messages": q, "thinking": {"type": "disabled"}} and not lost  # its own word


@pytest.mark.parametrize("model, sends, told", [
    ("xai/grok-4", {}, {"reasoning_effort", "presence_penalty", "stop"}), ("xai/grok-3-mini", {"reasoning_effort": "high"}, {"presence_penalty", "stop", "reasoning_effort;approximated"}),
    ("groq/llama-3.3-70b-versatile", {"presence_penalty": 0.5, "stop": ["x"]}, {"reasoning_effort"}), ("groq/qwen/qwen3-32b", {"presence_penalty": 0.5, "stop": ["x"]}, {"reasoning_effort"}),
    ("groq/openai/gpt-oss-120b", {"presence_penalty": 0.5, "stop": ["x"], "reasoning_effort": "high"}, {"reasoning_effort;approximated"})])
def test_what_models_refuse(gateway, model, sends, told):
    """From a client of the same dialect, and the effort of one of another."""
    q = [{"role": "user", "content": "q"}]
    body, lost = sent(gateway, {"model": model, "messages": q, "reasoning_effort": "xhigh", "presence_penalty": 0.5, "stop": ["x"]})
    assert body == {"messages": q, **sends} and lost == told
    body, _ = sent(gateway, {"model": model, "max_tokens": 9, "messages": q, "thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}}, "/v1/messages")
    assert body.get("reasoning_effort") == sends.get("reasoning_effort")


@pytest.mark.parametrize("flavour, theirs", [("vllm", "reasoning"), ("ollama", "reasoning"), ("glm", "reasoning_content"), ("qwen", "reasoning_content"), ("sglang", "reasoning_content"),
                                             ("llama.cpp", "reasoning_content"), ("kimi", "reasoning_content")])
@pytest.mark.parametrize("given", ["reasoning", "reasoning_content"])
def test_thoughts_by_the_providers_name(gateway, flavour, theirs, given):
    """Whichever of the two the vendor that thought them has: a conversation that moves keeps them."""
    body, lost = sent(gateway, {"model": flavour + "/m", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "", given: "t", "tool_calls": [CALL]}]})
    assert body["messages"][1] == {"role": "assistant", "content": "", "tool_calls": [CALL], theirs: "t"} and not lost


def test_thoughts_where_nothing_is_said_of_the_field(gateway):
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "reasoning": "t"}]
    assert sent(gateway, {"model": "xai/m", "messages": turns})[0]["messages"] == turns


@pytest.mark.parametrize("flavour", ["groq", "mistral"])
def test_fields_of_tools_that_are_refused(gateway, flavour):
    """What clients of Claude write into tools goes where fields that nobody knows are refused; hints for a cache silently."""
    mark, parameters = {"type": "ephemeral"}, {"type": "object", "properties": {"cache_control": {"type": "string"}}}
    function = {"name": "f", "description": "d", "parameters": parameters, "strict": False}
    own = {"type": "browser_search", "unheard": 1}
    tools = [{"type": "function", "cache_control": mark, "function": {**function, "cache_control": mark}}, {"function": {**function, "input_examples": [{}]}, "defer_loading": True, "eager": None}, {"type": "function", "function": function}, own]
    body, lost = sent(gateway, {"model": flavour + "/m", "messages": [{"role": "user", "content": "q"}], "tools": tools})
    kept = [own] if flavour == "groq" else []  # of its own; Mistral takes functions alone
    assert body["tools"] == [{"type": "function", "function": function}, {"function": function}, {"type": "function", "function": function}, *kept]
    assert lost == {"tools.function.input_examples", "tools.defer_loading", *({"tools.browser_search"} if flavour == "mistral" else ())}
    kept = [{"type": "function", "cache_control": mark, "function": function}]
    assert sent(gateway, {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "q"}], "tools": kept})[0]["tools"] == kept


BEGUN = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "The answer is"}]


@pytest.mark.parametrize("model", ["claude/claude-sonnet-4-5", "claude/claude-3-7-sonnet-20250219", "claude/claude-opus-4-1"])
def test_a_begun_answer_is_not_thought_over(gateway, model):
    """Claude up to 4.5 refuses thinking beside a prefill, from clients of whatever dialect."""
    body, lost = sent(gateway, {"model": model, "messages": BEGUN, "reasoning_effort": "high"})
    assert "thinking" not in body and lost == {"reasoning_effort"} and body["messages"][-1]["content"][-1]["text"] == "The answer is"
    for thinking in ({"type": "adaptive"}, {"type": "enabled", "budget_tokens": 2000}):
        body, lost = sent(gateway, {"model": model, "max_tokens": 9000, "messages": BEGUN, "thinking": thinking}, "/v1/messages")
        assert body == {"max_tokens": 9000, "messages": BEGUN} and lost == {"thinking"}
    body, lost = sent(gateway, {"model": model, "messages": [*BEGUN, {"role": "user", "content": "n"}], "reasoning_effort": "high"})
    assert body["thinking"]["type"] == "enabled" and not lost


LATE = [{"role": "user", "content": "a"}, {"role": "system", "content": "MID"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "z"}]


@pytest.mark.parametrize("model", ["moon/kimi-k2.5", "claude/claude-opus-4-6", "gemini/gemini-3-pro"])
def test_late_instructions_are_told(gateway, model):
    for path, body in (("/v1/messages", {"max_tokens": 9, "messages": LATE}), ("/v1/chat/completions", {"messages": LATE}), ("/v1/responses", {"input": LATE})):
        assert sent(gateway, {"model": model, **body}, path)[1] == {"messages.role;approximated"}
    assert not sent(gateway, {"model": model, "messages": [LATE[1], LATE[0]]})[1]  # at the front


PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aaaa"}}


def result_of(*content, **more):
    return {"max_tokens": 99, "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}]},
                                          {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": list(content), **more}]}],
            "tools": [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]}


def test_a_failed_tool_beside_a_picture(gateway):
    body, _ = sent(gateway, {"model": "responses/gpt-5.2", **result_of({"type": "text", "text": "bad"}, PICTURE, is_error=True)}, "/v1/messages")
    assert [p.get("text") for p in body["input"][-1]["output"]] == ["Error:", "bad", None]
    body, _ = sent(gateway, {"model": "responses/gpt-5.2", **result_of({"type": "text", "text": "bad"}, PICTURE)}, "/v1/messages")
    assert [p.get("text") for p in body["input"][-1]["output"]] == ["bad", None]


DOCUMENTS = [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "DOC"}, "title": "TITLE-A"},
             {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "INNER"}]}, "title": "TITLE-B", "context": "CTX"},
             {"type": "search_result", "source": "https://SRC", "title": "TITLE-D", "content": [{"type": "text", "text": "BODY"}]}]


@pytest.mark.parametrize("model", ["responses/gpt-5.2", "openai/gpt-5.2", "gemini/gemini-3-pro"])
def test_titles_of_documents(gateway, model):
    body, lost = sent(gateway, {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": [*DOCUMENTS, {"type": "text", "text": "which?"}]}]}, "/v1/messages")
    said = body["input"][0]["content"] if "input" in body else body["messages"][0]["content"] if "messages" in body else body["contents"][0]["parts"]
    assert [p["text"] for p in said] == ["TITLE-A\n\nDOC", "TITLE-B", "INNER", "TITLE-D\nhttps://SRC", "BODY", "which?"] and lost == {"document.context"}
    text = json.dumps(sent(gateway, {"model": model, **result_of(*DOCUMENTS)}, "/v1/messages")[0])
    assert all(word in text for word in ("TITLE-A", "DOC", "TITLE-B", "INNER", "TITLE-D", "https://SRC", "BODY"))


@pytest.mark.parametrize("generated, text", [([GENERATED], "hi"), ([{"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "index": 0}]}, GENERATED], "hihi")])
def test_a_list_where_a_document_is_due(gateway, monkeypatch, generated, text):
    """What Google's streams look like, for a client that asked for none."""
    monkeypatch.setattr(Provider, "generated", generated)
    answer, document = ask(gateway, "/v1beta/models/gemini/gemini-3-pro:generateContent", {"contents": [{"parts": [{"text": "x"}]}]})
    assert answer.status == 200 and "".join(p["text"] for p in document["candidates"][0]["content"]["parts"]) == text
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "gemini/gemini-3-pro", "messages": [{"role": "user", "content": "x"}]})
    assert document["choices"][0]["message"]["content"] == text


def explained(gateway, body, dialect):
    p = subprocess.run([f"{BUILD}/yuzui", "explain", "-c", f"{gateway.folder}/yuzui.lua", "--dialect", dialect, "--body", "-"], input=json.dumps(body), capture_output=True, text=True,
                       timeout=PATIENT)
    return p.returncode, p.stdout + p.stderr


@pytest.mark.parametrize("dialect, body, why", [
    ("openai-chat", {"model": "gpt-4o", "messages": "x"}, "messages must be a list"), ("openai-chat", {"model": "gpt-4o"}, "messages must be a list"),
    ("openai-chat", {"model": "small", "messages": [{"role": "tool", "content": "x", "tool_call_id": "c"}]}, "must follow an assistant message"),
    ("anthropic-messages", {"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]}, "max_tokens"),
    ("openai-responses", {"model": "gpt-4o", "input": 5}, "input must be a string or a list"), ("openai-chat", {"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]}, None)])
def test_explain_refuses_what_the_gateway_refuses(gateway, dialect, body, why):
    code, said = explained(gateway, body, dialect)
    assert (code, "bad_request: " in said) == ((1, True) if why else (0, False)) and (why or "") in said
    path = {"openai-chat": "/v1/chat/completions", "anthropic-messages": "/v1/messages", "openai-responses": "/v1/responses"}[dialect]
    answer, document = ask(gateway, path, body)
    assert answer.status == (400 if why else 200) and (why or "") in json.dumps(document)


def test_explain_says_what_becomes_of_the_body(gateway):
    """For each target that may be asked, later ones and those of a fallback too, and by the exit code if there is none."""
    body = {"model": "several", "messages": [{"role": "user", "content": "q"}], "logit_bias": {"1": 2}, "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "required"}
    code, said = explained(gateway, body, "openai-chat")
    lines = [line for line in said.splitlines() if line.startswith("body")]
    assert code == 0 and lines == ["body     anthropic/claude-haiku-4-5: written in anthropic-messages; lost: logit_bias", "body     kimi/kimi-k2.5: as it came; lost: tool_choice (approximated)",
                                   "body     careful/gemini-3.1-pro-preview: refused: it is strict, and would lose logit_bias"]
    code, said = explained(gateway, {**body, "model": "last"}, "openai-chat")
    assert code == 1 and "refused: it is strict, and would lose logit_bias" in said
    answer, document = ask(gateway, "/v1/chat/completions", {**body, "model": "last"})
    assert answer.status == 400 and "logit_bias" in document["error"]["message"]
    code, said = explained(gateway, {**body, "functions": [{"name": "f"}]}, "openai-chat")
    assert code == 0 and "anthropic/claude-haiku-4-5: refused: functions is out of use" in said
    p = subprocess.run([f"{BUILD}/yuzui", "explain", "-c", f"{gateway.folder}/yuzui.lua", "--json", "--body", "-"], input=json.dumps(body), capture_output=True, text=True, timeout=PATIENT)
    assert [(b["target"], b["translated"], b["lost"], b["refused"]) for b in json.loads(p.stdout)["bodies"]] == [
        ("openai/gpt-4o", False, [], None), ("anthropic/claude-haiku-4-5", True, ["logit_bias"], None), ("kimi/kimi-k2.5", False, ["tool_choice;approximated"], None),
        ("careful/gemini-3.1-pro-preview", True, ["logit_bias"], "it is strict, and would lose logit_bias")]


def test_messages_for_templates(gateway):
    body, lost = sent(gateway, {"model": "llama.cpp/m", "messages": [
        {"role": "developer", "content": [{"type": "text", "text": "a"}]}, {"role": "user", "content": "b"}, {"role": "system", "content": "c"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "d"}]}]})
    assert body["messages"] == [{"role": "system", "content": "a"}, {"role": "user", "content": "b\n\nc"}, {"role": "assistant", "tool_calls": [CALL]},
                                {"role": "tool", "tool_call_id": "call_1", "content": "d"}]
    assert lost == {"messages.role;approximated"}


@pytest.mark.parametrize("stream", [False, True])
def test_losses_that_are_too_many_are_counted(gateway, stream):
    """64 are named, in the header and in the log; of the others it is said how many there are."""
    fields = {f"field_{i}": 1 for i in range(80)} | {"größe": 1}
    body = {"model": "claude/claude-haiku-4-5", "messages": [{"role": "user", "content": "q"}], "stream": stream, **fields}
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", "/v1/chat/completions", json.dumps(body, ensure_ascii=False).encode(), {"content-type": "application/json", "authorization": "Bearer sk-all"})
    answer = c.getresponse()
    lost = answer.getheader("x-yuzui-lost").split(", ")
    answer.read()
    assert answer.status == 200 and lost == [f"field_{i}" for i in range(64)] + ["and 17 more"]
    c.request("POST", "/v1/chat/completions", json.dumps({**body, **{f"field_{i}": 1 for i in range(80, 2000)}}), {"content-type": "application/json", "authorization": "Bearer sk-all"})
    assert c.getresponse().getheader("x-yuzui-lost").endswith(", field_63, and 1937 more")


def test_models_of_a_key(gateway):
    """A pattern that a key may use in part is listed by the names that the key has."""
    listed = [m["id"] for m in ask(gateway, "/v1/models", key="sk-part")[1]["data"]]
    assert sorted(listed) == ["gpt-4o", "qwen-max", "qwen-t*"]
    assert "qwen-*" in [m["id"] for m in ask(gateway, "/v1/models")[1]["data"]]


def test_keys_in_another_spelling(gateway):
    """JSON may spell a key in several ways: what is dropped, and what stays, goes by what it says."""
    body = {"model": "groq/m", "messages": [{"role": "user", "content": "q"}]}
    raw = json.dumps(body).replace('"role"', '"\\u0072ole"').replace('"content": "q"', '"c\\u006fntent": "q", "refus\\u0061l": null')
    Provider.seen.clear()
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", "/v1/chat/completions", raw, {"content-type": "application/json", "authorization": "Bearer sk-all"})
    answer = c.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    c.close()
    assert Provider.seen[0]["messages"] == [{"role": "user", "content": "q"}]


@pytest.mark.parametrize("fields, lost", [({"thinking": None}, set()), ({"thinking": {"type": "disabled"}}, {"thinking"}), ({"enable_thinking": False}, {"enable_thinking"}),
                                          ({"reasoning": {"exclude": True}}, {"reasoning"}), ({"thinking": {"type": "enabled"}}, set())])
def test_wishes_about_thinking_are_told(gateway, fields, lost):
    """gpt-oss always thinks: that it should not, or what nobody can read, is missed."""
    body, told = sent(gateway, {"model": "groq/openai/gpt-oss-20b", "messages": [{"role": "user", "content": "q"}], "stop": ["x"], **fields})
    assert told == lost and not set(body) & set(fields), (body, told)
    assert (body.get("reasoning_effort"), body["stop"]) == ("high" if fields == {"thinking": {"type": "enabled"}} else None, ["x"])


def test_a_refusal_alone_becomes_the_content(gateway):
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "refusal": "no"}, {"role": "user", "content": "why"}]
    assert sent(gateway, {"model": "groq/m", "messages": turns})[0]["messages"][1] == {"role": "assistant", "content": "no"}


class Caller(http.server.BaseHTTPRequestHandler):
    """Calls the first tool it is offered, by the name it is offered by."""
    seen = []

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).seen.append(asked)
        name = asked["tools"][0]["function"]["name"]
        call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": "{}"}}
        if asked.get("stream"):
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            events = [{"choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [{"index": 0, **call}]}, "finish_reason": None}]},
                      {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}, {"choices": [], "usage": CHAT["usage"]}]
            text = "".join(f"data: {json.dumps({**chunk, **e})}\n\n" for e in events) + "data: [DONE]\n\n"
        else:
            text = json.dumps({**CHAT, "choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}]})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if asked.get("stream") else "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def called(answer):
    if answer.startswith("{"):
        return json.loads(answer)["choices"][0]["message"]["tool_calls"][0]["function"]["name"]
    deltas = [c["delta"] for line in answer.splitlines() if line.startswith("data: {") for c in json.loads(line[6:])["choices"]]
    return "".join(call["function"].get("name", "") for d in deltas for call in d.get("tool_calls", []))


@pytest.mark.parametrize("stream", [False, True])
def test_tools_that_begin_with_a_digit(stream):
    """Kimi refuses their names: it gets others, and the client its own, also from the cache, and in what follows a call."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Caller)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = 'provider "kimi" { flavour = "kimi", key = "k", base_url = "http://127.0.0.1:%d/v1" }\nmodel "kimi-k2.5" { "kimi" }\nkey "sk" {}\nchain { auth {}, cache {} }'
    tools = [{"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}} for name in ("12306_trains", "plain")]
    body = {"model": "kimi-k2.5", "stream": stream, "temperature": 0, "messages": [{"role": "user", "content": "q"}], "tools": tools}
    Caller.seen.clear()
    with Gateway(config=config % server.server_address[1]) as g:
        def ask_kimi(body):
            c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
            c.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json", "authorization": "Bearer sk"})
            answer = c.getresponse()
            text = answer.read().decode()
            assert answer.status == 200, text
            return answer.getheader("x-yuzui-cache"), text
        first, again = ask_kimi(body), ask_kimi(body)
        assert called(first[1]) == called(again[1]) == "12306_trains" and again[0] == "hit" and len(Caller.seen) == 1
        sent_names = [t["function"]["name"] for t in Caller.seen[0]["tools"]]
        assert sent_names[0].startswith("m_12306_trains") and sent_names[1] == "plain"
        turns = [{"role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "12306_trains", "arguments": "{}"}}]},
                 {"role": "tool", "tool_call_id": "call_1", "content": "r"}]
        ask_kimi({**body, "messages": body["messages"] + turns, "tool_choice": {"type": "function", "function": {"name": "12306_trains"}}})
        asked = Caller.seen[-1]
        assert asked["messages"][1]["tool_calls"][0]["function"]["name"] == sent_names[0]
        ask_kimi({**body, "tools": tools[1:], "messages": [{"role": "user", "content": "r"}], "unheard": 1})
        assert Caller.seen[-1]["unheard"] == 1, "a body without such tools is forwarded"
    server.shutdown()


NULLS = [{"role": "user", "content": None}, {"role": "assistant", "content": None, "refusal": "no"}, {"role": "user", "content": "q"},
         {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"x\":"}}]}, {"role": "tool", "tool_call_id": "1", "content": "r"}]


@pytest.mark.parametrize("flavour, rest, told", [("ollama", {"max_tokens": 0}, set()), ("vllm", {"max_tokens": 1}, {"max_tokens;approximated"}), ("llama.cpp", None, set()), ("sglang", None, set())])
def test_what_a_server_cannot_read_is_said_so_that_it_can(gateway, flavour, rest, told):
    body, lost = sent(gateway, {"model": flavour + "/m", "messages": NULLS, "tools": [], "tool_choice": "auto", "max_tokens": 0})
    messages = body.pop("messages")
    assert messages[:3] == [{"role": "user", "content": ""}, {"role": "assistant", "content": "no"}, {"role": "user", "content": "q"}]
    assert "content" not in messages[3] and json.loads(messages[3]["tool_calls"][0]["function"]["arguments"]) == {"raw_arguments": "{\"x\":"}
    assert lost == told | {"messages.tool_calls;approximated"}
    assert rest is None or body == rest
    body, lost = sent(gateway, {"model": "openai/m", "messages": NULLS, "tools": [], "tool_choice": "auto", "max_tokens": 0})
    assert body["messages"] == NULLS and body["tools"] == [] and body["max_tokens"] == 0 and not lost  # it reads what clients write for it
