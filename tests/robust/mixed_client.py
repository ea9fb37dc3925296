"""A cheap client for many requests: one loop of epoll over keep-alive connections, which reads of an answer only what the judge asks for, and
leaves at the stage that a request says."""
import heapq
import select
import socket
import struct
import time

# Where a client leaves: with half of its body sent; when it has sent all; having closed its sending side only; at the head; in the middle of
# the body; behind the last byte, which makes its answer whole.
STAGES = ("half", "sent", "fin", "head", "middle", "last")


class Request:
    """What is asked, when it leaves, and what came of it."""
    __slots__ = ("name", "account", "kind", "group", "stream", "data", "leaves", "reset", "wait", "outcome", "status", "cache", "cost", "tail")

    def __init__(self, name, account, kind, group, stream, data, leaves=None, reset=False, wait=0.0):
        self.name, self.account, self.kind, self.group, self.stream, self.data = name, account, kind, group, stream, data
        self.leaves, self.reset, self.wait = leaves, reset, wait
        self.outcome = self.status = self.cache = self.cost = None
        self.tail = b""


class Connection:
    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s.setblocking(False)
        self.request, self.began = None, 0.0
        self.clear()

    def clear(self):
        self.got, self.body, self.chunked, self.length, self.closing = bytearray(), -1, False, 0, False

    def ask(self, request):
        self.request, self.began = request, time.monotonic()
        self.clear()
        data = request.data[:-20] if request.leaves == "half" else request.data
        if self.s.send(data) != len(data):
            raise OSError("a small request did not fit")
        if request.leaves == "fin":
            self.s.shutdown(socket.SHUT_WR)

    def head(self):
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = bytes(self.got[:end]).lower().split(b"\r\n")
        fields = dict(line.split(b": ", 1) for line in lines[1:])
        r = self.request
        r.status = int(lines[0].split()[1])
        r.cache, r.cost = fields.get(b"x-yuzui-cache", b"").decode(), fields.get(b"x-yuzui-cost", b"").decode()
        self.chunked, self.length = fields.get(b"transfer-encoding") == b"chunked", int(fields.get(b"content-length", 0))
        self.closing = fields.get(b"connection") == b"close"
        self.body = end + 4

    def take(self, data):
        """Did its answer end with these bytes?"""
        self.got += data
        if self.body < 0:
            self.head()
        if self.body < 0:
            return False
        return self.got.endswith(b"\r\n0\r\n\r\n") if self.chunked else len(self.got) - self.body >= self.length

    def outcome(self, complete):
        r = self.request
        r.tail = bytes(self.got[-300:])
        if r.status is None:
            return "nothing"
        if r.status != 200:
            return "error"
        if not complete or (b"event-stream" in self.got[:self.body] and not b"[DONE]" in self.got and not b"message_stop" in self.got
                            and not b'"finish_reason":"stop"' in self.got):
            return "broken"
        return "broken" if b'"error"' in self.got[self.body:] else "whole"

    def close(self, reset=False):
        if reset:
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.s.close()


class Crowd:
    """`n` connections at once ask all of the requests, in their order."""

    def __init__(self, port, n=48, patience=60):
        self.port, self.n, self.patience = port, n, patience
        self.poll, self.of, self.idle, self.due = select.epoll(), {}, [], []

    def connection(self):
        while self.idle:
            c = self.idle.pop()
            if c.s.fileno() >= 0:
                return c
        c = Connection(self.port)
        self.of[c.s.fileno()] = c
        self.poll.register(c.s.fileno(), select.EPOLLIN)
        return c

    def drop(self, c, reset=False):
        if c.s.fileno() >= 0:
            self.of.pop(c.s.fileno(), None)
            self.poll.unregister(c.s.fileno())
            c.close(reset)

    def end(self, c, outcome, drop, reset=False):
        c.request.outcome, c.request = outcome, None
        if drop or c.closing:
            self.drop(c, reset)
        else:
            self.idle.append(c)

    def begin(self, request):
        while True:
            c = self.connection()
            try:
                c.ask(request)
                break
            except OSError:  # a connection that the gateway has closed meanwhile
                self.drop(c)
        if request.leaves in ("half", "sent"):
            heapq.heappush(self.due, (time.monotonic() + request.wait, id(c), c, request))

    def leave_late_ones(self):
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            _, _, c, request = heapq.heappop(self.due)
            if c.request is request:
                self.end(c, "left", True, request.reset)

    def read(self, c):
        r = c.request
        try:
            data = c.s.recv(65536)
        except OSError:
            data = b""
        if r is None:  # closed while idle, or bytes that nobody asked for
            assert not data, data
            self.drop(c)
        elif not data:
            # Who has closed its sending side has said that it goes: what it gets is nobody's business.
            self.end(c, "left" if r.leaves == "fin" else c.outcome(False), True)
        elif c.take(data):
            self.end(c, c.outcome(True), r.leaves is not None, r.reset)
        elif c.body >= 0 and (r.leaves == "head" or (r.leaves == "middle" and len(c.got) - c.body > 400)):
            self.end(c, "left", True, r.reset)

    def run(self, requests):
        waiting, busy = iter(requests), True
        while busy:
            while sum(1 for c in self.of.values() if c.request) < self.n:
                request = next(waiting, None)
                if request is None:
                    break
                self.begin(request)
            for fd, _ in self.poll.poll(0.002 if self.due else 0.05):
                if fd in self.of:
                    self.read(self.of[fd])
            self.leave_late_ones()
            busy = [c for c in self.of.values() if c.request]
            now = time.monotonic()
            late = [c.request.name + " " + c.request.kind for c in busy if now - c.began > self.patience]
            assert not late, f"no answer within {self.patience} s: {late}"

    def close(self):
        for c in list(self.of.values()):
            self.drop(c)
        self.poll.close()
