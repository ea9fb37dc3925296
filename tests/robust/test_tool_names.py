"""Names of tools that Kimi refuses, in bodies of its own dialect: exchanged where they stand, all else as it came, and back in the answer."""
import http.client
import http.server
import json
import re
import threading

import pytest
from gateway import Gateway
from simlib import PATIENT

CONFIG = """
provider "kimi" { flavour = "kimi", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
provider "plain" { flavour = "vllm", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
model "kimi-k2.5" { "kimi" }
provider "moon" { flavour = "kimi", adapter = "anthropic", key = "k", base_url = "http://127.0.0.1:%(port)d" }
model "moon" { { "moon", as = "kimi-k2.5" } }
model "other" { "plain" }
model "either" { { "kimi", as = "broken" }, { "plain", as = "other" } }
key "sk" {}
chain { auth {}, fallback {} }
"""
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


class Caller(http.server.BaseHTTPRequestHandler):
    """Calls what `calls` says, by the name that the request has for it there; keeps what it was sent as bytes."""
    raw, names = [], []
    cut = 1 << 20

    def do_POST(self):
        type(self).raw.append(self.rfile.read(int(self.headers["content-length"])))
        asked = json.loads(self.raw[-1])
        if asked["model"] == "broken":
            self.send_response(503)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        extra = {"system_fingerprint": "fp", "new_field": {"a": [1, 2.50]}}
        calls = [{"index": i, "id": f"call_{i}", "type": "builtin_function" if n[0] == "$" else "function", "function": {"name": n, "arguments": '{"name": "' + n + '"}'}} for i, n in enumerate(type(self).names)]
        base = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", **extra}
        if self.path.endswith("/messages"):
            body = self.messages(asked.get("stream"))
        elif asked.get("stream"):
            events = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": "hi", "tool_calls": calls}, "finish_reason": None}]},
                      {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}, {"choices": [], "usage": USAGE}]
            body = ("".join(f"data: {json.dumps({**base, 'object': 'chat.completion.chunk', **e})}\n\n" for e in events) + "data: [DONE]\n\n").encode()
        else:
            body = json.dumps({**base, "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi", "tool_calls": calls}, "finish_reason": "tool_calls"}], "usage": USAGE}).encode()
        type(self).answered = body
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if asked.get("stream") else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        for i in range(0, len(body), self.cut):
            self.wfile.write(body[i:i + self.cut])
            self.wfile.flush()

    def messages(self, stream):
        calls = [{"type": "tool_use", "id": f"toolu_{i}", "name": n, "input": {"name": n}} for i, n in enumerate(self.names)]
        base = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "new_field": 2.5, "content": calls, "stop_reason": "tool_use", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
        events = [{"type": "message_start", "message": {**base, "content": [], "stop_reason": None}}]
        for i, call in enumerate(calls):
            events += [{"type": "content_block_start", "index": i, "content_block": {**call, "input": {}}}, {"type": "content_block_delta", "index": i, "delta": {"type": "input_json_delta", "partial_json": "{}"}}, {"type": "content_block_stop", "index": i}]
        events += [{"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 1}}, {"type": "message_stop"}]
        return ("".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events) if stream else json.dumps(base)).encode()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Caller)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


def ask(gateway, text, path="/v1/chat/completions"):
    Caller.raw.clear()
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", path, text, {"content-type": "application/json", "authorization": "Bearer sk"})
    answer = c.getresponse()
    said = answer.read().decode()
    c.close()
    assert answer.status == 200, said
    return Caller.raw[-1].decode(), said, answer.getheader("x-yuzui-lost")


def function(name):
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


def sent_name(gateway, name):
    sent, _, _ = ask(gateway, json.dumps({"model": "kimi-k2.5", "messages": [{"role": "user", "content": "q"}], "tools": [function(name)]}))
    return json.loads(sent)["tools"][0]["function"]["name"]


def body_with(name, more=""):
    """Every place where a tool is named, in a body with numbers, fields and tools that nobody else knows."""
    return """{"model":"kimi-k2.5", "unheard" : [1.0e0,{"x":null}],
  "tools": [ {"type":"builtin_function","function":{"name":"$web_search"}}, {"function" : {"name":%(n)s, "parameters":{"type":"object","properties":{"1":{"type":"string"}}}, "new":7}, "type":"function"}, {"type":"function","function":{"name":"plain"}} ],
  "tool_choice": {"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":%(n)s}}]}},
  "functions": [{"name":%(n)s,"parameters":{}}], "function_call": {"name":%(n)s},
  "messages": [{"role":"user","name":"7th","content":"call 12306_trains"}, {"role":"assistant","content":"","reasoning_content":"12306_trains","tool_calls":[{"id":"1","type":"function","function":{"arguments":"{\\"name\\":\\"12306_trains\\"}","name":%(n)s}},
    {"id":"2","type":"builtin_function","function":{"name":"$web_search","arguments":"{}"}}]}, {"role":"tool","tool_call_id":"1","name":%(n)s,"content":"12306_trains"}, {"role":"tool","tool_call_id":"2","name":"$web_search","content":"r"},
    {"role":"assistant","content":"","reasoning_content":"","function_call":{"name":%(n)s,"arguments":"{}"}}, {"role":"function","name":%(n)s,"content":"r"},
    {"role":"assistant","name":"7th","content":"{","reasoning_content":"","partial":true}]%(more)s}""" % {"n": name, "more": more}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("spelt", ['"12306_trains"', '"\\u00312306_trains"'])
def test_a_name_is_exchanged_where_it_stands(gateway, spelt, stream):
    name = sent_name(gateway, "12306_trains")
    assert re.fullmatch(r"m_12306_trains_[0-9a-f]{8}", name)
    Caller.names = [name, "plain", "$web_search"]
    more = ',"stream":true,"stream_options":{"include_usage":true}' if stream else ""
    sent, said, lost = ask(gateway, body_with(spelt, more))
    whole = body_with(f'"{name}"', more).replace('"tool_choice": {', '"tool_choice": {')
    for field in ("unheard", "tools", "tool_choice", "functions", "function_call", "messages"):
        if field == "tool_choice":
            continue  # Kimi's flavour only offers what is forced
        raw = re.search(r'"%s" ?: ?' % field, whole)
        value, end = json.JSONDecoder().raw_decode(whole, raw.end())
        assert whole[raw.end():end] in sent, field
    assert lost == "tool_choice;approximated"
    assert said.encode() == Caller.answered.replace(f'"{name}"'.encode(), spelt.encode()), "the answer is the provider's but for the names"
    assert '"builtin_function"' in said and '"new_field"' in said


@pytest.mark.parametrize("stream", [False, True])
def test_it_is_exchanged_at_its_address_for_messages_too(gateway, stream):
    name = sent_name(gateway, "12306_trains")
    Caller.names = [name, "plain"]

    def body(called, choice):
        return """{"model":"moon", "max_tokens": 9e1, "stream": %(s)s, "tools": [{"name":"%(n)s", "input_schema":{"type":"object","properties":{}}}, {"name":"plain","input_schema":{"type":"object","properties":{}}}], "tool_choice": %(c)s,
  "messages": [{"role":"user","content":"call 12306_trains"}, {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"%(n)s","input":{"name":"12306_trains"}}]}, {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"12306_trains"}]}]}""" % {"n": called, "s": str(stream).lower(), "c": choice}

    sent, said, lost = ask(gateway, body("12306_trains", '{"type":"tool","name":"12306_trains"}'), "/v1/messages")
    assert json.loads(sent) == {**json.loads(body(name, '{"type":"auto"}')), "model": "kimi-k2.5"} and lost == "tool_choice;approximated"
    assert said.encode() == Caller.answered.replace(f'"{name}"'.encode(), b'"12306_trains"')


def test_the_choice_is_of_the_same_name(gateway):
    name = sent_name(gateway, "2fa")
    Caller.names = []
    body = {"model": "kimi-k2.5", "messages": [{"role": "user", "content": "q"}], "tools": [function("2fa")], "tool_choice": {"type": "function", "function": {"name": "2fa"}}}
    sent, _, _ = ask(gateway, json.dumps(body))
    assert json.loads(sent)["tools"][0]["function"]["name"] == name


@pytest.mark.parametrize("order", [["allowed_tools", "type", "function"], ["function", "allowed_tools", "type"], ["type", "function", "allowed_tools"]])
def test_a_choice_that_says_two_things(gateway, order):
    """In whatever order: nothing of it is more than a request."""
    Caller.names = []
    choice = {"type": "function", "function": {"name": "3fa"}, "allowed_tools": {"mode": "auto", "tools": [function("2fa")]}}
    body = {"model": "kimi-k2.5", "messages": [{"role": "user", "content": "q"}], "tools": [function("2fa"), function("3fa")], "tool_choice": {k: choice[k] for k in order}}
    sent, _, _ = ask(gateway, json.dumps(body))
    assert '"2fa"' not in sent and '"3fa"' not in sent and gateway.process.poll() is None


@pytest.mark.parametrize("own", ["2fa", "-x", "files/read.all", "a" * 80, "日本", "a b"])
def test_every_name_that_does_not_fit(gateway, own):
    name = sent_name(gateway, own)
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]{0,63}", name)
    Caller.names = [name]
    for stream in (False, True):
        _, said, _ = ask(gateway, json.dumps({"model": "kimi-k2.5", "stream": stream, "messages": [{"role": "user", "content": "q"}], "tools": [function(own)]}))
        assert json.dumps(own) in said and f'"{name}"' not in said


def test_names_of_the_history_alone(gateway):
    """Also a tool that is not offered any more may be called again."""
    name = sent_name(gateway, "12306_trains")
    Caller.names = [name]
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "", "reasoning_content": "", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "12306_trains", "arguments": "{}"}}]},
             {"role": "tool", "tool_call_id": "1", "content": "r"}]
    for stream in (False, True):
        sent, said, _ = ask(gateway, json.dumps({"model": "kimi-k2.5", "stream": stream, "messages": turns}))
        assert json.loads(sent)["messages"][1]["tool_calls"][0]["function"]["name"] == name
        assert '"12306_trains"' in said and f'"{name}"' not in said


@pytest.mark.parametrize("cut", [1, 7])
def test_names_in_pieces_of_bytes(gateway, monkeypatch, cut):
    name = sent_name(gateway, "12306_trains")
    Caller.names = [name, name]
    monkeypatch.setattr(Caller, "cut", cut)
    _, said, _ = ask(gateway, json.dumps({"model": "kimi-k2.5", "stream": True, "stream_options": {"include_usage": True}, "messages": [{"role": "user", "content": "q"}], "tools": [function("12306_trains")]}))
    assert said.encode() == Caller.answered.replace(f'"{name}"'.encode(), b'"12306_trains"')


def test_who_takes_the_name_gets_it(gateway):
    Caller.names = ["12306_trains"]
    body = {"model": "other", "messages": [{"role": "user", "content": "q"}], "tools": [function("12306_trains")]}
    sent, said, _ = ask(gateway, json.dumps(body))
    assert json.loads(sent)["tools"][0]["function"]["name"] == "12306_trains" and '"12306_trains"' in said
    sent, said, _ = ask(gateway, json.dumps({**body, "model": "either"}))
    assert json.loads(sent)["tools"][0]["function"]["name"] == "12306_trains" and len(Caller.raw) > 1
    assert json.loads(Caller.raw[0])["tools"][0]["function"]["name"].startswith("m_12306_trains_"), "the first target refuses it, the second does not"
