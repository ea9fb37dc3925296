"""Azure OpenAI as a provider: its paths, its header, Entra's tokens, its filter. The answers are those its documentation shows."""
import http.client
import http.server
import json
import threading

import pytest
from gateway import Gateway
from simlib import PATIENT

FILTER = {"hate": {"filtered": False, "severity": "safe"}}
REFUSED = {"error": {"message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.", "type": None,
                     "param": "prompt", "code": "content_filter", "status": 400,
                     "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True, "severity": "high"}}}}}


def chunk(**more):
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1765000000, "model": "gpt-4o-2024-11-20", **more}


STREAM = [{"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTER}]},
          chunk(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None, "content_filter_results": {}}]),
          chunk(choices=[{"index": 0, "delta": {"content": "hi"}, "finish_reason": None, "content_filter_results": FILTER}]),
          chunk(choices=[{"index": 0, "finish_reason": None, "content_filter_offsets": {"check_offset": 1, "start_offset": 1, "end_offset": 2}, "content_filter_results": FILTER}]),
          chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop", "content_filter_results": {}}]),
          chunk(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4})]


class Azure(http.server.BaseHTTPRequestHandler):
    seen = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).seen.append((self.path, self.headers["api-key"], self.headers["authorization"], body["model"]))
        refused = "hate" in json.dumps(body)
        if refused or not body.get("stream"):
            text = json.dumps(REFUSED if refused else {**chunk(choices=[{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop",
                                                                        "content_filter_results": FILTER}], usage=STREAM[-1]["usage"]), "object": "chat.completion"})
        else:
            text = "".join(f"data: {json.dumps(event)}\n\n" for event in STREAM) + "data: [DONE]\n\n"
        self.send_response(400 if refused else 200)
        self.send_header("content-type", "text/event-stream" if body.get("stream") and not refused else "application/json")
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


CONFIG = """
provider "v1"         { adapter = "openai", flavour = "azure", key = "sk-azure", base_url = "http://127.0.0.1:%(port)d/openai/v1" }
provider "deployment" { adapter = "openai", flavour = "azure", key = "sk-azure", base_url = "http://127.0.0.1:%(port)d/openai",
                        chat_path = "/deployments/{model}/chat/completions?api-version=2024-10-21" }
provider "entra"      { adapter = "openai", flavour = "azure", key_command = { "echo", '{"accessToken": "ey.1", "expires_on": 4102444800}' }, credential = "bearer",
                        base_url = "http://127.0.0.1:%(port)d/openai/v1" }
model "gpt-4o" { { "deployment", as = "my-gpt" } }
model "gpt-5.2" { "v1" }
model "gpt-5.1" { "entra" }
chain { fallback {} }
"""
WAYS = {"gpt-4o": ("/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21", "sk-azure", None, "my-gpt"),
        "gpt-5.2": ("/openai/v1/chat/completions", "sk-azure", None, "gpt-5.2"), "gpt-5.1": ("/openai/v1/chat/completions", None, "Bearer ey.1", "gpt-5.1")}


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Azure)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


def ask(gateway, path, body):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", path, json.dumps(body), {"content-type": "application/json"})
    answer = c.getresponse()
    text = answer.read().decode()
    c.close()
    return answer.status, text


@pytest.mark.parametrize("model", sorted(WAYS))
@pytest.mark.parametrize("stream", [False, True])
def test_chat(gateway, model, stream):
    for path in ("/v1/chat/completions", "/v1/messages"):
        status, text = ask(gateway, path, {"model": model, "max_tokens": 50, "stream": stream, "messages": [{"role": "user", "content": "hello"}]})
        assert status == 200 and '"hi"' in text, text
        assert Azure.seen[-1] == WAYS[model]
        if path == "/v1/messages":
            assert '"end_turn"' in text and "filter" not in text


@pytest.mark.parametrize("model", sorted(WAYS))
def test_filtered(gateway, model):
    """A refusal is no outage: nobody else is asked, and each client reads it in its own form."""
    status, text = ask(gateway, "/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": "hate"}]})
    assert status == 400 and json.loads(text)["error"]["code"] == "content_filter"
    status, text = ask(gateway, "/v1/messages", {"model": model, "max_tokens": 5, "messages": [{"role": "user", "content": "hate"}]})
    assert status == 400 and json.loads(text)["error"]["type"] == "invalid_request_error" and "content management policy" in text
