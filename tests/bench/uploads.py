"""A file of 2 GiB up and down, through nginx and through yuzui, by turns in one run: CPU time of either, and the memory of yuzui.

`./dev bench uploads [--size MIB] [--turns N]`. nginx forwards bytes (proxy_request_buffering off, proxy_buffering off), one worker each; yuzui checks
the key, reads the form, proves the rest as it passes, exchanges the model's name. Client and provider are threads of this script that move the
same block over and over: what they cost is not counted. Standard library and nginx only.
"""
import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "sim"))
from gateway import Gateway  # noqa: E402
from simlib import free_port  # noqa: E402

MIB = 1 << 20
MOST_CPU, MOST_MEMORY = 1.2, 4 * MIB
BLOCK = os.urandom(MIB)
BOUNDARY = b"--------------------------a1b2c3d4e5f60718"
FORM = (b"--%s\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
        b"Content-Type: audio/wav\r\n\r\n") % (BOUNDARY, BOUNDARY)
END = b"\r\n--%s--\r\n" % BOUNDARY
CONFIG = """
key "sk-bench" { name = "bench" }
workers(1)
provider "up" { adapter = "openai", key = "sk-up", base_url = "http://127.0.0.1:%d/v1" }
model "whisper-1" { { "up", as = "whisper-large" } }
chain { auth {}, fallback {}, retry {} }
"""
NGINX = """daemon off; worker_processes 1; pid %(folder)s/nginx.pid; error_log %(folder)s/error.log;
events { worker_connections 64; }
http { access_log off; client_body_temp_path %(folder)s/t; proxy_temp_path %(folder)s/p; fastcgi_temp_path %(folder)s/f; uwsgi_temp_path %(folder)s/u;
  scgi_temp_path %(folder)s/s; client_max_body_size 0;
  server { listen 127.0.0.1:%(port)d; location / { proxy_pass http://127.0.0.1:%(up)d; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_request_buffering off; proxy_buffering off; } } }
"""


def take(sock, n, into=bytearray(4 * MIB)):
    view = memoryview(into)
    while n > 0:
        got = sock.recv_into(view[:min(n, len(into))])
        if got == 0:
            raise ConnectionError("closed too soon")
        n -= got


def head_of(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(4096)
        if not more:
            return None, b""
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    return head.decode().lower(), rest


def provide(listener, size):
    """Takes what is sent, and sends `size` bytes to whoever asks for them."""
    def one(sock):
        with sock:
            while True:
                head, rest = head_of(sock)
                if head is None:
                    return
                if head.startswith("get "):
                    sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n" % size)
                    for _ in range(size // MIB):
                        sock.sendall(BLOCK)
                    continue
                take(sock, int(re.search(r"content-length: (\d+)", head)[1]) - len(rest))
                sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{\"text\":\"x\"}")

    while True:
        try:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()
        except OSError:
            return


def upload(port, size):
    with socket.create_connection(("127.0.0.1", port)) as s:
        n = len(FORM) + size + len(END)
        s.sendall(b"POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-bench\r\ncontent-type: multipart/form-data; boundary=%s\r\n"
                  b"content-length: %d\r\n\r\n" % (BOUNDARY, n) + FORM)
        for _ in range(size // MIB):
            s.sendall(BLOCK)
        s.sendall(END)
        head, _ = head_of(s)
        assert " 200 " in head, head


def download(port, size):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"GET /v1/videos/video_1/content HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-bench\r\n\r\n")
        head, rest = head_of(s)
        assert " 200 " in head, head
        take(s, size - len(rest))


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, what):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(what + r":\s+(\d+) kB", f.read())[1]) * 1024


def nginx(folder, up):
    port = free_port()
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(NGINX % {"folder": folder, "port": port, "up": up})
    process = subprocess.Popen(["nginx", "-p", folder, "-c", path], stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    worker = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, check=True).stdout.split()[0]
    return process, int(worker), port


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--size", type=int, default=2048, help="MiB")
    args.add_argument("--turns", type=int, default=3)
    args = args.parse_args()
    size = args.size * MIB
    listener = socket.create_server(("127.0.0.1", 0))
    up = listener.getsockname()[1]
    threading.Thread(target=provide, args=(listener, size), daemon=True).start()
    # The key of a film's id is the tenant's: without keys an id is anybody's.
    gateway = Gateway(CONFIG.replace('key "sk-bench" { name = "bench" }', "").replace("auth {}, ", "") % up).start()
    spent = {(name, way): [] for name in ("nginx", "yuzui") for way in ("up", "down")}
    wall = {key: [] for key in spent}
    with tempfile.TemporaryDirectory() as folder:
        process, worker, port = nginx(folder, up)
        try:
            ways = {"up": upload, "down": download}
            for way in ways.values():  # the first of each is not counted
                way(gateway.port, 64 * MIB if way is upload else size)
                way(port, 64 * MIB if way is upload else size)
            with open(f"/proc/{gateway.process.pid}/clear_refs", "w", encoding="ascii") as f:
                f.write("5")
            before = memory(gateway.process.pid, "VmRSS")
            for _ in range(args.turns):
                for name, pid, at in (("nginx", worker, port), ("yuzui", gateway.process.pid, gateway.port)):
                    for way, move in ways.items():
                        cpu_before, start = cpu(pid), time.monotonic()
                        move(at, size)
                        wall[name, way].append(time.monotonic() - start)
                        spent[name, way].append(cpu(pid) - cpu_before)
            grown = memory(gateway.process.pid, "VmHWM") - before
        finally:
            process.terminate()
            gateway.remove()
    good = grown <= MOST_MEMORY
    print(f"{args.size} MiB, the middle of {args.turns} turns   nginx: CPU, wall      yuzui: CPU, wall      CPU beside nginx")
    for way in ("up", "down"):
        a, b = (statistics.median(spent[name, way]) for name in ("nginx", "yuzui"))
        times = {name: statistics.median(wall[name, way]) for name in ("nginx", "yuzui")}
        good &= b <= MOST_CPU * a
        print(f"  {way:<5} {'':<29} {a:6.2f} s {times['nginx']:6.2f} s     {b:6.2f} s {times['yuzui']:6.2f} s     {b / a:.2f} (at most {MOST_CPU})")
    print(f"  memory of yuzui: {grown / MIB:+.1f} MiB at its peak (at most {MOST_MEMORY / MIB:.0f})")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
