"""A provider on a raw socket that says exactly what it is told to, and reads requests strictly. Standard library only."""
import re
import socket
import struct
import threading
import time


class Raw:
    """Answers each request by play(name, send, request), where the prompt holds "do:NAME:"; play returns True to keep the connection.
    What it received that was not a strict request, and requests nobody asked for, end up in .wrong."""

    def __init__(self, play):
        self.play, self.requests, self.wrong, self.gone = play, [], [], {}
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        pending = b""
        try:
            while True:
                request, pending = self.read(s, pending)
                if request is None:
                    return
                self.requests.append(request)
                name = re.search(rb"do:([a-z0-9-]+):", request["body"])
                name = name.group(1).decode() if name else ""
                if not self.play(name, s, request):
                    return
        except (OSError, ValueError) as e:
            if isinstance(e, ValueError):
                self.wrong.append(str(e))
        finally:
            s.close()

    def read(self, s, pending):
        while b"\r\n\r\n" not in pending:
            more = s.recv(65536)
            if not more:
                if pending:
                    raise ValueError(f"half a request: {pending[:200]!r}")
                return None, b""
            pending += more
        head, rest = pending.split(b"\r\n\r\n", 1)
        lines = head.split(b"\r\n")
        if not re.fullmatch(rb"(GET|POST) /[!-~]* HTTP/1\.1", lines[0]):
            raise ValueError(f"request line {lines[0]!r}")
        headers = []
        for line in lines[1:]:
            m = re.fullmatch(rb"([a-z0-9!#$%&'*+.^_`|~-]+): ([\t -~\x80-\xff]*)", line)
            if not m:
                raise ValueError(f"header line {line!r}")
            headers.append((m.group(1).decode(), m.group(2).decode("latin-1")))
        names = [n for n, _ in headers]
        if names.count("host") != 1 or names.count("content-length") > 1 or "transfer-encoding" in names:
            raise ValueError(f"framing: {headers}")
        length = int(dict(headers).get("content-length", 0))
        while len(rest) < length:
            more = s.recv(65536)
            if not more:
                raise ValueError("half a body")
            rest += more
        return {"line": lines[0].decode(), "headers": headers, "body": rest[:length], "at": time.monotonic()}, rest[length:]

    def close(self):
        stop_listening(self.listener)


def stop_listening(listener):
    """At once: a close alone waits for the accept that is under way in another thread, and the port stays taken so long."""
    try:
        listener.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    listener.close()


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def wait_gone(s, seconds=20):
    """Waits until the peer closes; when that was, or None."""
    s.settimeout(seconds)
    try:
        while s.recv(65536):
            pass
    except socket.timeout:
        return None
    except OSError:
        pass
    return time.monotonic()
