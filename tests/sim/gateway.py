"""A gateway under test: its folder, its process, its log. Standard library only."""
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from simlib import BUILD, PATIENT, ROOT, free_port

CLIENT_KEYS = {"alice": "sk-client-alice-7f3a", "bob": "sk-client-bob-91cc"}
PROVIDER_KEYS = {"OPENAI": "sk-up-openai-d41d8c", "BACKUP": "sk-up-backup-b2e0aa", "MOONSHOT": "sk-up-moonshot-77aa1f", "ANTHROPIC": "sk-up-anthropic-5c5c5c", "GEMINI": "sk-up-gemini-9e07d4", "RESPONSES": "sk-up-responses-3b77ae"}

PROVIDERS = """
provider "openai"    { adapter = "openai",    key = env "OPENAI_API_KEY",    base_url = "http://127.0.0.1:${sim}/p/openai/v1", timeout = { ${timeouts} } }
provider "backup"    { adapter = "openai",    key = env "BACKUP_API_KEY",    base_url = "http://127.0.0.1:${sim}/p/backup/v1", timeout = { ${timeouts} } }
provider "moonshot"  { adapter = "openai",    key = env "MOONSHOT_API_KEY",  base_url = "http://127.0.0.1:${sim}/p/moonshot/v1", timeout = { ${timeouts} } }
provider "anthropic" { adapter = "anthropic", key = env "ANTHROPIC_API_KEY", base_url = "http://127.0.0.1:${sim}/p/anthropic", timeout = { ${timeouts} } }
provider "google"    { adapter = "gemini",    key = env "GEMINI_API_KEY",    base_url = "http://127.0.0.1:${sim}/p/google/v1beta", timeout = { ${timeouts} } }
provider "responses" { adapter = "responses", key = env "RESPONSES_API_KEY", base_url = "http://127.0.0.1:${sim}/p/responses/v1", timeout = { ${timeouts} } }
provider "elsewhere" { adapter = "responses", key = env "RESPONSES_API_KEY", base_url = "http://127.0.0.1:${sim}/p/elsewhere/v1", timeout = { ${timeouts} } }
"""
MODELS = """
model "gpt-5.2"         { "openai" }
model "gpt-5-mini"      { "openai" }
model "gpt-4o"          { "openai" }
model "o3"              { "openai" }
model "gpt-5.3-codex"   { "responses" }
model "gpt-kept"        { { "elsewhere", as = "gpt-5.3-codex" }, { "responses", as = "gpt-5.3-codex" } }
model "gpt-other"       { { "elsewhere", as = "gpt-5.3-codex" } }
model "gpt-safe"        { { "openai", as = "gpt-5.2" }, { "backup", as = "gpt-5.2" } }
model "claude-opus-4-6" { "anthropic" }
model "gemini-3-flash"  { "google" }
model "gemini-2.5-flash" { "google" }
model "gemini-embedding-001" { "google" }
model "kimi-k2.5"       { "moonshot" }
model "text-embedding-3-small" { "openai" }
model "omni-moderation-latest" { "openai" }
model "gpt-3.5-turbo-instruct" { "openai" }
model "gpt-image-2"     { "openai" }
model "picture"         { { "openai", as = "gpt-image-2" }, { "backup", as = "gpt-image-2" } }
model "gpt-4o-mini-tts" { "openai" }
model "whisper-1"       { "openai" }
model "listener"        { { "openai", as = "gpt-4o-transcribe" }, { "backup", as = "gpt-4o-transcribe" } }
model "jina-reranker-v3" { "openai" }
model "gemini-3-pro-image" { "google" }
model "sora-2"          { "openai" }
model "film"            { { "backup", as = "sora-2" } }
"""
KEYS = """
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
key "sk-client-bob-91cc"   { name = "bob",   models = { "gpt-*" } }
"""
CHAIN = "auth {}, cache { ttl = \"1h\", store = \"memory\" }, fallback {}, retry { attempts = 3 }"
STANDARD = PROVIDERS + MODELS + KEYS


class Gateway:
    """Starts `yuzui run` with a config in a folder of its own. In the config ${sim}, ${port}, ${admin}, ${folder} are replaced;
    listen and admin directives are put before it."""

    def __init__(self, config=None, sim_port=0, files=(), env=(), chain=CHAIN, head=True, workers=None, timeouts=""):
        self.folder = tempfile.mkdtemp(prefix="yuzui-")
        self.port, self.admin_port = free_port(), free_port()
        self.names = {"sim": str(sim_port), "port": str(self.port), "admin": str(self.admin_port), "folder": self.folder, "root": ROOT, "build": BUILD, "timeouts": timeouts}
        self.head = 'listen "127.0.0.1:${port}"\nadmin "127.0.0.1:${admin}"\n' if head else ""
        if workers:
            self.head += f"workers({workers})\n"
        self.process, self.begun = None, []
        self.log_path = os.path.join(self.folder, "stderr.log")
        for name, text in dict(files).items():
            self.write(name, text)
        self.write("yuzui.lua", self.head + (config if config is not None else STANDARD + f"chain {{ {chain} }}\n"))
        ours = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        # Without YUZUI_CORE_DUMPS only root could see its open files and memory.
        self.env = dict(ours, YUZUI_TEST_CLOCK="1", YUZUI_CORE_DUMPS="1", YUZUI_PLUGINS=os.path.join(BUILD, "plugins"),
                        YUZUI_POLICIES=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "policies"),
                        YUZUI_FLAVOURS=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "flavours"),
                        YUZUI_PRICES=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "prices"))
        self.env.update({name + "_API_KEY": key for name, key in PROVIDER_KEYS.items()})
        self.env.update(dict(env))

    def write(self, name, text):
        """Writes a file of the folder, in one step, so that a file watch never sees half of it."""
        for key, value in self.names.items():
            text = text.replace("${" + key + "}", value)
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(path + ".new", path)

    def write_config(self, text):
        self.write("yuzui.lua", self.head + text)

    def start(self, seconds=PATIENT, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([os.path.join(BUILD, "yuzui"), "run", "-c", os.path.join(self.folder, "yuzui.lua")],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, cwd=self.folder)
        self.begun.append(self.process)
        if wait:
            self.wait_for(self.port, seconds)
        return self

    def wait_for(self, port, seconds=PATIENT):
        """Until it serves there."""
        end = time.monotonic() + seconds
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"yuzui ended with {self.process.returncode} at its start:\n{self.log()}")
            try:
                if self.get("/readyz", port=port)[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"yuzui was not ready within {seconds} s:\n{self.log()}")
            time.sleep(0.01)

    def ask(self, method, path, port=None, timeout=PATIENT):
        c = http.client.HTTPConnection("127.0.0.1", port or self.admin_port, timeout=timeout)
        try:
            c.request(method, path)
            r = c.getresponse()
            return r.status, r.read()
        finally:
            c.close()

    def get(self, path, port=None):
        return self.ask("GET", path, port)

    def status(self):
        return json.loads(self.get("/status")[1])

    def unread(self):
        """Does anything wait in the kernel for the gateway to take it: connections, or bytes of a client or of the fake world?"""
        ours, sim = {f"{self.port:04X}", f"{self.admin_port:04X}"}, f"{int(self.names['sim']):04X}"
        with open("/proc/net/tcp", encoding="ascii") as f:
            rows = [line.split() for line in list(f)[1:]]
        return any(not row[4].endswith(":00000000") for row in rows if row[1].split(":")[1] in ours or row[2].split(":")[1] == sim)

    def settle(self, in_flight=0, seconds=PATIENT):
        """Waits until no more calls than that are under way; the request that asks is none of them."""
        end = time.monotonic() + seconds
        while (left := self.status()["in_flight"]) > in_flight:
            if time.monotonic() > end:
                raise TimeoutError(f"{left} calls are still in flight")
            time.sleep(0.02)

    def skip(self, ms):
        status, body = self.ask("POST", f"/test/skip?ms={ms}")
        if status != 200:
            raise RuntimeError(f"the clock could not be skipped: {status} {body!r}")

    def reload(self):
        """(did it work, what the gateway said)"""
        status, body = self.ask("POST", "/reload")
        return status == 200, body.decode()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def signal(self, number):
        self.process.send_signal(number)

    def rss(self):
        """Bytes of anonymous memory in use."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith("RssAnon"))

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self, seconds=PATIENT):
        """SIGTERM, then the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise RuntimeError(f"yuzui did not end within {seconds} s of SIGTERM:\n{self.log()[-3000:]}") from None
        return self.process.returncode

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def remove(self):
        for process in {*self.begun, self.process}:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self if self.process and self.process.poll() is None else self.start()

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            self.remove()
