"""A provider of OpenAI's Realtime API, by WebSocket: strict about what it is asked, and with the ways in which real ones fail. What it does
depends on the model's name. Its frames are its own, so that it can break them; of the client's it refuses what RFC 6455 refuses."""
import base64
import hashlib
import json
import socket
import struct
import threading
import time
import urllib.parse

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
USAGE = {"total_tokens": 150, "input_tokens": 100, "output_tokens": 50,
         "input_token_details": {"text_tokens": 40, "audio_tokens": 60, "image_tokens": 0, "cached_tokens": 30,
                                 "cached_tokens_details": {"text_tokens": 10, "audio_tokens": 20, "image_tokens": 0}},
         "output_token_details": {"text_tokens": 20, "audio_tokens": 30}}


class Closed(Exception):
    pass


class Session:
    def __init__(self, world, conn, query, headers):
        self.world, self.conn, self.headers = world, conn, headers
        self.model, self.file, self.said, self.close = query["model"][0], conn.makefile("rb"), [], None

    def send(self, event, opcode=1, split=None):
        data = json.dumps(event).encode() if isinstance(event, dict) else event
        pieces = [data[i:i + split] for i in range(0, len(data), split)] if split else [data]
        for i, piece in enumerate(pieces):
            head = bytes([(0x80 if i == len(pieces) - 1 else 0) | (opcode if i == 0 else 0)])
            n = len(piece)
            head += bytes([n]) if n < 126 else struct.pack("!BH", 126, n) if n < 65536 else struct.pack("!BQ", 127, n)
            self.conn.sendall(head + piece)

    def exactly(self, n):
        data = self.file.read(n)
        if len(data) < n:
            raise Closed
        return data

    def receive(self):
        """The next text; pings are answered. Raises Closed at a close frame."""
        whole = b""
        while True:
            a, b = self.exactly(2)
            n = b & 127
            if n >= 126:
                n = struct.unpack("!H", self.exactly(2))[0] if n == 126 else struct.unpack("!Q", self.exactly(8))[0]
            if a & 0x70 or not b & 0x80:
                self.world.broken.append(f"a frame of a client with the head {a:02x} {b:02x}: reserved bits, or not masked")
            mask = self.exactly(4)
            data = (int.from_bytes(self.exactly(n)) ^ int.from_bytes((mask * (n // 4 + 1))[:n])).to_bytes(n)
            if a & 15 == 8:
                self.close = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else 1005
                self.send(data, 8)
                raise Closed
            if a & 15 == 9:
                self.send(data, 10)
            elif a & 15 in (0, 1, 2):
                whole += data
                if a & 0x80:
                    return json.loads(whole)

    def answer(self):
        response = {"object": "realtime.response", "id": f"resp_{len(self.said)}", "output": []}
        self.send({"type": "response.created", "event_id": "e1", "response": response | {"status": "in_progress"}})
        for word in ("Hello", " there", "."):
            self.send({"type": "response.output_text.delta", "event_id": "e2", "response_id": response["id"], "item_id": "i", "output_index": 0, "content_index": 0, "delta": word})
        if "loud" in self.model:
            self.send({"type": "response.output_audio.delta", "event_id": "e3", "response_id": response["id"], "item_id": "i", "output_index": 0, "content_index": 0,
                       "delta": base64.b64encode(b"response.done" * 20_000).decode()})
        if "breaks" in self.model:
            self.conn.sendall(b"\x81\x7e\x10\x00half of a frame")
            raise Closed
        usage = None if "silent" in self.model else USAGE
        self.send({"type": "response.done", "event_id": "e4", "response": response | {"status": "completed", "usage": usage}}, split=100 if "pieces" in self.model else None)

    def run(self):
        if "deaf" in self.model:
            self.send({"type": "session.created"})
            time.sleep(20)
            return
        self.send({"type": "session.created", "event_id": "e0", "session": {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": self.model}})
        while True:
            event = self.receive()
            self.said.append(event)
            if event["type"] == "response.create":
                self.answer()
            elif event["type"] == "conversation.item.create":
                self.send({"type": "conversation.item.added", "event_id": "e5", "item": event["item"]})
            elif event["type"] not in ("session.update", "input_audio_buffer.append", "input_audio_buffer.commit"):
                self.send({"type": "error", "event_id": "e6", "error": {"type": "invalid_request_error", "code": "unknown_event", "message": f"no event {event['type']}"}})
            if "garbles" in self.model:  # no frame, and more of that in many small pieces
                self.conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for piece in [b"\xf1\x00"] + [b"A"] * 400:
                    self.conn.sendall(piece)
                    time.sleep(0.0005)
            if "drops" in self.model:
                raise Closed
            if "closes" in self.model:  # with any code: "gpt-realtime-closes-1006"
                self.send(struct.pack("!H", int(self.model.rpartition("-")[2])) + b"so be it", 8)
                raise Closed
            if "leaves" in self.model:
                self.send(struct.pack("!H", 1001) + b"bye", 8)
                raise Closed


class Realtime:
    """world.port; world.sessions: all that were begun; world.heads: of all requests; world.broken: what no client may do."""

    def __init__(self, key="sk-up-openai-d41d8c"):
        self.key, self.sessions, self.heads, self.broken = key, [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def refuse(self, conn, status, message):
        body = json.dumps({"error": {"message": message, "type": "rate_limit_error" if status == 429 else "invalid_request_error", "code": None, "param": None}}).encode()
        conn.sendall(f"HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)

    def admit(self, conn, path, query, headers):
        """The session that is asked for; None: it was refused."""
        model = query.get("model", [""])[0]
        if headers.get("authorization") != "Bearer " + self.key:
            return self.refuse(conn, 401, "Incorrect API key provided.")
        if path != "/v1/realtime" or not model:
            return self.refuse(conn, 404, f"no such path or model: {path}")
        if "refuses" in model:
            return self.refuse(conn, 429, "too many sessions")
        if "plain" in model:
            conn.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
            return None
        if "hangs" in model:
            conn.recv(1)
            return None
        return Session(self, conn, query, headers)

    def serve(self, conn):
        with conn:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = conn.recv(4096)
                if not piece:
                    return
                head += piece
            lines = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
            path, _, query = lines[0].split(" ")[1].partition("?")
            self.heads.append((lines[0], headers))
            session = self.admit(conn, path, urllib.parse.parse_qs(query), headers)
            if not session:
                return None
            wanted = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13"}
            wrong = [f"{k}: {headers.get(k)}" for k, v in wanted.items() if headers.get(k, "").lower() != v.lower()]
            if wrong or len(base64.b64decode(headers.get("sec-websocket-key", ""))) != 16 or head.split(b"\r\n\r\n", 1)[1] or "content-length" in headers or "transfer-encoding" in headers:
                self.broken.append(f"no handshake of RFC 6455: {wrong} {headers}")
                return self.refuse(conn, 400, "no handshake")
            accept = base64.b64encode(hashlib.sha1(((headers["sec-websocket-key"] if "wrong" not in session.model else "") + GUID).encode()).digest()).decode()
            conn.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nx-request-id: req_rt\r\n\r\n".encode())
            self.sessions.append(session)
            try:
                session.run()
            except (Closed, OSError, ValueError):
                pass
            finally:
                session.close = session.close or 1006
                session.file.close()
            return None
