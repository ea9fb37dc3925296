"""A provider of Gemini's Live API (BidiGenerateContent), by WebSocket: strict about what it is told, and with the ways in which the real one
fails. What it does depends on the model's name. It says JSON in frames of bytes, as Google does."""
import json
import re
import struct
import time

from realtime import Closed, Realtime, Session

VERSIONS = ("v1alpha", "v1beta", "v1")
GEMINI = re.compile(r"/ws/google\.ai\.generativelanguage\.(\w+)\.GenerativeService\.BidiGenerateContent")
VERTEX = re.compile(r"/ws/google\.cloud\.aiplatform\.(\w+)\.LlmBidiService/BidiGenerateContent")
# Of google-genai's types (LiveClientSetup, LiveClientMessage), 3.6.1.
SETUP = {"model", "generationConfig", "systemInstruction", "tools", "sessionResumption", "contextWindowCompression", "inputAudioTranscription", "outputAudioTranscription",
         "proactivity", "explicitVadSignal", "historyConfig", "avatarConfig", "safetySettings", "labels", "realtimeInputConfig"}
MESSAGES = {"setup", "clientContent", "realtimeInput", "toolResponse"}
# One turn: 140 of the prompt (60 text, 80 sound, of which 20 text and 10 sound were cached), 8 of tools; 50 back, 30 of them sound, and 7 thoughts.
USAGE = {"promptTokenCount": 140, "cachedContentTokenCount": 30, "responseTokenCount": 50, "toolUsePromptTokenCount": 8, "thoughtsTokenCount": 7, "totalTokenCount": 205,
         "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 60}, {"modality": "AUDIO", "tokenCount": 80}],
         "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 20}, {"modality": "AUDIO", "tokenCount": 10}],
         "responseTokensDetails": [{"modality": "TEXT", "tokenCount": 20}, {"modality": "AUDIO", "tokenCount": 30}],
         "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}]}
HANDLE = "CihobGl2ZV9zZXNzaW9u" * 20  # longer than ids are


def camel(message):
    """Names may also be spelled as protobuf does: the client for Python says client_content."""
    return {re.sub("_(.)", lambda m: m[1].upper(), k): v for k, v in message.items()}


class LiveSession(Session):
    def __init__(self, world, conn, path, headers):
        super().__init__(world, conn, {"model": [""]}, headers)
        self.path, self.turns, self.setup = path, 0, None

    def tell(self, message, split=None):
        self.send(json.dumps(message).encode(), opcode=2, split=split)

    def end(self, code, reason):
        """As the real one does: a close frame, and no more is heard."""
        self.send(struct.pack("!H", code) + reason.encode(), 8)
        raise Closed

    def invalid(self, words):
        self.end(1007, words[:120])

    def begin(self):
        first = camel(self.receive())
        self.said.append(first)
        if "setup" not in first:
            self.invalid("setup must be the first message and only the first message")
        unknown = [k for k in first if k not in MESSAGES] + [k for k in first["setup"] if k not in SETUP]
        if unknown or len(first) != 1:
            self.invalid(f'Invalid JSON payload received. Unknown name "{(unknown or sorted(first))[0]}" at \'setup\': Cannot find field.')
        setup = self.setup = first["setup"]
        name = re.fullmatch(r"projects/p/locations/global/publishers/google/models/(.+)" if VERTEX.fullmatch(self.path) else r"models/(.+)", setup.get("model", ""))
        self.model = name[1] if name else ""
        if not self.model.startswith("gemini-live"):
            self.end(1008, f"{setup.get('model')} is not found for API version v1beta, or is not supported for bidiGenerateContent. Call ListModels t")
        handle = setup.get("sessionResumption", {}).get("handle")
        if handle is not None and handle != HANDLE:
            self.invalid("BidiGenerateContent session not found")

    def turn(self):
        self.turns += 1
        for word in ("Hello", " there", "."):
            self.tell({"serverContent": {"modelTurn": {"role": "model", "parts": [{"text": word}]}}})
        if "loud" in self.model:
            self.tell({"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "usageMetadata" * 20_000}}]}}})
        if "breaks" in self.model:
            self.conn.sendall(b"\x82\x7e\x10\x00half of a frame")
            raise Closed
        if "sessionResumption" in self.setup:
            update = {"sessionResumptionUpdate": {"newHandle": HANDLE, "resumable": True}}
            if "pieces" in self.model:
                data = json.dumps(update).encode()
                self.conn.sendall(b"\x02\x7e\x00\xff" + data[:255] + b"\x89\x02hi" + b"\x80\x7e" + struct.pack("!H", len(data) - 255) + data[255:])
            else:
                self.tell(update)
        last = {"serverContent": {"turnComplete": True}}
        if "silent" not in self.model:
            last["usageMetadata"] = "many" if "vague" in self.model or ("sometimes" in self.model and self.turns == 2) else USAGE | {"responseTokenCount": 1 << 40} if "absurd" in self.model else USAGE
        if "leaves" in self.model:
            self.tell({"goAway": {"timeLeft": "50s"}})
        self.tell(last, split=40 if "pieces" in self.model else None)
        if "leaves" in self.model:
            self.end(1011, f"Internal error encountered. key {self.world.key} at generativelanguage.internal")
        if "closes" in self.model:  # with any code: "gemini-live-closes-1006"
            self.send(struct.pack("!H", int(self.model.rpartition("-")[2])) + (b"\xff" if "bytes" in self.model else b"so be it"), 8)
            raise Closed

    def run(self):
        if "mute" in self.world.ways:  # nothing is ever said
            self.receive()
            time.sleep(30)
        if "quota" in self.world.ways:
            self.receive()
            self.end(1011, "You exceeded your current quota, please check your plan and billing details.")
        if "key" in self.world.ways:
            self.receive()
            self.end(1007, "API key not valid. Please pass a valid API key.")
        if "pings" in self.world.ways:
            self.receive()
            while True:
                self.send(b"p" * 100, 9)
        if "masks" in self.world.ways:  # which no server may
            self.receive()
            self.conn.sendall(b"\x88\x82\0\0\0\0\x03\xe8")
            raise Closed
        if "cut" in self.world.ways:
            self.receive()
            raise Closed
        self.begin()
        if "garbles" in self.model:
            self.conn.sendall(b"\xf1\x00AAAA")
        self.tell({"setupComplete": {}})
        while True:
            event = camel(self.receive())
            self.said.append(event)
            if len(event) != 1 or "setup" in event or next(iter(event)) not in MESSAGES:
                self.invalid("Request contains an invalid argument.")
            if camel(event.get("clientContent", {})).get("turnComplete") or event.get("realtimeInput", {}).get("text"):
                self.turn()


class Live(Realtime):
    """As Realtime; world.ways: how it fails, whatever the model."""

    def __init__(self, *ways, key="sk-up-gemini-9e07d4", bearer=False):
        self.ways, self.bearer = ways, bearer
        super().__init__(key)

    def refuse(self, conn, status, message):
        body = json.dumps({"error": {"code": status, "message": message, "status": {401: "UNAUTHENTICATED", 404: "NOT_FOUND"}.get(status, "INVALID_ARGUMENT")}}).encode()
        conn.sendall(f"HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)

    def admit(self, conn, path, query, headers):
        shown = headers.get("authorization") == "Bearer " + self.key if self.bearer else headers.get("x-goog-api-key") == self.key
        if not shown:
            return self.refuse(conn, 401, "API key not valid. Please pass a valid API key.")
        found = (VERTEX if self.bearer else GEMINI).fullmatch(path)
        if not found or query or (not self.bearer and found[1] not in VERSIONS):
            return self.refuse(conn, 404, "no such path")
        return LiveSession(self, conn, path, headers)
