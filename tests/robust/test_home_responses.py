"""Codex at servers at home that speak Responses: what they refuse, pass over in silence or take for something else does not reach them, is told, and the client's own names stand in the answer."""
import http.client
import http.server
import json
import threading

import pytest
from gateway import Gateway
from simlib import PATIENT

CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "agents__spawn", "arguments": "{\"x\":1}", "status": "completed"}
ANSWER = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "output": [CALL], "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}}
EVENTS = [{"type": "response.created", "response": {**ANSWER, "output": [], "status": "in_progress"}}, {"type": "response.output_item.added", "output_index": 0, "item": {**CALL, "arguments": "", "status": "in_progress"}},
          {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 0, "delta": CALL["arguments"]}, {"type": "response.output_item.done", "output_index": 0, "item": CALL}, {"type": "response.completed", "response": ANSWER}]


class Provider(http.server.BaseHTTPRequestHandler):
    seen = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).seen.append(body)
        stream = body.get("stream")
        text = ("".join(f"event: {e['type']}\ndata: {json.dumps({**e, 'sequence_number': i})}\n\n" for i, e in enumerate(EVENTS)) if stream else json.dumps(ANSWER)).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if stream else "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


HOME = ["vllm", "llama.cpp", "ollama", "transformers"]
CONFIG = "".join(f'provider "{f}" {{ flavour = "{f}", adapter = "responses", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }}\nmodel "{f}" {{ {{ "{f}", as = "m" }} }}\n' for f in HOME) + """
provider "own" { flavour = "ollama", adapter = "responses", key = "k", base_url = "http://127.0.0.1:%(port)d/v1", tool_types = {}, send_reasoning = "encrypted" }
model "own" { { "own", as = "m" } }
key "sk-all" { name = "all", models = { "*" } }
chain { auth {} }
"""
FUNCTION = {"type": "function", "name": "spawn", "strict": False, "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}}}
INPUT = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "q"}]}, {"type": "reasoning", "id": "rs_0", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAAA"},
         {"type": "function_call", "id": "fc_0", "call_id": "call_0", "name": "spawn", "namespace": "agents", "arguments": "{}"}, {"type": "function_call_output", "call_id": "call_0", "output": "r"}]
CODEX = {"input": INPUT, "store": False, "include": ["reasoning.encrypted_content"], "client_metadata": {"a": "b"}, "tool_choice": "auto",
         "tools": [{**FUNCTION, "name": "ls"}, {"type": "namespace", "name": "agents", "description": "d", "tools": [FUNCTION]}, {"type": "web_search", "external_web_access": False}]}


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


def ask(gateway, body):
    Provider.seen.clear()
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", "/v1/responses", json.dumps(body), {"content-type": "application/json", "authorization": "Bearer sk-all"})
    answer = c.getresponse()
    said = answer.read().decode()
    c.close()
    assert answer.status == 200, said
    return Provider.seen[0], set(filter(None, (answer.getheader("x-yuzui-lost") or "").split(", "))), said


def calls(said, stream):
    if not stream:
        return [i for i in json.loads(said)["output"] if i["type"] == "function_call"]
    events = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: {")]
    done = [e["item"] for e in events if e["type"] == "response.output_item.done" and e["item"]["type"] == "function_call"]
    assert events[-1]["type"] == "response.completed" and [i for i in events[-1]["response"]["output"] if i["type"] == "function_call"] == done
    return done


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("flavour", HOME)
def test_codex_is_understood_at_home(gateway, flavour, stream):
    body, lost, said = ask(gateway, {"model": flavour, "stream": stream, **CODEX})
    text = json.dumps(body)
    assert "gAAAA" not in text  # nobody there can read it: it is refused, or taken for the thought itself
    if flavour == "vllm":  # it knows namespaces, and passes over web_search
        assert body["tools"] == CODEX["tools"] and body["client_metadata"] == {"a": "b"} and not lost
    else:
        assert [(t["type"], t["name"]) for t in body["tools"]] == [("function", "ls"), ("function", "agents__spawn")]
        assert [i["name"] for i in body["input"] if i["type"] == "function_call"] == ["agents__spawn"] and "namespace" not in text and "client_metadata" not in text
        assert "tools.web_search" in lost and "tool_choice" not in lost
        assert [(c["name"], c.get("namespace"), json.loads(c["arguments"])) for c in calls(said, stream)] == [("spawn", "agents", {"x": 1})]
    thoughts = [i for i in body["input"] if i["type"] == "reasoning"]
    assert [i["content"][0]["text"] for i in thoughts] == (["hm"] if flavour in ("vllm", "llama.cpp") else [])


def test_functions_alone_go_as_they_come(gateway):
    plain = {"model": "llama.cpp", "input": "q", "tools": [FUNCTION], "tool_choice": "required", "stream": False}
    body, lost, _ = ask(gateway, plain)
    assert body == {**plain, "model": "m"} and not lost
    body, lost, _ = ask(gateway, {**plain, "model": "ollama"})
    assert "tool_choice" not in body and lost == {"tool_choice"}  # passed over there
    body, lost, _ = ask(gateway, {**plain, "model": "transformers", "tool_choice": "auto", "client_metadata": {"a": "b"}})
    assert body == {"model": "m", "input": "q", "tools": [FUNCTION], "stream": False}
    assert lost == {"client_metadata"}


def test_calls_of_tools_that_are_offered_no_more(gateway):
    """As when Codex asks for a summary."""
    custom = [{"type": "custom_tool_call", "id": "ctc_0", "call_id": "call_1", "name": "patch", "input": "x"}, {"type": "custom_tool_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "done"}]}]
    for items, called in ((INPUT, "agents__spawn"), (INPUT[:1] + custom, "patch")):
        body, _, _ = ask(gateway, {"model": "llama.cpp", "input": items, "stream": False})
        assert [i["name"] for i in body["input"] if i["type"] == "function_call"] == [called] and "namespace" not in json.dumps(body)
        assert [i["output"] for i in body["input"] if i["type"] == "function_call_output"] in (["r"], ["done"])
    plain = {"input": [INPUT[0], {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}, {"type": "function_call_output", "call_id": "c", "output": "r"}], "stream": False}
    body, lost, _ = ask(gateway, {"model": "llama.cpp", **plain})
    assert body == {"model": "m", **plain} and not lost


def test_what_the_provider_says_goes_before(gateway):
    body, lost, _ = ask(gateway, {"model": "own", "stream": False, **CODEX})
    assert body["tools"] == CODEX["tools"] and body["input"] == INPUT and not lost
