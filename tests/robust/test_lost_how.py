"""How a field was lost: dropped, approximated or emulated. The header says it, the access log, the counters, a strict provider's refusal, and `yuzui explain`."""
import http.client
import http.server
import json
import subprocess
import threading

import pytest
from bench import eventually
from gateway import Gateway
from simlib import BUILD, PATIENT
from test_bodies import Provider, ask, sent

CONFIG = """
provider "anthropic" { adapter = "anthropic", key = "k", base_url = "http://127.0.0.1:%(port)d" }
model "claude" { { "anthropic", as = "claude-sonnet-4-5" } }
model "old" { { "anthropic", as = "claude-3-5-haiku-latest" } }
model "rewritten" { { "anthropic", as = "claude-3-5-haiku-latest" } }
model "newest" { { "anthropic", as = "claude-opus-4-8" } }
provider "gemini" { adapter = "gemini", key = "k", base_url = "http://127.0.0.1:%(port)d" }
model "gemini" { { "gemini", as = "gemini-2.5-flash" } }
provider "openai" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
model "gpt" { { "openai", as = "gpt-4o" } }
provider "strict" { adapter = "anthropic", key = "k", base_url = "http://127.0.0.1:%(port)d", strict = true }
model "strict" { { "strict", as = "claude-3-5-haiku-latest" } }
provider "careful" { adapter = "openai", flavour = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/v1", strict = true }
model "gpt-4o-mini" { "careful" }
key "sk-all" { name = "all", models = { "*" } }
key "sk-strict" { name = "strict", models = { "*" }, strict = true }
chain { auth {}, policy "${folder}/rewrite.lua", cache { ttl = "1h", store = "memory" } }
"""
REWRITE = """
return function(req)
  local response, err = next(req)
  if response and req.model == "rewritten" then return response:rewrite(function(text) return text end) end
  return response, err
end
"""
HI = [{"role": "user", "content": "hi"}]
# of each kind: nothing of it goes out, something near it does, it is asked for in words
WISHES = {"messages": [*HI, {"role": "assistant", "content": "a"}, {"role": "system", "content": "s"}, {"role": "user", "content": "b"}], "temperature": 1.5, "seed": 7,
          "response_format": {"type": "json_object"}}
LOST = ["messages.role;approximated", "temperature;approximated", "response_format;emulated", "seed"]


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}, files=[("rewrite.lua", REWRITE)]) as g:
        yield g
    server.shutdown()


def told(gateway, body, path="/v1/chat/completions"):
    answer, document = ask(gateway, path, body)
    assert answer.status == 200, document
    return [entry for entry in (answer.getheader("x-yuzui-lost") or "").split(", ") if entry], answer.getheader("x-yuzui-cache")


def lines_of(gateway):
    return [json.loads(line) for line in gateway.log().splitlines() if line.startswith("{") and '"path"' in line]


def counted(gateway, model):
    found = {}
    for line in gateway.get("/metrics")[1].decode().splitlines():
        if line.startswith("yuzui_lost_fields_total{") and f'gen_ai_request_model="{model}"' in line:
            found[line.split('how="')[1].split('"')[0]] = int(line.split()[-1])
    return found


def test_a_header_a_line_and_a_counter(gateway):
    before = counted(gateway, "old")
    lost, cache = told(gateway, {"model": "old", **WISHES})
    assert sorted(lost) == sorted(LOST) and cache == "miss"
    again, cache = told(gateway, {"model": "old", **WISHES})
    assert again == lost and cache == "hit", "an answer that was kept keeps how its request was lost"
    eventually(lambda: [line["lost"] for line in lines_of(gateway) if line.get("model") == "old"] == [", ".join(lost)] * 2, "both lines of the log")
    eventually(lambda: counted(gateway, "old") == {"dropped": before.get("dropped", 0) + 2, "approximated": before.get("approximated", 0) + 4, "emulated": before.get("emulated", 0) + 2}, "the counters")
    assert told(gateway, {"model": "gpt", "messages": HI})[0] == [] and counted(gateway, "gpt") == {}


def test_a_policy_that_rewrites_keeps_it(gateway):
    assert sorted(told(gateway, {"model": "rewritten", **WISHES})[0]) == sorted(LOST)


@pytest.mark.parametrize("model, path, body, lost", [
    ("newest", "/v1/chat/completions", {"messages": [*HI, {"role": "assistant", "content": "The"}]}, "messages.prefill;emulated"),
    ("gemini", "/v1/chat/completions", {"messages": HI, "stop": list("abcdef")}, "stop;approximated"),
    ("gpt", "/v1/messages", {"messages": HI, "max_tokens": 99999}, "max_tokens;approximated"),
    ("claude", "/v1/chat/completions", {"messages": HI, "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "anyOf": [{}]}}}]}, "tools.function.parameters;approximated"),
    ("claude", "/v1/chat/completions", {"messages": HI, "x": {"seed;emulated": 1}}, "x"),
    ("gpt", "/v1/messages", {"max_tokens": 9, "messages": [*HI, {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}, {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "tool_reference", "tool_name": "Grep"}]}]}]}, "tool_result.tool_reference;approximated"),
    ("gpt", "/v1/messages", {"max_tokens": 9, "messages": [*HI, {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}]}, *HI]},
     "content.server_tool_use")])
def test_each_kind_as_it_goes_out(gateway, model, path, body, lost):
    assert lost in told(gateway, {"model": model, **body}, path)[0]


def test_what_is_named_goes_out(gateway):
    """Approximated: something near it is in what the provider gets. Dropped: nothing is."""
    body, lost = sent(gateway, {"model": "old", "temperature": 1.9, "seed": 3, "messages": [{"role": "user", "content": "once"}]})
    assert body["temperature"] == 1 and "seed" not in body and lost == {"temperature;approximated", "seed"}
    body, lost = sent(gateway, {"model": "old", "messages": [{"role": "user", "content": "twice"}], "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "title": "Fish"}}}})
    assert "Fish" in json.dumps(body["system"]) and lost == {"response_format;emulated"}


def test_a_strict_provider_lists_them_all(gateway):
    """In words: each, and how. Also those of a body of its own dialect, and all of a long list."""
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "strict", **WISHES})
    words = document["error"]["message"]
    assert answer.status == 400 and words.endswith("(the provider is strict: nothing may be left out or changed)"), document
    listed = words.split("cannot carry: ")[1].split(" (the provider")[0].split(", ")
    assert sorted(listed) == ["messages.role (approximated)", "response_format (emulated)", "seed", "temperature (approximated)"]
    fields = {f"a_field_with_a_rather_long_name_{i}": 1 for i in range(60)}
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "strict", "messages": HI, **fields})
    assert answer.status == 400 and all(field in document["error"]["message"] for field in fields), document
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "gpt-4o-mini", "messages": HI, "max_tokens": 99999})
    assert answer.status == 400 and "it does not take as the request says it: max_tokens (approximated) (the provider is strict" in document["error"]["message"]


def test_a_strict_key_and_a_strict_request(gateway):
    """Refused as a strict provider refuses, and no answer that was kept for somebody who does not mind is given out."""
    body = {"model": "old", **WISHES, "user": "strict"}
    assert told(gateway, body)[1] == "miss" and told(gateway, body)[1] == "hit"
    answer, document = ask(gateway, "/v1/chat/completions", body, key="sk-strict")
    assert answer.status == 400 and document["error"]["message"].endswith("(its key is strict: nothing may be left out or changed)") and "temperature (approximated)" in document["error"]["message"], document
    for value, status in (("true", 400), ("1", 400), ("false", 200), ("0", 200)):
        answer, document = ask(gateway, "/v1/chat/completions", body, **{"x-yuzui-strict": value})
        assert answer.status == status and (status == 200 or "(x-yuzui-strict: nothing may be left out or changed)" in document["error"]["message"]), document
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "gpt", "messages": HI}, **{"x-yuzui-strict": "yes please"})
    assert answer.status == 400 and "x-yuzui-strict is true or false" in document["error"]["message"]
    answer, document = ask(gateway, "/v1/chat/completions", {"model": "gpt", "messages": HI}, **{"x-yuzui-strict": "true"})
    assert answer.status == 200, "nothing is lost"


def explain(*arguments, body):
    p = subprocess.run([f"{BUILD}/yuzui", "explain", *arguments, "-"], input=json.dumps(body), capture_output=True, text=True, timeout=PATIENT)
    assert p.returncode == 0, p.stdout + p.stderr
    return p.stdout


def test_explain_says_it_before(gateway):
    arguments = ("--translate", "openai-chat", "anthropic-messages", "-m", "claude-3-5-haiku-latest")
    said = explain(*arguments, body=WISHES).splitlines()
    assert said[0] == "POST /v1/messages" and '"temperature":1}' in said[-3], said
    words = [entry.replace(";approximated", " (approximated)").replace(";emulated", " (emulated)") for entry in LOST]
    assert said[-1].startswith("lost: ") and sorted(said[-1][6:].split(", ")) == sorted(words)
    assert sorted(json.loads(explain("--json", *arguments, body=WISHES))["lost"]) == sorted(LOST)
    config = f"{gateway.folder}/yuzui.lua"
    said = explain("-c", config, "--body", body={"model": "old", **WISHES})
    assert "; lost: " in said and "temperature (approximated)" in said


def test_a_stream_tells_the_log(gateway):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", "/v1/chat/completions", json.dumps({"model": "old", **WISHES, "stream": True}), {"content-type": "application/json", "authorization": "Bearer sk-all"})
    answer = c.getresponse()
    answer.read()
    lost = answer.getheader("x-yuzui-lost")
    assert sorted(lost.split(", ")) == sorted(LOST)
    eventually(lambda: any(line.get("stream") and line.get("model") == "old" and line["lost"] == lost for line in lines_of(gateway)), "the stream's line")


def test_a_name_that_a_client_makes_up_forges_no_entry(gateway):
    before = counted(gateway, "old")
    names = {"seed;emulated": "seed%3Bemulated", "a, b": "a%2C b", "and 9 more": "%61nd 9 more"}
    lost, _ = told(gateway, {"model": "old", "messages": HI, **dict.fromkeys(names, 1)})
    assert sorted(lost) == sorted(names.values())
    eventually(lambda: [line["lost"] for line in lines_of(gateway) if line.get("lost", "").count("seed%3B")] == [", ".join(lost)], "the line of the log")
    eventually(lambda: counted(gateway, "old") == {**before, "dropped": before.get("dropped", 0) + 3}, "the counters")
