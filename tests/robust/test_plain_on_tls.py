"""Plain HTTP at a port that speaks TLS is told so, in plain HTTP; TLS at a plain port is refused; neither takes more than a connection."""
import json
import socket
import ssl
import threading

import pytest
from bench import eventually
from gateway import STANDARD, free_port
from relay import certificate
from simlib import PATIENT

CONFIG = 'listen "127.0.0.1:%d" { cert = "%s", key = "%s" }\n' + STANDARD + "chain { auth {} }\n"
GET = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-4f1c\r\n\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
LONG = 700000


def talk(port, *pieces):
    """What comes until the end of the connection, which must not be a reset."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENT) as s:
        threading.Thread(target=lambda: [s.sendall(piece) for piece in pieces], daemon=True).start()
        data = b""
        while more := s.recv(65536):
            data += more
        return data


def secure(world, folder):
    cert, key = certificate(folder, "own")
    port = free_port()
    return world.gateway(CONFIG % (port, cert, key)), port, ssl.create_default_context(cafile=cert)


@pytest.mark.parametrize("pieces", [(GET,), (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",), (b"CONNECT a:1 HTTP/1.1\r\n\r\n",),
                                    (b"DELETE /v1/x HTTP/1.0\r\n\r\n",), (POST % LONG, b"x" * LONG)])
def test_plain_http(world, tmp_path, pieces):
    gateway, port, context = secure(world, str(tmp_path))
    head, _, body = talk(port, *pieces).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"\r\nconnection: close" in head.lower(), head
    assert "its address begins with https://" in json.loads(body)["error"]["message"], body
    assert "sk-4f1c" not in gateway.log()
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=PATIENT), server_hostname="localhost") as s:
        s.sendall(GET) # a well-behaved client is served as before
        assert s.recv(100).startswith(b"HTTP/1.1 401 ")


def test_neither(world, tmp_path):
    """What is neither TLS nor HTTP has no answer in plain text, nor has a beginning of nothing."""
    gateway, port, _ = secure(world, str(tmp_path))
    for data in (b"\x00" * 100, b"SSH-2.0-x\r\n", b"get / http\r\n\r\n", b"ABCDEFGHIJKLMNOP Q\r\n"):
        assert b"HTTP" not in talk(port, data)


def test_many(world, tmp_path):
    gateway, port, _ = secure(world, str(tmp_path))
    assert all(talk(port, GET).startswith(b"HTTP/1.1 400 ") for _ in range(200))
    files = gateway.files()
    assert all(talk(port, GET).startswith(b"HTTP/1.1 400 ") for _ in range(200))
    eventually(lambda: gateway.files() <= files, "connections stay open")


def test_tls_at_a_plain_port(world):
    gateway = world.gateway(STANDARD + "chain { auth {} }\n")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENT) as s:
        context.wrap_socket(s)
    assert talk(gateway.port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n" * 100).startswith(b"HTTP/1.1 400 ")
