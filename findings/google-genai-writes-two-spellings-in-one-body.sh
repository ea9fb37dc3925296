#!/usr/bin/env bash
# google-genai (Python) 3.6.1: one request body holds camelCase and snake_case names side by side, and bytes as URL-safe base64.
#
# Expected: one spelling for all names of a body, camelCase as in the API's reference, and standard base64 as most JSON APIs have it.
# Seen: members of typed fields that nest an object directly keep the spelling of Python (inlineData.mime_type, thinkingConfig.include_thoughts,
# functionDeclarations[].parameters_json_schema) while their parents and neighbours are camelCase (inlineData, maxOutputTokens, toolConfig);
# the bytes FB FF FE of a picture and of a thought signature arrive as "-__-" and not as "+//+".
# Google's servers take every form, as proto3's JSON mapping demands. So a gateway that reads this dialect has to know each name in two
# spellings at every level, and has to rewrite base64 for targets that take the standard alphabet alone.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check google-genai==3.6.1
"$dir/venv/bin/python" - <<'PY'
import http.server, json, threading
from google import genai
from google.genai import types

bodies = []

class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        body = json.dumps({"candidates": [{"content": {"role": "model", "parts": [{"text": "pong"}]}, "finishReason": "STOP"}]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = genai.Client(api_key="none", http_options={"base_url": f"http://127.0.0.1:{server.server_port}"})
three = bytes([0xFB, 0xFF, 0xFE])
call = types.Part(function_call=types.FunctionCall(name="f", args={}), thought_signature=three)
client.models.generate_content(
    model="any",
    contents=[types.Content(role="user", parts=[types.Part.from_bytes(data=three, mime_type="image/png")]),
              types.Content(role="model", parts=[call]),
              types.Content(role="user", parts=[types.Part.from_function_response(name="f", response={"a": 1})])],
    config=types.GenerateContentConfig(
        max_output_tokens=5, thinking_config=types.ThinkingConfig(include_thoughts=True),
        tools=[types.Tool(function_declarations=[types.FunctionDeclaration(name="f", parameters_json_schema={"type": "object"})])]))
body, = bodies
picture = body["contents"][0]["parts"][0]["inlineData"]
print("the picture:     ", json.dumps(picture))
print("the call:        ", json.dumps(body["contents"][1]["parts"][0]))
print("generationConfig:", json.dumps(body["generationConfig"]))
print("the function:    ", json.dumps(body["tools"][0]["functionDeclarations"][0]))
assert picture == {"data": "-__-", "mime_type": "image/png"}, "the behaviour has changed"
assert body["contents"][1]["parts"][0]["thoughtSignature"] == "-__-", "the behaviour has changed"
assert body["generationConfig"] == {"maxOutputTokens": 5, "thinkingConfig": {"include_thoughts": True}}, "the behaviour has changed"
assert "parameters_json_schema" in body["tools"][0]["functionDeclarations"][0], "the behaviour has changed"
PY
