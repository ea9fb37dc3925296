"""Bodies that an alias or a policy sends to a vendor they were not written for: what that one refuses is left out, put in order, and told."""
import http.client
import http.server
import json
import threading

import pytest
from gateway import Gateway
from simlib import PATIENT, Sim
from test_bodies import Provider, ask, sent

FLAVOURS = ["openai", "azure", "groq", "mistral", "transformers"]
CONFIG = "".join(f'provider "{f}" {{ flavour = "{f}", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }}\nmodel "{f}/*" {{ {{ "{f}", as = "*" }} }}\n' for f in FLAVOURS) + """
provider "anthropic" { adapter = "anthropic", key = "k", base_url = "http://127.0.0.1:%(port)d" }
model "claude/*" { { "anthropic", as = "*" } }
model "claude-sonnet-4-6" { "anthropic" }
provider "gemini" { adapter = "gemini", key = "k", base_url = "http://127.0.0.1:%(port)d" }
model "gemini/*" { { "gemini", as = "*" } }
provider "vllm" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
model "vllm/*" { { "vllm", as = "*" } }
provider "devstral" { adapter = "openai", after_tool = "assistant", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
model "devstral" { "devstral" }
model "gpt-4o" { "openai" }
model "mistral-large-latest" { "mistral" }
provider "sim" { flavour = "mistral", key = "sk-up", base_url = "http://127.0.0.1:${sim}/p/mistral/v1" }
model "magistral" { { "sim", as = "mistral-large-latest" } }
provider "raw" { adapter = "openai", key = "sk-up", base_url = "http://127.0.0.1:${sim}/p/mistral/v1", include_usage = false, call_ids = "nine", late_system = "keep" }
model "raw" { { "raw", as = "m" } }
flavour "lab" { source = "-", date = "2026-11", adapter = "openai", hosts = { "localhost" }, options = { drop = { "temperature" } }, host_options = { fields = { "temperature" } } }
provider "hosted" { adapter = "openai", key = "k", base_url = "http://localhost:%(port)d/v1" }
model "hosted/*" { { "hosted", as = "*" } }
provider "free" { adapter = "openai", fields = {}, key = "k", base_url = "http://localhost:%(port)d/v1" }
model "free/*" { { "free", as = "*" } }
provider "named" { flavour = "lab", key = "k", base_url = "http://localhost:%(port)d/v1" }
model "named/*" { { "named", as = "*" } }
key "sk-all" { name = "all", models = { "*" } }
chain { auth {} }
"""


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Sim() as sim, Gateway(config=CONFIG % {"port": server.server_address[1]}, sim_port=sim.port) as g:
        yield g
    server.shutdown()


# ---- fields

Q = [{"role": "user", "content": "q"}]
OTHERS = {"repetition_penalty": 1.1, "min_p": 0.1, "top_k": 5, "chat_template_kwargs": {"enable_thinking": True}, "guided_json": {}, "structured_outputs": {"x": 1}, "enable_search": True, "provider": {"order": ["x"]},
          "stop_token_ids": [1], "reasoning_format": "parsed", "include_reasoning": True, "tool_stream": True, "do_sample": True, "random_seed": 3, "safe_prompt": True, "keep_alive": "5m", "options": {"num_ctx": 1},
          "web_search_options": {"x": 1}, "prompt_cache_retention": "24h", "functions": [{"name": "f"}], "prediction": {"type": "content", "content": "x"}, "temperature": 0.5, "seed": 7}
TAKEN = {"openai": {"web_search_options", "prompt_cache_retention", "functions", "prediction", "temperature", "seed"},
         "groq": {"reasoning_format", "include_reasoning", "functions", "temperature", "seed"},
         "transformers": {"chat_template_kwargs", "web_search_options", "functions", "prediction", "temperature", "seed"},
         "mistral": {"repetition_penalty", "top_k", "random_seed", "safe_prompt", "prediction", "temperature", "seed"}}
TAKEN["azure"] = TAKEN["openai"]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_fields_of_other_vendors(gateway, flavour):
    body, lost = sent(gateway, {"model": flavour + "/gpt-4o", "messages": Q, **OTHERS})
    assert lost == set(OTHERS) - TAKEN[flavour]
    kept = {k: OTHERS[k] for k in TAKEN[flavour]}
    if flavour == "mistral":
        del kept["seed"]  # there it is random_seed, which the client gave
    assert body == {"messages": Q, **kept}


@pytest.mark.parametrize("model", ["gpt-4o", "vllm/gpt-4o"])
def test_who_names_the_model_has_its_own_way(gateway, model):
    """And so has one whose provider is of no vendor that is known to refuse."""
    body, lost = sent(gateway, {"model": model, "messages": Q, **OTHERS})
    assert body == {"messages": Q, **OTHERS} and not lost


@pytest.mark.parametrize("provider, kept", [("hosted", {"temperature": 0.5}), ("named", {}), ("free", OTHERS)])
def test_fields_of_a_host(gateway, provider, kept):
    """A provider that has a vendor's host takes of its options what that one is sure to refuse, unless it says otherwise."""
    body, lost = sent(gateway, {"model": provider + "/gpt-4o", "messages": Q, **OTHERS})
    assert body == {"messages": Q, **kept} and lost == set(OTHERS) - set(kept)


def test_idle_fields_are_not_missed(gateway):
    body, lost = sent(gateway, {"model": "mistral/m", "messages": Q, "web_search_options": None, "enable_search": False, "stream_options": {"include_usage": True}, "\u006dax_completion_tokens": 9})
    assert body == {"messages": Q, "max_tokens": 9} and not lost


def test_many_fields_go_at_once(gateway):
    """As many as a body has: each by itself would cost the whole body."""
    body, lost = sent(gateway, {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "q" * 100000}], **{f"f{i}": i for i in range(20000)}, "user": "u"})
    assert set(body) == {"messages", "user"} and "f0" in lost


def test_fields_of_translated_bodies(gateway):
    """What one dialect has and this vendor does not."""
    wish = {"input": "q", "text": {"verbosity": "low"}, "prompt_cache_key": "k", "temperature": 0.5}
    body, lost = sent(gateway, {"model": "groq/llama-3.3-70b-versatile", **wish}, "/v1/responses")
    assert set(body) == {"messages", "temperature"} and {"verbosity", "prompt_cache_key"} <= lost


def test_no_counts_are_asked_of_mistral(gateway):
    """It refuses stream_options, and counts unasked."""
    for path, body in (("/v1/chat/completions", {"messages": Q}), ("/v1/messages", {"messages": Q, "max_tokens": 9})):
        answer, events = stream(gateway, path, {"model": "magistral", "stream": True, **body})
        assert answer.status == 200 and "error" not in events, events


def stream(gateway, path, body):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", path, json.dumps(body), {"content-type": "application/json", "authorization": "Bearer sk-all"})
    answer = c.getresponse()
    text = answer.read().decode()
    c.close()
    return answer, text


# ---- the order of messages

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
NINE = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "", "tool_calls": [{**CALL, "id": "abcdefghi"}]}, {"role": "tool", "tool_call_id": "abcdefghi", "content": "r"}]
ORDERS = {
    "late": ([{"role": "system", "content": "S"}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"role": "system", "content": "mid"}, {"role": "user", "content": "b"}],
             ["system", "user", "assistant", "user"], "mid\n\nb"),
    "late, at the end": ([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"role": "developer", "content": "mid"}], ["user", "assistant", "user"], "mid"),
    "user after tool": ([*NINE, {"role": "user", "content": "x"}], ["user", "assistant", "tool", "assistant", "user"], "x"),
    "system after tool": ([*NINE, {"role": "system", "content": "x"}], ["user", "assistant", "tool", "assistant", "user"], "x"),
    "system and user after tool": ([*NINE, {"role": "system", "content": "x"}, {"role": "user", "content": "y"}], ["user", "assistant", "tool", "assistant", "user"], "x\n\ny")}


@pytest.mark.parametrize("order", ORDERS)
def test_mistrals_order(gateway, order):
    """Of a body that is forwarded; the strict world takes it, and refuses it as it came."""
    messages, roles, last = ORDERS[order]
    for model in ("mistral/m", "mistral-large-latest"):
        body, lost = sent(gateway, {"model": model, "messages": messages, "tools": TOOLS})
        assert [m["role"] for m in body["messages"]] == roles and lost == {"messages.role;approximated"}
        assert body["messages"][-1]["content"] == last
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "magistral", "messages": messages, "tools": TOOLS})
    assert answer.status == 200, document
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "raw", "messages": messages, "tools": TOOLS})
    assert answer.status == 400 and "Unexpected role" in document["error"]["message"]


def turns(*content):
    return {"max_tokens": 99, "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}]}, {"role": "user", "content": list(content)}],
            "tools": [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]}


RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "r"}
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aaaa"}}
PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "aaaa"}, "title": "report.pdf"}
NOTE = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "DOC"}, "title": "TITLE"}


def test_a_word_behind_a_result(gateway):
    """As Claude Code writes its reminders."""
    reminder = {"type": "text", "text": "<system-reminder>x</system-reminder>"}
    for model in ("mistral/m", "devstral"):
        body, lost = sent(gateway, {"model": model, **turns(RESULT, reminder)}, "/v1/messages")
        assert [m["role"] for m in body["messages"]] == ["user", "assistant", "tool", "assistant", "user"] and lost == {"messages.role;approximated"}
        assert body["messages"][3]["content"] and body["messages"][4]["content"] == reminder["text"]
    assert ask(gateway, "/v1/messages", {"model": "magistral", **turns(RESULT, reminder)})[0].status == 200
    body, lost = sent(gateway, {"model": "vllm/m", **turns(RESULT, reminder)}, "/v1/messages")
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "tool", "user"] and not lost
    body, lost = sent(gateway, {"model": "mistral/m", **turns(RESULT)}, "/v1/messages")
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "tool"] and not lost


BEGUN = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "The answer is"}]


@pytest.mark.parametrize("path, more", [("/v1/chat/completions", {}), ("/v1/messages", {"max_tokens": 9})])
def test_an_answer_that_is_begun(gateway, path, more):
    """Mistral refuses it, so it is asked to go on; one that says so in Mistral's word, or names the model, has its own way."""
    body, lost = sent(gateway, {"model": "mistral/devstral-2512", "messages": BEGUN, **more}, path)
    assert body["messages"][:2] == BEGUN and body["messages"][2]["role"] == "user" and lost == {"messages.prefill;emulated"}
    assert ask(gateway, path, {"model": "magistral", "messages": BEGUN, **more})[0].status == 200
    body, lost = sent(gateway, {"model": "vllm/m", "messages": BEGUN, **more}, path)
    assert body["messages"] == BEGUN and not lost


def test_a_begun_answer_in_mistrals_word(gateway):
    for model, turns in (("mistral/magistral-small-2509", [BEGUN[0], {**BEGUN[1], "prefix": True}]), ("mistral-large-latest", BEGUN)):
        body, lost = sent(gateway, {"model": model, "messages": turns})
        assert body["messages"] == turns and not lost


@pytest.mark.parametrize("change, word", [({"web_search_options": {}}, "Extra inputs"), ({"messages": [*NINE[:1], {"role": "assistant", "content": "a"}]}, "Expected last role"),
                                          ({"messages": [{**Q[0], "name": "x"}]}, "Extra inputs"), ({"stream": True, "stream_options": {"include_usage": True}}, "Extra inputs")])
def test_the_strict_world_refuses_what_mistral_does(gateway, change, word):
    answer, text = stream(gateway, "/v1/chat/completions", {"model": "raw", "messages": Q, **change})
    assert answer.status in (400, 422) and word in text


# ---- what a tool's result holds

def result_of(*content, **more):
    return turns({"type": "tool_result", "tool_use_id": "toolu_1", "content": list(content), **more})


@pytest.mark.parametrize("content, said, beside", [
    ([NOTE], "TITLE\n\nDOC", 0), ([{"type": "text", "text": "a"}, NOTE], "a\nTITLE\n\nDOC", 0), ([PICTURE], "The result is not text but: image", 1), ([PDF], "The result is not text but: report.pdf", 1),
    ([PICTURE, PDF], "The result is not text but: image, report.pdf", 2), ([NOTE, PICTURE], "TITLE\n\nDOC", 1), ([{"type": "text", "text": "a"}, PDF], "a", 1), ([], "", 0)])
def test_documents_in_results(gateway, content, said, beside):
    body, _ = sent(gateway, {"model": "vllm/m", **result_of(*content)}, "/v1/messages")
    tool, after = body["messages"][2], body["messages"][3:]
    assert (tool["role"], tool["content"]) == ("tool", said)
    assert [len(m["content"]) - 1 for m in after] == ([beside] if beside else [])  # a word before says whose they are
    body, _ = sent(gateway, {"model": "gemini/gemini-3-pro", **result_of(*content)}, "/v1/messages")
    response = body["contents"][2]["parts"][0]["functionResponse"]
    assert response["response"] == {"output": said} and len(response.get("parts", [])) == beside


def test_a_failed_tool_without_words(gateway):
    body, _ = sent(gateway, {"model": "vllm/m", **result_of(PICTURE, is_error=True)}, "/v1/messages")
    assert body["messages"][2]["content"] == "Error: The result is not text but: image"


# ---- cache marks

MARK = {"cache_control": {"type": "ephemeral"}}


def marked(n):
    """The marks in the order in which the API reads: a tool, the system, and the messages, one inside of a result."""
    return {"max_tokens": 9, "tools": [{"name": "f", "input_schema": {"type": "object"}, **MARK}], "system": [{**MARK, "type": "text", "text": "s"}],
            "messages": [{"role": "user", "content": [{"type": "text", **MARK, "text": "q"}]}, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"cache_control": 1}}]},
                         {"role": "user", "content": [{**MARK, "type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "r", **MARK}]}, *[{"type": "text", "text": str(i), **MARK} for i in range(n - 5)]]}]}


def marks_of(body):
    return [("tool", t["name"]) for t in body["tools"] if "cache_control" in t] + [("system", s["text"]) for s in body["system"] if "cache_control" in s] + \
        [("message", b.get("text") or b["type"]) for m in body["messages"] for b in [*[i for c in m["content"] for i in (c.get("content") or [])], *m["content"]] if "cache_control" in b]


def unmarked(value):
    if isinstance(value, list):
        return [unmarked(v) for v in value]
    return {k: unmarked(v) for k, v in value.items() if k != "cache_control" or v == 1} if isinstance(value, dict) else value


@pytest.mark.parametrize("n, left", [(8, ["tool_result", "0", "1", "2"]), (6, ["q", "r", "tool_result", "0"]), (9, ["0", "1", "2", "3"])])
def test_four_marks_stay(gateway, n, left):
    given = marked(n)
    body, lost = sent(gateway, {"model": "claude/claude-sonnet-4-6", **given}, "/v1/messages")
    assert marks_of(body) == [("message", word) for word in left] and lost == {"cache_control;approximated"}
    assert unmarked(body) == unmarked(given)
    body, lost = sent(gateway, {"model": "claude-sonnet-4-6", **given}, "/v1/messages")  # who names it has its own way
    assert body == given and not lost


def test_one_for_the_whole_body_counts(gateway):
    body, lost = sent(gateway, {"model": "claude/claude-sonnet-4-6", **marked(6), **MARK}, "/v1/messages")
    assert len(marks_of(body)) == 3 and body["cache_control"] == MARK["cache_control"] and lost == {"cache_control;approximated"}
    body, lost = sent(gateway, {"model": "claude/claude-sonnet-4-6", **marked(5), "tools": []}, "/v1/messages")
    assert len(marks_of(body)) == 4 and not lost


def test_marks_of_chats_are_told(gateway):
    content = [{"type": "text", "text": str(i), **MARK} for i in range(6)]
    body, lost = sent(gateway, {"model": "claude/claude-sonnet-4-6", "messages": [{"role": "user", "content": content}]})
    assert [p["text"] for p in body["messages"][0]["content"] if "cache_control" in p] == ["2", "3", "4", "5"] and lost == {"cache_control;approximated"}
    assert not sent(gateway, {"model": "claude/claude-sonnet-4-6", "messages": [{"role": "user", "content": content[:4]}]})[1]
