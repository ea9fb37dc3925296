"""JSON may spell any character with an escape, and whoever parses it sees no difference. So neither may the gateway: a role or a type that is spelt so
is the same role or type, for what is mended in a forwarded body, for what is translated, and for what is told as lost."""
import http.client
import http.server
import json
import re
import threading

import pytest
from gateway import Gateway
from simlib import PATIENT

from test_bodies import CONFIG, Provider


def spelt(body):
    """Every word that says what something is, with its first letter as an escape, but in schemas, which some are told as a text; and slashes as PHP writes them."""
    return re.sub(r'("(?:role|type|tool_choice|effort|reasoning_effort|mode|verbosity|service_tier|summary|media_type|responseMimeType|url)": )"(?!object|string)([A-Za-z])',
                  lambda m: f'{m[1]}"\\u{ord(m[2]):04x}', json.dumps(body)).replace("/", "\\/")


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


def sent(gateway, path, text):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", path, text, {"content-type": "application/json", "authorization": "Bearer sk-all"})
    answer = c.getresponse()
    said = answer.read().decode()
    c.close()
    assert answer.status == 200, said
    return Provider.seen[-1], sorted(filter(None, (answer.getheader("x-yuzui-lost") or "").split(", ")))


TOOL = {"type": "function", "function": {"name": "look", "description": "d", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}, "strict": True}}
CALLS = [{"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"a\":\"x\"}"}}]},
         {"role": "tool", "tool_call_id": "call_1", "name": "look", "content": [{"type": "text", "text": "r"}]}]
SYSTEM = [{"role": "system", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}, {"role": "user", "content": [{"type": "text", "text": "q", "cache_control": {"type": "ephemeral"}}]}]
LATE = [{"role": "developer", "content": "now"}, {"role": "user", "content": "more"}]
PICTURE = [{"role": "user", "content": [{"type": "text", "text": "what"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}}]}]
CHATS = [
    {"messages": SYSTEM + CALLS + LATE, "tools": [TOOL], "tool_choice": "required", "max_tokens": 99},
    {"messages": SYSTEM + LATE + PICTURE, "tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "look"}}, "reasoning_effort": "high"},
    {"messages": LATE, "thinking": {"type": "enabled", "budget_tokens": 2048}, "stop": ["x"], "service_tier": "flex", "verbosity": "low"},
    {"messages": LATE, "thinking": {"type": "disabled"}, "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": TOOL["function"]["parameters"], "strict": True}}},
    {"messages": LATE, "reasoning": {"effort": "low"}, "response_format": {"type": "json_object"}, "temperature": 0.5},
    {"messages": LATE, "output_config": {"effort": "low"}, "tools": [TOOL], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "look"}}]}}},
]
BLOCKS = [{"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                                       {"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "words"}}]},
          {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": ""}, {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": "x"}}]},
          {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": [{"type": "text", "text": "r"}]}]}, {"role": "system", "content": "mid"},
          {"role": "user", "content": [{"type": "search_result", "title": "t", "source": "s", "content": [{"type": "text", "text": "found"}]}]}]
OWN_TOOL = {"name": "look", "description": "d", "input_schema": TOOL["function"]["parameters"]}
MESSAGES = [
    {"max_tokens": 4096, "system": [{"type": "text", "text": "s"}], "messages": BLOCKS, "tools": [OWN_TOOL], "tool_choice": {"type": "tool", "name": "look"}},
    {"max_tokens": 4096, "messages": BLOCKS, "tools": [OWN_TOOL], "tool_choice": {"type": "any"}, "thinking": {"type": "enabled", "budget_tokens": 2048}},
    {"max_tokens": 4096, "messages": BLOCKS[:1], "thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}},
    {"max_tokens": 4096, "messages": BLOCKS[:1], "thinking": {"type": "disabled"}},
]
ITEMS = [{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "s"}]}, {"role": "user", "content": [{"type": "input_text", "text": "q"}]},
         {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}, {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"},
         {"type": "function_call_output", "call_id": "call_1", "output": "r"}, {"role": "assistant", "content": [{"type": "output_text", "text": "a"}]}, {"role": "user", "content": "more"}]
RESPONSES = [
    {"input": ITEMS, "tools": [{"type": "function", "name": "look", "parameters": TOOL["function"]["parameters"]}], "tool_choice": "required", "reasoning": {"effort": "low", "summary": "auto"}},
    {"input": ITEMS[:2], "instructions": "i", "text": {"format": {"type": "json_object"}, "verbosity": "low"}},
    {"input": "q", "tools": [{"type": "function", "name": "look", "parameters": TOOL["function"]["parameters"]}], "tool_choice": {"type": "function", "name": "look"}},
]
GENERATES = [
    {"systemInstruction": {"parts": [{"text": "s"}]}, "contents": [{"role": "user", "parts": [{"text": "q"}]}, {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"a": "x"}}}]},
                                                                {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"r": "x"}}}]}],
     "tools": [{"functionDeclarations": [{"name": "look", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}]}], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
    {"contents": [{"role": "user", "parts": [{"text": "q"}]}], "generationConfig": {"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}},
]
MODELS = ["openai/gpt-4o", "openai/o3", "openai/gpt-5.5", "kimi/kimi-k2.5", "deepseek/deepseek-chat", "mistral/mistral-small-2603", "groq/m", "llama.cpp/m", "vllm/m", "xai/grok-4", "claude/claude-opus-5-5",
          "claude/claude-haiku-4-5", "small", "gemini/gemini-3-pro-preview", "responses/gpt-5.5", "moon/kimi-k2.5"]
WAYS = {"/v1/chat/completions": CHATS, "/v1/messages": MESSAGES, "/v1/responses": RESPONSES}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("path", WAYS)
def test_escapes_change_nothing(gateway, path, model):
    for body in WAYS[path]:
        plain = sent(gateway, path, json.dumps({"model": model, **body}))
        assert sent(gateway, path, spelt({"model": model, **body})) == plain, body


@pytest.mark.parametrize("model", MODELS)
def test_escapes_change_nothing_of_gemini(gateway, model):
    for body in GENERATES:
        path = f"/v1beta/models/{model}:generateContent"
        plain = sent(gateway, path, json.dumps(body))
        assert sent(gateway, path, spelt(body)) == plain, body
