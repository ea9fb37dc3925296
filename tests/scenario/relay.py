"""What may stand between a gateway and a provider: TLS, an HTTP proxy, a SOCKS proxy. Each a thread that relays to the fake world."""
import os
import re
import select
import socket
import ssl
import subprocess
import threading


def certificate(folder, name, host="localhost", issuer=None):
    """(certificate file, key file) for a host, signed by itself or by another one; readable by whoever runs the tests."""
    cert, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    args = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", key, "-out", cert, "-subj", f"/CN={name}"]
    kind = "IP" if host[0].isdigit() else "DNS"
    if issuer:
        args += ["-CA", issuer[0], "-CAkey", issuer[1]]
    if host:
        args += ["-addext", f"subjectAltName={kind}:{host}"]
    subprocess.run(args, check=True, capture_output=True)
    return cert, key


class Relay:
    """Listens on a free port; `greet` talks to whoever connects and returns its socket, and what is to be sent on first."""

    def __init__(self, target_port):
        self.target_port, self.seen, self.failed = target_port, [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        try:
            client, first = self.greet(s)
        except (OSError, ValueError):
            self.failed += 1
            s.close()
            return
        upstream = socket.create_connection(("127.0.0.1", self.target_port))
        sockets = {client: upstream, upstream: client}
        try:
            upstream.sendall(first)
            while True:
                waiting = [x for x in sockets if isinstance(x, ssl.SSLSocket) and x.pending()]
                for x in waiting or select.select(list(sockets), [], [])[0]:
                    data = x.recv(65536)
                    if not data:
                        return
                    sockets[x].sendall(data)
        except OSError:
            pass
        finally:
            client.close()
            upstream.close()

    def greet(self, s):
        raise NotImplementedError

    def close(self):
        self.listener.close()


class TLS(Relay):
    def __init__(self, target_port, cert, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.context.sni_callback = lambda sock, name, context: self.seen.append(name)
        super().__init__(target_port)

    def greet(self, s):
        return self.context.wrap_socket(s, server_side=True), b""


def exactly(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise ValueError("closed")
        data += more
    return data


class HTTPProxy(Relay):
    """CONNECT for tunnels, absolute targets for plain HTTP (the first request of a connection); with a password if one is given."""

    def __init__(self, target_port, password=None):
        self.password = password
        super().__init__(target_port)

    def greet(self, s):
        head = b""
        while b"\r\n\r\n" not in head:
            head += exactly(s, 1)
        self.seen.append(head.decode())
        if self.password and ("proxy-authorization: basic " + self.password).lower() not in head.decode().lower():
            s.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n")
            raise ValueError("407")
        if head.startswith(b"CONNECT "):
            s.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            return s, b""
        head = re.sub(rb"^(\w+) http://[^/]+", rb"\1 ", head)
        return s, re.sub(rb"(?i)\r\nproxy-authorization: [^\r]*", b"", head)


class SocksProxy(Relay):
    def greet(self, s):
        version, n = exactly(s, 2)
        methods = exactly(s, n)
        if version != 5 or 0 not in methods:
            raise ValueError(methods)
        s.sendall(b"\x05\x00")
        _, command, _, kind = exactly(s, 4)
        host = exactly(s, 4) if kind == 1 else exactly(s, 16) if kind == 4 else exactly(s, exactly(s, 1)[0])
        port = int.from_bytes(exactly(s, 2), "big")
        self.seen.append((command, kind, host, port))
        s.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        return s, b""
