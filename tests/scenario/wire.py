"""A client on a raw socket: it sends exactly what it is told to, and reads answers strictly."""
import json
import os
import re
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from simlib import PATIENT  # noqa: E402


class Broken(Exception):
    """The gateway sent something that is not HTTP, or not what it announced."""


class Answer:
    def __init__(self, method):
        self.method = method
        self.status = None
        self.headers = []
        self.body = bytearray()
        self.complete = False
        self.interim = []
        self.first_body_at = None
        self.complete_at = None

    def header(self, name):
        values = [v for n, v in self.headers if n == name.lower()]
        return ", ".join(values) if values else None

    def json(self):
        return json.loads(self.body)

    def events(self):
        """Server-sent events so far: (name, data)."""
        out = []
        for block in re.split(rb"\r?\n\r?\n", self.body)[:-1]:
            name, data = None, []
            for line in block.decode().splitlines():
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
            if data:
                out.append((name, "\n".join(data)))
        return out

    def is_stream(self):
        return (self.header("content-type") or "").lower().startswith("text/event-stream")

    def pieces(self):
        """Pieces of text of a chat stream, whichever of the two dialects it is in."""
        out = []
        for name, data in self.events():
            if data == "[DONE]":
                continue
            o = json.loads(data)
            if name == "content_block_delta" and o["delta"]["type"] == "text_delta":
                out.append(o["delta"]["text"])
            for choice in o.get("choices") or []:
                if choice.get("delta", {}).get("content"):
                    out.append(choice["delta"]["content"])
        return out

    def text(self):
        if self.is_stream():
            return "".join(self.pieces())
        o = self.json()
        if "choices" in o:
            return o["choices"][0]["message"]["content"]
        return "".join(b["text"] for b in o["content"] if b["type"] == "text")

    def stream_done(self):
        events = self.events()
        return bool(events) and (events[-1][1] == "[DONE]" or events[-1][0] == "message_stop")

    def stream_error(self):
        """The error object of the last event, or None."""
        for name, data in self.events()[-2:]:
            if data != "[DONE]":
                o = json.loads(data)
                if name == "error" or "error" in o:
                    return o.get("error")
        return None


class Client:
    def __init__(self, port, name="client", source="127.0.0.1"):
        self.name = name
        self.port = port
        self.s = socket.create_connection(("127.0.0.1", port), timeout=PATIENT, source_address=(source, 0))
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = bytearray()
        self.eof = False
        self.queue = []  # answers that are due
        self.sent_at = None
        self.closed_at = None
        self.question = None  # (model, text) of the last chat

    def send(self, data, method="POST", answers=1):
        for _ in range(answers):
            self.queue.append(Answer(method))
        self.sent_at = time.monotonic()
        try:
            self.s.sendall(data)
        except OSError:  # the gateway may have refused and closed before it had read all of it
            pass

    @property
    def answer(self):
        if not self.queue:
            raise Broken(f"{self.name} has asked nothing")
        return self.queue[0]

    def next(self):
        self.read(lambda a: a.complete)
        self.queue.pop(0)

    def read(self, until, seconds=PATIENT):
        """Reads until until(answer) holds, the peer closed, or time is up. True if it holds."""
        end = time.monotonic() + seconds
        answer = self.answer
        while True:
            self.parse(answer)
            if until(answer):
                return True
            if self.eof or answer.complete:
                return False
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.s], [], [], left)[0]:
                return False
            try:
                data = self.s.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                self.eof = True
                self.at_end(answer)
            self.pending += data

    def read_closed(self, seconds=PATIENT):
        """Does the peer close, with nothing more to read?"""
        end = time.monotonic() + seconds
        while not self.eof and time.monotonic() < end:
            if select.select([self.s], [], [], max(0, end - time.monotonic()))[0]:
                try:
                    data = self.s.recv(65536)
                except ConnectionResetError:
                    data = b""
                self.eof = not data
                self.pending += data
        return self.eof

    def parse(self, a):
        while not a.complete:
            if a.status is None or 100 <= a.status < 200:
                if not self.head(a):
                    return
                if 100 <= a.status < 200:
                    a.interim.append(a.status)
                    a.status = None
                    continue
            before = len(a.body)
            more = self.body(a)
            if len(a.body) > before and a.first_body_at is None:
                a.first_body_at = time.monotonic()
            if a.complete:
                a.complete_at = time.monotonic()
            if not more:
                return

    def head(self, a):
        end = self.pending.find(b"\r\n\r\n")
        if end < 0:
            return False
        lines = bytes(self.pending[:end]).split(b"\r\n")
        del self.pending[:end + 4]
        m = re.fullmatch(rb"HTTP/1\.([01]) (\d{3}) ([ -~]*)", lines[0])
        if not m:
            raise Broken(f"status line {lines[0]!r}")
        a.status, a.headers = int(m.group(2)), []
        for line in lines[1:]:
            m = re.fullmatch(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): *([\t -~\x80-\xff]*)", line)
            if not m:
                raise Broken(f"header line {line!r}")
            a.headers.append((m.group(1).decode().lower(), m.group(2).decode("utf-8", "replace").strip()))
        self.framing(a)
        return True

    def framing(self, a):
        length, te = a.header("content-length"), a.header("transfer-encoding")
        if length is not None and te is not None:
            raise Broken("both content-length and transfer-encoding")
        if length is not None and not re.fullmatch(r"\d+", length):
            raise Broken(f"content-length {length!r}")
        if te is not None and te != "chunked":
            raise Broken(f"transfer-encoding {te!r}")
        a.length, a.chunked = None if length is None else int(length), te is not None
        a.bodyless = a.method == "HEAD" or a.status in (204, 304) or a.status < 200

    def body(self, a):
        if a.bodyless:
            a.complete = True
        elif a.chunked:
            return self.chunk(a)
        elif a.length is not None:
            want = a.length - len(a.body)
            a.body += self.pending[:want]
            del self.pending[:want]
            a.complete = len(a.body) == a.length
        else:
            a.body += self.pending
            self.pending.clear()
        return False

    def chunk(self, a):
        m = re.match(rb"([0-9a-fA-F]{1,8})\r\n", bytes(self.pending[:12]))
        if not m:
            if len(self.pending) > 12:
                raise Broken(f"chunk size {self.pending[:20]!r}")
            return False
        size = int(m.group(1), 16)
        if len(self.pending) < m.end() + size + 2:
            return False
        if self.pending[m.end() + size:m.end() + size + 2] != b"\r\n":
            raise Broken("chunk data is not followed by CR LF")
        a.body += self.pending[m.end():m.end() + size]
        del self.pending[:m.end() + size + 2]
        a.complete = size == 0
        return True

    def at_end(self, a):
        """The peer closed: that ends a body without a length."""
        if a.status and not a.complete and not a.bodyless and not a.chunked and a.length is None:
            a.body += self.pending
            self.pending.clear()
            a.complete = True

    def close(self, reset=False):
        if reset:
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.closed_at = time.time()
        self.s.close()
