"""Uploads that stream: every byte reaches the provider, memory stays flat, either side may be slow, leave, or send what must not pass."""
import concurrent.futures
import hashlib
import json
import os
import re
import select
import socket
import struct
import threading
import time

import openai
import pytest
from bench import ALICE, BOB, LONG, SANITIZED, eventually
from gateway import KEYS
from receiver import BLOCK, Receiver, pattern
from simlib import PATIENT
from test_money import balance, credit, settled

MIB = 1 << 20
LARGE = (2048 if LONG else 300) * MIB
FLAT = 4 * MIB
CONFIG = KEYS + """
workers(1)
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:%d/v1" }
provider "nobody" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:9/v1" }
model "whisper-1" { "openai" }
model "gpt-listens" { { "nobody", as = "whisper-1" }, { "openai", as = "whisper-1" } }
model "whisper-slow" { "openai" }
model "whisper-early" { "openai" }
model "whisper-shut" { "openai" }
model "renamed" { { "openai", as = "whisper-1" } }
model "gpt-image-2" { "openai" }
model "sora-2" { "openai" }
limits { stream_from = "1MiB", body = "8MiB", %s }
"""
BOOKS = """
ledger "sqlite" { path = "${folder}/ledger.db" }
"""
B = b"--the-boundary"


@pytest.fixture(name="provider")
def a_provider():
    with Receiver(LARGE) as provider:
        yield provider
    assert not provider.broken, provider.broken


def start(world, provider, limits="", chain="auth {}, fallback {}, retry { attempts = 3 }", more=""):
    return world.gateway(CONFIG % (provider.port, limits) + more + f"\nchain {{ {chain} }}\n")


def field(name, value):
    return B + b'\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value.encode())


def file(name="file"):
    return B + b'\r\nContent-Disposition: form-data; name="%s"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n' % name.encode()


class Upload:
    """A form of some fields, one file of `size` bytes and what follows it, sent by a thread while the answer is read."""

    def __init__(self, g, size, model="whisper-1", before=None, behind=b"", path="/v1/audio/transcriptions", chunked=False, key=ALICE, head="", end=B + b"--\r\n",
                 name="file", length=0):
        self.before = (field("model", model) + file(name)) if before is None else before
        self.size, self.after, self.chunked = size, b"\r\n" + behind + end, chunked
        self.sent, self.error = 0, None
        total = len(self.before) + size + len(self.after) + length
        framing = "transfer-encoding: chunked" if chunked else f"content-length: {total}"
        self.head = (f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: multipart/form-data; boundary={B[2:].decode()}\r\n"
                     f"{framing}\r\n{head}\r\n").encode()
        self.sock = socket.create_connection(("127.0.0.1", g.port))
        self.sock.settimeout(PATIENT)
        self.thread = threading.Thread(target=self.send, daemon=True)

    def begin(self):
        self.thread.start()
        return self

    def pieces(self):
        yield self.before
        yield from pattern(self.size)
        yield self.after

    def send(self):
        try:
            self.sock.sendall(self.head)
            for piece in self.pieces():
                self.sock.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n" if self.chunked else piece)
                self.sent += len(piece)
            if self.chunked:
                self.sock.sendall(b"0\r\n\r\n")
        except OSError as e:
            self.error = e

    def read(self, left=b""):
        """Status, headers, body of the next answer, and what came behind it."""
        data = left
        while b"\r\n\r\n" not in data:
            more = self.sock.recv(65536)
            assert more, f"closed after {data!r}"
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        status = int(lines[0].split(" ")[1])
        if status < 200:
            return status, headers, b"", body
        n = int(headers["content-length"])
        while len(body) < n:
            more = self.sock.recv(65536)
            assert more, "closed within its answer"
            body += more
        return status, headers, body[:n], body[n:]

    def answer(self):
        """Of the whole: status, headers, JSON."""
        if not self.thread.ident:
            self.begin()
        status, headers, body, _ = self.read()
        return status, headers, json.loads(body)

    def close(self):
        self.sock.close()


def digest(size):
    sha = hashlib.sha256()
    for piece in pattern(size):
        sha.update(piece)
    return sha.hexdigest()


def memory(g, what="VmRSS"):
    with open(f"/proc/{g.process.pid}/status", encoding="ascii") as f:
        return int(re.search(what + r":\s+(\d+) kB", f.read())[1]) * 1024


class Peak:
    """The most memory that a gateway has had above what it had after a shorter upload of the same kind."""

    def __init__(self, g, shorter=None):
        self.g, self.shorter = g, shorter

    def __enter__(self):
        # The code that is run first comes in page by page, and the buffers of a worker are made once: some 3.5 MiB that say nothing about length.
        (self.shorter or Upload(self.g, 2 * MIB)).answer()
        with open(f"/proc/{self.g.process.pid}/clear_refs", "w", encoding="ascii") as f:
            f.write("5")
        self.before = memory(self.g)
        return self

    def __exit__(self, *_):
        self.grown = memory(self.g, "VmHWM") - self.before
        assert SANITIZED or self.grown <= FLAT, f"{self.grown / MIB:.1f} MiB"


def last(provider):
    return provider.requests[-1]


# ---- what passes ------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("chunked", [False, True])
def test_every_byte_and_flat_memory(world, provider, chunked):
    g = start(world, provider)
    with Peak(g):
        status, headers, body = Upload(g, LARGE, chunked=chunked).answer()
    assert (status, body) == (200, {"text": "it was heard"}) and "connection" not in headers
    assert last(provider)["whole"] and last(provider)["form"] == [("model", "whisper-1", 9), ("file", digest(LARGE), LARGE)]
    assert ("content-length" in last(provider)["headers"]) != chunked
    print(f"{'chunked' if chunked else 'with its length'}: {LARGE / MIB:.0f} MiB")


def test_the_name_of_the_model_is_exchanged(world, provider):
    g = start(world, provider)
    assert Upload(g, 3 * MIB, model="renamed").answer()[0] == 200
    assert last(provider)["form"] == [("model", "whisper-1", 9), ("file", digest(3 * MIB), 3 * MIB)]


def test_the_next_request_of_the_connection(world, provider):
    g = start(world, provider)
    u = Upload(g, 20 * MIB).begin()
    body = json.dumps({"model": "whisper-1", "input": "x"}).encode()
    u.thread.join()
    u.sock.sendall(b"POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                   % (ALICE.encode(), len(body), body))
    status, _, _, left = u.read()
    assert status == 200
    assert u.read(left)[0] == 200 and last(provider)["path"] == "/v1/embeddings"


def test_expect_100_continue(world, provider):
    g = start(world, provider)
    u = Upload(g, 20 * MIB, head="expect: 100-continue\r\n")
    u.sock.sendall(u.head)
    assert u.read()[0] == 100
    u.head = b""
    assert u.answer()[0] == 200
    u = Upload(g, 20 * MIB, head="expect: 100-continue\r\n", key="wrong")
    u.sock.sendall(u.head)
    assert u.read()[0] == 401  # nobody was asked for a body


def test_a_form_that_is_no_longer_than_before_is_kept(world, provider):
    """And so it is tried again, also where its file stands first."""
    g = start(world, provider, chain="auth {}, fallback {}")
    before, behind = file(), field("model", "gpt-listens")
    u = Upload(g, MIB // 2, before=before, behind=behind)
    status, headers, _ = u.answer()
    assert status == 200 and headers["x-yuzui-attempts"] == "2"
    assert [p[0] for p in last(provider)["form"]] == ["file", "model"]
    u = Upload(g, 4 * MIB, before=before, behind=behind)  # its fields stand behind the file, but it can be kept
    assert u.answer()[0] == 200


def test_before_the_first_byte_another_provider_may_be_asked(world, provider):
    g = start(world, provider, chain="auth {}, fallback {}")
    status, headers, _ = Upload(g, 20 * MIB, model="gpt-listens").answer()
    assert status == 200 and headers["x-yuzui-attempts"] == "2"


def test_pictures(world, provider):
    g = start(world, provider)
    before = field("model", "gpt-image-2") + field("prompt", "a fish") + file("image[]")
    behind = file("image[]") + b"second\r\n" + file("mask") + b"third\r\n"
    u = Upload(g, 12 * MIB, before=before, behind=behind, path="/v1/images/edits")
    assert u.answer()[0] == 200
    assert [(p[0], p[2]) for p in last(provider)["form"]] == [("model", 11), ("prompt", 6), ("image[]", 12 * MIB), ("image[]", 6), ("mask", 5)]


def test_a_film_with_a_picture(world, provider):
    """Also as a job, which its own stage follows."""
    for chain, more in (("auth {}", ""), ("auth {}, jobs {}", BOOKS)):
        g = start(world, provider, chain=chain, more=more)
        before = field("model", "sora-2") + field("prompt", "a fish") + field("seconds", "8") + file("input_reference")
        status, _, body = Upload(g, 12 * MIB, before=before, path="/v1/videos").answer()
        assert status == 200 and body["status"] == "queued" and body["id"] != "video_1", body
        assert last(provider)["form"][-1] == ("input_reference", digest(12 * MIB), 12 * MIB)


def test_the_official_client(world, provider, tmp_path):
    g = start(world, provider)
    path = os.path.join(tmp_path, "a.wav")
    with open(path, "wb") as f:
        for piece in pattern(40 * MIB):
            f.write(piece)
    client = openai.OpenAI(api_key=ALICE, base_url=f"http://127.0.0.1:{g.port}/v1", max_retries=0)
    with open(path, "rb") as f:
        assert client.audio.transcriptions.create(model="whisper-1", file=f, response_format="json").text == "it was heard"
    assert last(provider)["form"][-1] == ("file", digest(40 * MIB), 40 * MIB)


# ---- what does not pass -----------------------------------------------------------------------------------------------------------

REFUSED = {
    "a second model": ({"behind": field("model", "gpt-5.2")}, 'the field "model" stands behind a file'),
    "another field": ({"behind": field("prompt", "hidden")}, 'the field "prompt" stands behind a file'),
    "a file of another name": ({"behind": file("model") + b"x\r\n"}, 'a file named "model" stands behind one that streams'),
    "no end": ({"end": b""}, "it ends before its last boundary"),
    "another boundary": ({"end": b"--another--\r\n"}, "it ends before its last boundary"),
    "something after the end": ({"end": B + b"--\r\nmore"}, "something stands after its last boundary"),
    "a part without a head": ({"behind": B + b"\r\n\r\nx\r\n"}, "a part has no Content-Disposition"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("chunked", [False, True])
def test_what_stands_behind_the_file(world, provider, what, chunked):
    g = start(world, provider)
    options, why = REFUSED[what]
    u = Upload(g, 20 * MIB, chunked=chunked, **options)
    status, headers, body = u.answer()
    assert status == 400 and why in body["error"]["message"], (status, body)
    eventually(lambda: provider.requests and last(provider)["cut"], "the provider is cut off")
    assert not last(provider)["whole"] and len(provider.requests) == 1


def test_fields_behind_a_file_that_cannot_be_kept(world, provider):
    g = start(world, provider)
    for chunked in (False, True):
        u = Upload(g, 12 * MIB, before=file(), behind=field("model", "whisper-1"), chunked=chunked)
        status, headers, body = u.answer()
        assert status == 413 and "put the file last" in body["error"]["message"] and headers["connection"] == "close", body
        u = Upload(g, 32 * MIB, before=file(), behind=field("model", "whisper-1"), chunked=chunked).begin()
        u.thread.join()  # as most clients do, it reads when it has sent all
        assert not u.error and u.answer()[0] == 413
    assert not provider.requests


def test_limits(world, provider):
    g = start(world, provider, 'upload = "16MiB"')
    assert Upload(g, 15 * MIB).answer()[0] == 200
    for chunked in (False, True):
        status, _, body = Upload(g, 17 * MIB, chunked=chunked).answer()
        assert status in (413, 400) and "too long" in body["error"]["message"], body
    g = start(world, provider, "upload = 0")
    assert Upload(g, 7 * MIB).answer()[0] == 200
    assert Upload(g, 9 * MIB).answer()[0] == 413


def test_a_key_that_may_not(world, provider):
    g = start(world, provider)
    assert Upload(g, 20 * MIB, key=BOB).answer()[0] == 403
    assert not provider.requests


def test_a_broken_chunk(world, provider):
    g = start(world, provider)
    u = Upload(g, 4 * MIB, chunked=True)
    u.sock.sendall(u.head)
    for piece in (u.before, BLOCK, BLOCK):
        u.sock.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
    u.sock.sendall(b"zz\r\n")
    status, headers, body, _ = u.read()
    assert status == 400 and b"a chunk without a size" in body and headers["connection"] == "close"


# ---- files of batches --------------------------------------------------------------------------------------------------------------

def requests_file(size, model="whisper-1", odd=None):
    """Lines of at least `size` bytes, the one at `odd` for another model."""
    lines, n, i = [], 0, 0
    while n < size:
        body = {"model": "gpt-5.2" if i == odd else model, "messages": [{"role": "user", "content": "x" * (i % 7000) + "\n\r é"}]}
        line = json.dumps({"custom_id": str(i), "method": "POST", "url": "/v1/chat/completions", "body": body}, ensure_ascii=False).encode() + b"\n"
        lines.append(line)
        n += len(line)
        i += 1
    return b"".join(lines)


class FileUpload(Upload):
    def __init__(self, g, data, purpose="batch", **options):
        self.data = data
        super().__init__(g, len(data), before=field("purpose", purpose) + file(), path="/v1/files", **options)

    def pieces(self):
        yield self.before
        for at in range(0, len(self.data), 99_991):
            yield self.data[at:at + 99_991]
        yield self.after


def test_the_official_client_and_a_file(world, provider):
    """Every line is for the model, whose name is another one there; the id says whose it is."""
    g = start(world, provider)
    client = openai.OpenAI(api_key=ALICE, base_url=f"http://127.0.0.1:{g.port}/v1", max_retries=0)
    for model in ("whisper-1", "renamed"):
        data = requests_file(24 * MIB, model)
        made = client.files.create(file=("a.jsonl", data), purpose="batch")
        assert made.id.startswith("file-1_yz")
        there = data.replace(b'"model": "renamed"', b'"model": "whisper-1"')
        assert last(provider)["form"] == [("purpose", "batch", 5), ("file", hashlib.sha256(there).hexdigest(), len(there))]
        assert ("content-length" in last(provider)["headers"]) == (model == "whisper-1")


def test_a_long_file_is_flat(world, provider):
    g = start(world, provider)
    data = requests_file(MIB * (200 if LONG else 64), "renamed")
    with Peak(g, shorter=FileUpload(g, requests_file(12 * MIB, "renamed"), chunked=True)):
        assert FileUpload(g, data, chunked=True).answer()[0] == 200


def test_a_connection_that_takes_its_time(world, provider):
    """As any does that leaves this machine: an upload that streams waits for it as other requests do. Here the queue of its listener is full for a while."""
    with socket.socket() as slow:
        slow.bind(("127.0.0.1", 0))
        slow.listen(0)
        port = slow.getsockname()[1]
        waiting = []
        for _ in range(3):  # as many as the kernel takes beyond a backlog of none
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", port))
            waiting.append(s)
        g = start(world, provider, more=f'provider "slow" {{ adapter = "openai", key = "k", base_url = "http://127.0.0.1:{port}/v1" }}\nmodel "slow" {{ {{ "slow", as = "whisper-1" }} }}\n')
        upload = FileUpload(g, requests_file(12 * MIB, "slow"))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(upload.answer)
            with pytest.raises(concurrent.futures.TimeoutError):
                answer.result(0.7)
            for s in waiting:
                s.close()
            slow.close()  # whoever waits is refused
            status, *rest = answer.result(PATIENT)
            assert status == 502, (status, rest)


def test_lines_that_do_not_pass(world, provider):
    g = start(world, provider)
    whole = requests_file(12 * MIB)
    n = whole.count(b"\n")
    for data, behind, why in [
        (requests_file(12 * MIB, odd=n - 5), b"", f'this one is for "whisper-1", not "gpt-5.2" (line {n - 4})'),
        (whole + b"no json\n", b"", f"line {n + 1} is no request of a batch"),
        (whole + b'{"body":{"model":"whisper-1","model":"gpt-5.2"}}', b"", f"line {n + 1} is no request of a batch"),
        (whole + b"--the-boundary", b"", "its boundary stands in a value after a carriage return or a line feed alone"),
        (whole + b"\"" + b"x" * (5 * MIB), b"", "a line is longer than 4 MiB"),
        (whole, file() + whole[:1000], "file must stand in the form once"),
        (whole, field("purpose", "batch"), 'the field "purpose" stands behind a file'),
    ]:
        status, _, body = FileUpload(g, data, behind=behind + (b"\r\n" if behind else b"")).answer()
        assert status == 400 and why in body["error"]["message"], body
    eventually(lambda: all(r["cut"] for r in provider.requests), "the provider is cut off")
    assert FileUpload(g, whole, purpose="vision").answer()[0] == 413


class OpenLine(FileUpload):
    """Sends all but the end of its last line, and waits."""

    def pieces(self):
        yield self.before
        yield self.data[:-100]
        self.over.wait(PATIENT)

    def told(self):
        return bool(select.select([self.sock], [], [], 0)[0])


def test_open_lines_count_as_bodies_do(world, provider):
    """Of many uploads with long lines as many go on as limits { bodies } has room for; the others are told to come back, and what they took is given back."""
    g = start(world, provider, 'bodies = "16MiB", body_time = "5m"')
    line = json.dumps({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "whisper-1", "messages": [{"role": "user", "content": "x" * (3 * MIB)}]}}).encode()
    begun = requests_file(MIB + MIB // 2)
    before, uploads, over = memory(g), [OpenLine(g, begun + line) for _ in range(24)], threading.Event()
    for u in uploads:
        u.over = over
        u.begin()
    eventually(lambda: sum(map(OpenLine.told, uploads)) >= 20, "all but those that have room are refused")  # a line of 3 MiB takes 4
    assert SANITIZED or memory(g) - before < 40 * MIB, (memory(g) - before) // MIB  # without the limit it would be over 100
    refused = [u for u in uploads if u.told()]
    lines = 0
    for u in refused:
        status, headers, body, _ = u.read()
        assert status == 503 and json.loads(body)["error"]["code"] == "bodies_full" and headers["retry-after"] == "1" and b"try again soon" in body, (status, headers, body)
        lines += b"room for this line" in body  # who came last may have been refused at once
    assert lines > 0
    over.set()
    for u in uploads:
        u.close()
    assert 20 <= len(refused) < 24
    eventually(lambda: FileUpload(g, begun + line + b"\n" + line).answer()[0] == 200, "what was taken is given back")


def test_what_a_policy_cannot_read(world, provider):
    """The lines of a file are texts: a policy that asks for them must not take silence for an answer."""
    g = world.gateway(CONFIG % (provider.port, "") + '\nchain { auth {}, policy { file = "guard.lua", on_error = "fail", operations = { "all" } } }\n',
                      files={"guard.lua": "return function(req, next)\n  req:texts()\n  return next(req)\nend\n"})
    assert FileUpload(g, requests_file(MIB // 2)).answer()[0] == 200
    assert FileUpload(g, requests_file(12 * MIB)).answer()[0] == 500
    assert "this file is passed on as it comes" in g.log()
    assert len(provider.requests) == 1
    assert Upload(g, 12 * MIB).answer()[0] == 200  # of sound there are no texts but the fields


# ---- who is slow, and who leaves --------------------------------------------------------------------------------------------------

def test_a_provider_that_does_not_read(world, provider):
    """Then the client is not read either; and when it goes on, all of it arrives."""
    g = start(world, provider)
    size = 64 * MIB
    with Peak(g):
        u = Upload(g, size, model="whisper-slow").begin()
        eventually(lambda: provider.took > MIB and stands_still(lambda: u.sent), "the client stands still")
        assert u.sent < size - MIB
        provider.go.set()
        assert u.answer()[0] == 200
    assert last(provider)["form"][-1] == ("file", digest(size), size)


def stands_still(n):
    before = n()
    time.sleep(0.5)
    return n() == before


def test_a_client_that_leaves(world, provider):
    g = start(world, provider)
    u = Upload(g, 64 * MIB, model="whisper-slow").begin()
    eventually(lambda: provider.took > MIB and stands_still(lambda: u.sent), "the client stands still")
    u.sock.shutdown(socket.SHUT_RDWR)
    provider.go.set()
    eventually(lambda: last(provider)["cut"], "the provider is told")
    eventually(lambda: not g.status().get("active", 0) and '"status":499' in g.log().replace(" ", ""), "the access line")


def test_a_client_that_leaves_unread(world, provider):
    """While its provider takes nothing nobody reads what it sends: that it broke off is seen all the same, and it pays for nothing that nobody could begin."""
    g = start(world, provider, chain="auth {}, bill {}, retry {}", more=BILLED.replace('{ name = "whisper-1",', '{ name = "whisper-1", also = { "whisper-slow" },'))
    credit(g, "alice", 20 * 10**9)
    u = Upload(g, 64 * MIB, model="whisper-slow").begin()
    eventually(lambda: provider.took > MIB and stands_still(lambda: u.sent), "the client stands still")
    u.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    u.sock.shutdown(socket.SHUT_RD)
    os.dup2(os.open("/dev/null", os.O_RDONLY), u.sock.fileno())  # the thread that sends has it, too: closed for both
    eventually(lambda: g.status()["in_flight"] == 0, "its end")
    settled(g)
    assert balance(g, "alice") | {"available": 20 * 10**9, "held": 0} == balance(g, "alice")
    provider.go.set()


@pytest.mark.parametrize("way", ["early", "shut"])
def test_a_provider_that_answers_early(world, provider, way):
    g = start(world, provider)
    for _ in range(5):
        u = Upload(g, 64 * MIB, model="whisper-" + way)
        status, headers, body = u.answer()
        assert status == 413 and headers["connection"] == "close", (status, body)
        assert "too much for this model" in body["error"]["message"]


def test_the_official_client_is_told_early(world, provider):
    g = start(world, provider)
    client = openai.OpenAI(api_key=ALICE, base_url=f"http://127.0.0.1:{g.port}/v1", max_retries=0)
    with pytest.raises(openai.APIStatusError) as e:
        client.audio.transcriptions.create(model="whisper-early", file=("a.wav", BLOCK * 32))
    assert e.value.status_code == 413


def test_a_client_that_drips(world, provider):
    g = start(world, provider, 'body_time = "1s", body_rate = "1MiB"')
    u = Upload(g, 64 * MIB)
    u.sock.sendall(u.head + u.before + BLOCK * 4)
    status, headers, body, _ = u.read()
    assert status == 408 and headers["connection"] == "close" and b"no byte of the body came for too long" in body, body
    eventually(lambda: last(provider)["cut"], "the provider is cut off")


def test_a_slow_provider_is_not_the_client_s_fault(world, provider):
    g = start(world, provider, 'body_time = "1s", body_rate = "1MiB"')
    u = Upload(g, 64 * MIB, model="whisper-slow").begin()
    eventually(lambda: provider.took > MIB and stands_still(lambda: u.sent), "the client stands still")
    time.sleep(3)
    provider.go.set()
    assert u.answer()[0] == 200


# ---- money, and the way down ------------------------------------------------------------------------------------------------------

BILLED = BOOKS + """
prices "openai" { source = "the test", date = "2026-11-30", models = { { name = "whisper-1", second = 0.0001 } } }
"""


@pytest.mark.parametrize("chunked", [False, True])
def test_sound_is_paid_by_its_bytes(world, provider, chunked):
    """Where nobody says how long it is: 32 kbit/s, as speech is mostly sent."""
    g = start(world, provider, chain="auth {}, bill {}, retry {}", more=BILLED)
    credit(g, "alice", 20 * 10**9)
    u = Upload(g, 20 * MIB, chunked=chunked)
    assert u.answer()[0] == 200
    settled(g)
    seconds = (len(u.before) + 20 * MIB + len(u.after)) // 4000 + 1
    assert 20 * 10**9 - balance(g, "alice")["available"] == seconds * 100_000


def batch_file(g):
    """A small one, which is kept: its id is that of a large one."""
    line = json.dumps({"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "whisper-1"}}).encode()
    u = Upload(g, 0, before=field("purpose", "batch") + file() + line, path="/v1/files")
    status, _, body = u.answer()
    assert status == 200, body
    return body["id"]


def test_a_download_is_flat(world, provider):
    g = start(world, provider)
    with Peak(g):
        id_ = batch_file(g)
        s = socket.create_connection(("127.0.0.1", g.port))
        s.sendall(f"GET /v1/files/{id_}/content HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ALICE}\r\nconnection: close\r\n\r\n".encode())
        sha, n, head = hashlib.sha256(), 0, b""
        while b"\r\n\r\n" not in head:
            head += s.recv(65536)
        head, data = head.split(b"\r\n\r\n", 1)
        while n < LARGE:
            data = data or s.recv(MIB)
            assert data, f"cut off after {n}"
            sha.update(data)
            n += len(data)
            data = b""
    assert b" 200 " in head and n == LARGE and sha.hexdigest() == digest(LARGE), head
