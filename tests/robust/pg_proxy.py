"""What stands between a gateway and its PostgreSQL, reads both of them message by message, and loses what a test wants lost."""
import os
import socket
import struct
import tempfile
import threading

BEFORE, SENT, AFTER = "before", "sent", "after"  # the COMMIT; of the moment at which the connection is lost


class Link:
    """One connection, two threads."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = socket.socket(socket.AF_UNIX)
        self.server.connect(proxy.target)
        for way in (self.up, self.down):
            threading.Thread(target=self.guarded, args=(way,), daemon=True).start()

    def guarded(self, way):
        try:
            way()
        except OSError:
            pass
        finally:
            self.lose()

    def lose(self):
        for s in (self.client, self.server):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def whole(s, n):
        out = b""
        while len(out) < n:
            more = s.recv(n - len(out))
            if not more:
                raise ConnectionError
            out += more
        return out

    def message(self, s, typed=True):
        """The one that begins a connection has no type."""
        head = self.whole(s, 5 if typed else 4)
        return head, self.whole(s, struct.unpack("!I", head[-4:])[0] - 4)

    def up(self):
        typed = False
        while True:
            head, body = self.message(self.client, typed)
            commits = typed and head[:1] == b"P" and b"COMMIT\0" in body  # as a pipeline has it: the gateway's own batches
            if commits and self.proxy.takes(BEFORE):
                return
            self.server.sendall(head + body)
            if commits and self.proxy.takes(SENT):
                while head[:1] != b"S":  # to the end of the pipeline
                    head, body = self.message(self.client)
                    self.server.sendall(head + body)
                self.client.shutdown(socket.SHUT_RDWR)
                self.whole(self.server, 1 << 30)  # until it has ended, or the connection
            typed = True

    def down(self):
        while True:
            head, body = self.message(self.server)
            if head[:1] == b"C" and body == b"COMMIT\0" and self.proxy.takes(AFTER):
                self.proxy.gate.wait(20)
                return
            self.client.sendall(head + body)


class Proxy:
    """proxy.lose(how): of the next COMMIT. proxy.away: nobody is let in. proxy.gate: a lost answer waits for it."""

    def __init__(self, server):
        self.folder = tempfile.mkdtemp(prefix="yuzui-pgp-")
        self.target = os.path.join(server.folder, ".s.PGSQL.5432")
        self.path = os.path.join(self.folder, ".s.PGSQL.5432")
        self.url = server.url.replace(server.folder, self.folder)
        self.leaves, self.lock, self.how, self.lost, self.away, self.gate = False, threading.Lock(), None, 0, False, threading.Event()
        self.gate.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
                if self.away:
                    client.close()
                else:
                    Link(self, client)
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def lose(self, how, away=False):
        with self.lock:
            self.how, self.leaves = how, away

    def takes(self, how):
        with self.lock:
            if self.how != how:
                return False
            self.how, self.away = None, self.leaves
            self.lost += 1
            return True

    def close(self):
        self.gate.set()
        self.listener.close()
        os.remove(self.path)
        os.rmdir(self.folder)
