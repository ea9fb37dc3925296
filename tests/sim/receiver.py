"""A provider that takes uploads and checks every byte of them: a strict reader of HTTP bodies and of multipart forms that shares no code with the
gateway and holds no file. What came of each request is in `requests`. It misbehaves by the name of the model, in the form or in the path:

    …-slow      reads 1 MiB and then nothing more, until `go` is set
    …-early     answers 413 after 1 MiB, and reads no more
    …-shut      likewise, and closes at once

`GET …/content` answers `content` bytes of `pattern`. Standard library only."""
import hashlib
import json
import re
import socket
import threading

BLOCK = bytes(range(256)) * 4096  # 1 MiB, with every byte in it


def pattern(n):
    """Pieces of n bytes in all."""
    while n > 0:
        yield BLOCK[:n] if n < len(BLOCK) else BLOCK
        n -= len(BLOCK)


class Cut(Exception):
    """The client left in the middle of something."""


class Reader:
    def __init__(self, sock):
        self.sock, self.left = sock, b""

    def more(self):
        data = self.sock.recv(1 << 20)
        if not data:
            raise Cut
        return data

    def until(self, mark):
        while mark not in self.left:
            assert len(self.left) < 1 << 16, self.left[:100]
            self.left += self.more()
        found, self.left = self.left.split(mark, 1)
        return found

    def some(self, most):
        data = self.left or self.more()
        self.left = data[most:]
        return data[:most]

    def head(self):
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers or name.lower() == "x", f"{name} twice"
            headers[name.lower()] = value
        return lines[0].split(" "), headers

    def body(self, headers):
        if "transfer-encoding" in headers:
            assert headers["transfer-encoding"] == "chunked" and "content-length" not in headers, headers
            while True:
                size = int(self.until(b"\r\n"), 16)
                left = size
                while left:
                    piece = self.some(left)
                    left -= len(piece)
                    yield piece
                assert self.until(b"\r\n") == b"", "a chunk that is longer than its size"
                if size == 0:
                    return
        left = int(headers.get("content-length", 0))
        while left:
            piece = self.some(left)
            left -= len(piece)
            yield piece


class Form:
    """Fed piece by piece. parts: [name, is a file, value or sha256, bytes]"""

    def __init__(self, content_type):
        boundary = re.fullmatch(r'multipart/form-data; ?boundary="?([^"]+)"?', content_type)[1]
        self.mark, self.kept, self.parts, self.open, self.ended = b"\r\n--" + boundary.encode(), b"\r\n", [], None, False

    def take(self, data):
        part = self.parts[-1] if self.parts else None
        assert part or not data, "something before the first boundary"
        if data:
            part[3] += len(data)
            part[2].update(data) if part[1] else part[2].extend(data)

    def feed(self, data):
        data = self.kept + data if self.kept else data
        while True:
            if self.open is not None:  # in a head
                end = data.find(b"\r\n\r\n")
                if end < 0:
                    self.kept = data
                    return
                text = data[:end].decode()
                name = re.search(r'; name="([^"]*)"', text)[1]
                file = "filename" in text
                self.parts.append([name, file, hashlib.sha256() if file else bytearray(), 0])
                data, self.open = data[end + 4:], None
            at = data.find(self.mark)
            if at < 0 or len(data) < at + len(self.mark) + 2:
                keep = len(self.mark) + 2 if at < 0 else len(data) - at
                cut = max(0, len(data) - keep)
                self.take(data[:cut])
                self.kept = data[cut:]
                return
            self.take(data[:at])
            behind, data = data[at + len(self.mark):][:2], data[at + len(self.mark) + 2:]
            if behind == b"--":
                assert data in (b"", b"\r\n"), data[:100]
                self.ended, self.kept = True, b""
                return
            assert behind == b"\r\n", behind
            self.open = True

    def result(self):
        assert self.ended, "the form has no end"
        return [(name, value.hexdigest() if file else bytes(value).decode(), n) for name, file, value, n in self.parts]


class Receiver:
    def __init__(self, content=0):
        self.content = content  # bytes of every file that can be read again
        self.requests, self.broken, self.go, self.took = [], [], threading.Event(), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.go.set()
        self.listener.close()

    def accept(self):
        while True:
            try:
                sock = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        with sock:
            reader = Reader(sock)
            try:
                while self.one(sock, reader):
                    pass
            except (Cut, ConnectionError):
                pass
            except Exception as e:  # noqa: BLE001 - shown by the test
                self.broken.append(repr(e))

    def one(self, sock, reader):
        try:
            (method, path, _), headers = reader.head()
        except Cut:
            return False
        request = {"path": path, "headers": headers, "form": None, "whole": False, "bytes": 0, "cut": False}
        self.requests.append(request)
        if method == "GET":
            return self.send_content(sock, path)
        if headers.get("content-type", "").startswith("multipart/"):
            return self.upload(sock, reader, request)
        body = b"".join(reader.body(headers))
        request.update(whole=True, bytes=len(body), form=body)
        return self.answer(sock, 200, {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "usage": {"prompt_tokens": 1, "total_tokens": 1}})

    def upload(self, sock, reader, request):
        form = Form(request["headers"]["content-type"])
        way, seen = None, b""
        try:
            for piece in reader.body(request["headers"]):
                request["bytes"] += len(piece)
                self.took += len(piece)
                form.feed(piece)
                if way is None and form.parts:
                    seen = (seen + piece)[:8192]
                    found = re.search(rb"-(slow|early|shut)\b", seen)
                    way = found[1].decode() if found else "plain" if len(seen) == 8192 else None
                if way == "slow" and request["bytes"] > 1 << 20:
                    assert self.go.wait(120)
                if way in ("early", "shut") and request["bytes"] > 1 << 20:
                    request["early"] = True
                    self.answer(sock, 413, {"error": {"message": "that is too much for this model", "type": "invalid_request_error"}})
                    if way == "early":
                        self.go.wait(120)
                    return False
        except (Cut, ConnectionError):
            request["cut"] = True
            return False
        request["form"] = form.result()
        request["whole"] = True
        if "/files" in request["path"]:
            return self.answer(sock, 200, {"id": "file-1", "object": "file", "bytes": request["bytes"], "purpose": "batch", "filename": "a",
                                           "created_at": 1, "status": "processed"})
        if "/images" in request["path"]:
            return self.answer(sock, 200, {"created": 1, "data": [{"b64_json": "AAAA"}]})
        if "/videos" in request["path"]:
            return self.answer(sock, 200, {"id": "video_1", "object": "video", "status": "queued", "progress": 0, "created_at": 1, "model": "sora-2",
                                           "seconds": "8", "size": "720x1280"})
        return self.answer(sock, 200, {"text": "it was heard"})

    def send_content(self, sock, path):
        assert path.endswith("/content"), path
        size = self.content
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n" % size)
        for piece in pattern(size):
            sock.sendall(piece)
        return True

    @staticmethod
    def answer(sock, status, body):
        text = json.dumps(body).encode()
        sock.sendall(b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (status, len(text), text))
        return True
