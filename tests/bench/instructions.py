"""What a request costs in instructions, which any machine counts alike: `./dev bench instructions [KIND ...] [--beside] [--against COMMIT]`
(COMMIT: ./dev builds its tree).

yuzui runs under callgrind with what tests/bench/compare.lua says: a key, a policy, fallback, retry, an access log. Client and provider are this
script, in lockstep: the next piece of a stream goes out when the client has the last one, so a slow machine sees what a fast one sees. What a
request costs is the difference of two runs of FEW and MANY requests, so start and warm-up do not count. Only user space is counted: system calls
cost time too, and `./dev bench` measures that.

--beside adds nginx (forwards bytes), nginx + Lua (key, cjson, a choice of model) and HAProxy, under the same callgrind. --against compares with
another tree of yuzui, built in its build/, and fails if a kind costs over LIMIT per cent more. Needs valgrind; --beside the packages of `./dev bench`.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FEW, MANY = (int(n) for n in os.environ.get("YUZUI_BENCH_REQUESTS", "100,300").split(","))
LIMIT = 3.0  # per cent
PATIENCE = 60  # seconds for anything under callgrind

# ---- what is asked and answered ---------------------------------------------------------------------------------------------------------

CHUNK = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5.2","choices":[{"index":0,"delta":{"content":"token "},"finish_reason":null}]}\n\n'
LAST = (b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5.2","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
        b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5.2","choices":[],"usage":{"prompt_tokens":200,"completion_tokens":50,"total_tokens":250}}\n\n'
        b"data: [DONE]\n\n")
DOCUMENT = json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "gpt-5.2",
                       "choices": [{"index": 0, "message": {"role": "assistant", "content": "Load balancing spreads requests over servers. " * 12}, "finish_reason": "stop"}],
                       "usage": {"prompt_tokens": 200, "completion_tokens": 120, "total_tokens": 320}}).encode()
TEXTS = 50


def chunked(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def pieces(size):
    """The stream of 53 events as a provider sends it, each text a chunk of HTTP: (bytes, how many texts) of what goes out at once."""
    return [(chunked(CHUNK) * min(size, TEXTS - i), min(size, TEXTS - i)) for i in range(0, TEXTS, size)] + [(chunked(LAST) + chunked(b""), 0)]


def question(size):
    history = "Our service sits behind two regions and a queue; the retry storm last week doubled the bill. "
    messages = [{"role": "system", "content": "You are a professional technical advisor. Answer clearly, with examples, and say when you are not sure."}]
    if size > 420:
        messages += [{"role": "user", "content": "Context:\n" + history * ((size - 420) // len(history) + 1)}, {"role": "assistant", "content": "Understood."}]
    return messages + [{"role": "user", "content": "Explain what load balancing is, and how a gateway should pick between two upstreams when one of them is slow. 请用中文总结。"}]


def chat(size, stream=False):
    body = {"model": "auto", "messages": question(size), "temperature": 0.7}
    return "/v1/chat/completions", body | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {})


def messages(size, stream=False):
    said = question(size)
    return "/v1/messages", {"model": "auto", "max_tokens": 400, "stream": stream, "system": said[0]["content"], "messages": said[1:]}


# name: the request, how many texts the provider sends at once (0: a document)
KINDS = {
    "1k": (chat(1000), 0),
    "16k": (chat(16000), 0),
    "200k": (chat(200000), 0),
    "stream": (chat(1000, True), 1),
    "burst": (chat(1000, True), 8),
    "messages-1k": (messages(1000), 0),
    "messages-stream": (messages(1000, True), 1),
    "messages-burst": (messages(1000, True), 8),
}


# ---- client and provider in lockstep ----------------------------------------------------------------------------------------------------

def receive(sock, have, enough):
    """Reads until `enough` says so."""
    while not enough(have):
        data = sock.recv(1 << 20)
        if not data:
            raise EOFError(f"closed after {have[-300:]!r}")
        have += data
    return have


def whole(data):
    """Whether a message with a Content-Length, or one in chunks, is complete."""
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return False
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


class Pair:
    """One connection of a client to what is measured, and the one that it opens to its provider."""

    def __init__(self, listener, port):
        self.listener, self.provider = listener, None
        self.client = socket.create_connection(("127.0.0.1", port))
        self.client.settimeout(PATIENCE)
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request, at_once):
        self.client.sendall(request)
        if not self.provider:
            self.provider, _ = self.listener.accept()
            self.provider.settimeout(PATIENCE)
            self.provider.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        receive(self.provider, b"", whole)
        answer = self.stream(at_once) if at_once else self.document()
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise ValueError(f"not answered: {answer[:300]!r}")

    def document(self):
        self.provider.sendall(b"HTTP/1.1 200 OK\r\nServer: fake\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(DOCUMENT) + DOCUMENT)
        return receive(self.client, b"", whole)

    def stream(self, at_once):
        head, have, texts = b"HTTP/1.1 200 OK\r\nServer: fake\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", b"", 0
        for piece, n in pieces(at_once):
            self.provider.sendall(head + piece)
            head, texts = b"", texts + n
            have = receive(self.client, have, (lambda d: d.count(b"token ") >= texts) if n else whole)
        return have


# ---- what is measured -------------------------------------------------------------------------------------------------------------------

def free_port():
    """Of those that the system does not give to connections: one of these could take it before the server has."""
    while True:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", random.randrange(15000, 30000)))
                return s.getsockname()[1]
            except OSError:
                continue


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def yuzui(root, build):
    """A build of yuzui, with the config and the policies of its tree."""
    root, build = os.path.abspath(root), os.path.abspath(build)

    def command(folder, port, up):
        config = open(os.path.join(root, "tests", "bench", "compare.lua")).read()
        config = config.replace("9180", str(port)).replace(":9000", f":{up}").replace("../../policies", os.path.join(root, "policies"))
        env = {"YUZUI_BENCH_KEY": "sk-up", "YUZUI_PLUGINS": os.path.join(build, "plugins"), "YUZUI_FLAVOURS": os.path.join(root, "flavours"),
               "YUZUI_PRICES": os.path.join(root, "prices")}
        return [os.path.join(build, "yuzui"), "run", "-c", write(os.path.join(folder, "yuzui.lua"), "watch(false)\n" + config)], env
    return command


NGINX = """daemon off; master_process off; pid @DIR@/pid; error_log @DIR@/err warn; @LOAD@
events { worker_connections 64; }
http {
  access_log @DIR@/access; keepalive_requests 1000000; client_body_buffer_size 1m; client_max_body_size 8m; @LUA@
  client_body_temp_path @DIR@/1; proxy_temp_path @DIR@/2; fastcgi_temp_path @DIR@/3; uwsgi_temp_path @DIR@/4; scgi_temp_path @DIR@/5;
  upstream u { server 127.0.0.1:@UP@; keepalive 8; keepalive_requests 1000000; }
  server { listen 127.0.0.1:@PORT@;
    location / { @WORK@ proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer sk-up"; proxy_buffering off; } }
}"""
WORK = """rewrite_by_lua_block {
  if ngx.var.http_authorization ~= "Bearer sk-test" then return ngx.exit(401) end
  ngx.req.read_body()
  local body, asked = cjson.decode(ngx.req.get_body_data()), ""
  for i = #body.messages, 1, -1 do if body.messages[i].role == "user" then asked = body.messages[i].content:lower() break end end
  if asked:find("what is", 1, true) or asked:find("explain", 1, true) then body.model = "kimi-k2.5"
  elseif asked:find("prove", 1, true) or asked:find("debug", 1, true) then body.model = "claude-opus-4-6" else body.model = "gpt-5.2" end
  ngx.req.set_body_data(cjson.encode(body))
}"""
HAPROXY = """global
  nbthread 1
defaults
  mode http
  timeout connect 60s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend f
  bind 127.0.0.1:@PORT@
  default_backend b
backend b
  http-request set-header Authorization "Bearer sk-up"
  server s 127.0.0.1:@UP@ pool-max-conn 8
"""


def filled(text, folder, port, up, **more):
    for name, value in {"DIR": folder, "PORT": str(port), "UP": str(up), **more}.items():
        text = text.replace(f"@{name}@", value)
    return text


def nginx(folder, port, up, load="", lua="", work=""):
    return ["nginx", "-p", folder, "-c", write(os.path.join(folder, "nginx.conf"), filled(NGINX, folder, port, up, LOAD=load, LUA=lua, WORK=work))], {}


def nginx_lua(folder, port, up):
    modules = "/usr/share/nginx/modules/"
    load = f"load_module {modules}ndk_http_module.so; load_module {modules}ngx_http_lua_module.so;"
    paths = 'lua_package_path "/usr/share/lua/5.1/?.lua;;"; lua_package_cpath "/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;/usr/lib/aarch64-linux-gnu/lua/5.1/?.so;;"; '
    return nginx(folder, port, up, load, paths + 'init_by_lua_block { cjson = require "cjson" }', WORK)


def haproxy(folder, port, up):
    return ["haproxy", "-db", "-f", write(os.path.join(folder, "haproxy.cfg"), filled(HAPROXY, folder, port, up))], {}


def connected(pair, port, process):
    for _ in range(PATIENCE * 5):
        try:
            return pair(port)
        except OSError:
            if process.poll() is not None:
                raise
            time.sleep(0.2)
    raise TimeoutError("it did not listen")


def counted(counts):
    """Instructions, by a file of callgrind's."""
    with open(counts, encoding="utf-8") as f:
        return int(re.search(r"(?m)^(?:summary|totals): (\d+)", f.read())[1])


def run(command, kind, requests, keep=None, pair=Pair, options=(), count=counted):
    """Instructions of one process that serves so many requests; count: as of the file of callgrind's."""
    (path, body), at_once = KINDS[kind]
    data = json.dumps(body, ensure_ascii=False).encode()
    request = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer sk-test\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(data)) + data
    folder, port = tempfile.mkdtemp(prefix="yuzui-bench-"), free_port()
    counts = keep or os.path.join(folder, "counts")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        args, env = command(folder, port, listener.getsockname()[1])
        with open(os.path.join(folder, "log"), "w") as log:
            process = subprocess.Popen(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + counts, *options, *args], env=dict(os.environ, **env), stdout=log, stderr=log)
        try:
            both = connected(lambda p: pair(listener, p), port, process)
            for _ in range(requests):
                both.ask(request, at_once)
            both.client.close()
        except (OSError, ValueError, EOFError) as e:
            sys.exit(f"{args[0]}, {kind}: {e}\n{open(os.path.join(folder, 'log')).read()[-2000:]}")
        finally:
            process.terminate()
            process.wait()
    total = count(counts)
    shutil.rmtree(folder)
    return total


def cost(pool, command, kind, keep=None, pair=Pair):
    """A future's way of saying: instructions a request."""
    few, many = (pool.submit(run, command, kind, n, keep and f"{keep}.{kind}.{n}", pair) for n in (FEW, MANY))
    return lambda: (many.result() - few.result()) / (MANY - FEW)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("YUZUI_BUILD", os.path.join(ROOT, "build")))
    parser.add_argument("--beside", action="store_true")
    parser.add_argument("--against", metavar="TREE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", metavar="PREFIX", help="keeps callgrind's files, as PREFIX.KIND.REQUESTS")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    asked = parser.parse_args()
    kinds = asked.kinds or (["1k", "stream"] if asked.against else list(KINDS))
    if wrong := [k for k in kinds if k not in KINDS]:
        sys.exit(f"there is no kind {wrong[0]!r}: {', '.join(KINDS)}")
    columns = {"yuzui": yuzui(ROOT, asked.build)}
    if asked.against:
        columns["before"] = yuzui(asked.against, os.path.join(asked.against, "build"))
    if asked.beside:
        columns |= {"nginx": nginx, "nginx+Lua": nginx_lua, "HAProxy": haproxy}
    print(f"{'instructions a request':24s}" + "".join(f"{name:>12s}" for name in columns), flush=True)
    dear = []
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        rows = {kind: {name: cost(pool, command, kind, name == "yuzui" and asked.keep) for name, command in columns.items()
                       if name in ("yuzui", "before") or not kind.startswith("messages")} for kind in kinds}
        for kind, row in rows.items():
            figures = {name: figure() for name, figure in row.items()}
            more = (figures["yuzui"] / figures["before"] - 1) * 100 if asked.against else 0
            print(f"{kind:24s}" + "".join(f"{figures[name]:12,.0f}" if name in figures else f"{'-':>12s}" for name in columns) + (f"  {more:+.1f} %" if asked.against else ""), flush=True)
            if more > LIMIT:
                dear.append(f"{kind} costs {more:.1f} % more instructions than before; at most {LIMIT:g} % are allowed")
    if dear:
        sys.exit("\n".join(dear))


if __name__ == "__main__":
    main()
