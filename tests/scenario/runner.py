"""Runs a scenario: starts the fake world and the gateway, and carries out the commands in order.

Sending never waits, and an expectation reads as far as it must; so one list of commands drives many clients at once, and its order
is the order of events. Whatever the scenario, at its end no provider may have seen malformed HTTP or a client's key, no provider's
key may be in an answer or the log, and the gateway must end with status 0.
"""
import http.client
import json
import os
import re
import shlex
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
import gateway as world  # noqa: E402
import language  # noqa: E402
from expect import Expectations, Failed, Skipped, compare, need, short  # noqa: E402
from language import milliseconds, options  # noqa: E402
from redis_server import Redis  # noqa: E402
from simlib import PATIENCE, PATIENT, Sim  # noqa: E402
from wire import Broken, Client  # noqa: E402


class Scenario(Expectations):
    def __init__(self, path):
        self.path = path
        self.title, self.commands = language.read(path)
        self.clients, self.files, self.env = {}, {}, {}
        self.config, self.chain, self.workers, self.timeouts = None, world.CHAIN, 1, ""
        self.sim = self.gateway = self.redis = None
        self.allowed = set()
        self.exit_checked = False

    # ---- running ------------------------------------------------------------------------------------------------------

    def run(self):
        command = None
        try:
            self.sim = Sim()
            for command in self.commands:
                self.carry_out(command)
            command = None
            self.check_world()
        except Skipped:
            raise
        except Exception as e:
            where = command.where() if command else "at the end"
            raise Failed(f"{where}\n  {type(e).__name__ if not isinstance(e, Failed) else ''} {e}\n{self.evidence()}") from (None if isinstance(e, Failed) else e)
        finally:
            self.clean_up()

    def evidence(self):
        out = []
        try:
            log = self.sim.log()
            out.append("provider ledger: " + "\n".join(json.dumps({k: v for k, v in e.items() if k not in ("head", "body")}) for e in log[-6:]))
        except Exception as e:  # the sim may be what failed
            out.append(f"provider ledger: {e}")
        if self.gateway:
            out.append("gateway log:\n" + self.gateway.log().split("print(answer.choices[0].message.content)\n")[-1][-2500:])
        for name, c in self.clients.items():
            for a in c.queue[:1]:
                out.append(f"client {name}: status {a.status} headers {a.headers} body {short(a.body)} complete {a.complete} eof {c.eof}")
        return "\n".join(out)

    def clean_up(self):
        for c in self.clients.values():
            c.close()
        for thing in (self.gateway and self.gateway.remove, self.sim and self.sim.stop, self.redis and self.redis.stop):
            if thing:
                thing()

    def check_world(self):
        for c in self.clients.values():
            for a in c.queue:
                self.check_answer(a)
        stats = self.sim.stats()
        if "violations" not in self.allowed:
            need(stats["violations"] == 0, f"providers saw violations: {stats['violation_list']}")
        if not self.gateway:
            return
        if not self.exit_checked:
            for c in self.clients.values():
                c.close()
            status = self.gateway.stop()
            need(status == 0, f"the gateway ended with {status}")
        self.check_log(self.gateway.log())

    def check_log(self, log):
        for key in list(world.PROVIDER_KEYS.values()) + list(world.CLIENT_KEYS.values()):
            need(key not in log, f"the log holds the key {key}")
        need("ERROR: AddressSanitizer" not in log and "runtime error:" not in log and "LeakSanitizer" not in log, "a sanitizer has spoken")

    def check_answer(self, a):
        text = a.body.decode("utf-8", "replace") + str(a.headers)
        for key in world.PROVIDER_KEYS.values():
            need(key not in text, f"an answer holds the provider key {key}")
        need("sim-cookie-marker" not in text, "an answer holds a provider's cookie")

    def ready(self):
        if not self.gateway:
            self.make_gateway().start()
        return self.gateway

    def make_gateway(self):
        self.gateway = world.Gateway(self.config, self.sim.port, self.files, self.env, self.chain, workers=self.workers, timeouts=self.timeouts)
        if self.redis:
            self.gateway.names["redis"] = str(self.redis.port)
            for name, text in self.files.items():
                self.gateway.write(name, text)
            if self.config:
                self.gateway.write_config(self.config)
        return self.gateway

    # ---- commands -----------------------------------------------------------------------------------------------------

    def carry_out(self, command):
        words = command.text.split()
        handler = getattr(self, "do_" + words[0], None)
        if handler:
            handler(command, command.text[len(words[0]):].strip())
        else:
            self.client_command(command, words[0], words[1] if len(words) > 1 else "")

    def do_config(self, command, rest):
        self.config = command.body()
        if rest == "standard":
            self.config = world.STANDARD + self.config
        elif rest == "replace":
            self.gateway.write_config(self.config)
        elif rest == "standard replace":
            self.gateway.write_config(world.STANDARD + self.config)
        elif rest == "providers":
            self.config = world.PROVIDERS + self.config

    def do_chain(self, _, rest):
        self.chain = rest

    def do_timeouts(self, _, rest):
        self.timeouts = rest

    def do_workers(self, _, rest):
        self.workers = int(rest)

    def do_file(self, command, rest):
        self.files[rest] = command.body()
        if self.gateway:
            self.gateway.write(rest, command.body())

    def do_env(self, _, rest):
        name, value = rest.split("=", 1)
        self.env[name] = value

    def do_allow(self, _, rest):
        self.allowed.add(rest)

    def do_sleep(self, _, rest):
        time.sleep(milliseconds(rest) / 1000)

    def do_skip(self, _, rest):
        """skip 20s; skip 1s until requests 2: again and again, 30 ms apart, at most 40 times. Never before what was sent has been read."""
        words = rest.split()
        end = time.monotonic() + PATIENT
        while self.gateway.unread() and time.monotonic() < end:
            time.sleep(0.01)
        if len(words) == 1:
            time.sleep(0.03)  # what was sent before has been read, and should have been understood
            try:
                self.gateway.skip(int(milliseconds(rest)))
            except http.client.RemoteDisconnected:  # its own connection was idle for too long by then
                pass
            return
        plain, named = options(words[2:])
        for _ in range(40):
            if len(self.matching(self.sim.log(), named)) >= int(plain[1]):
                return
            self.gateway.skip(int(milliseconds(words[0])))
            time.sleep(0.03)
        raise Failed("the providers never saw that many requests")

    def do_needs(self, _, rest):
        if rest == "redis" and not Redis.available():
            raise Skipped("redis-server is not installed")

    def do_redis(self, _, rest):
        if not self.redis:
            self.redis = Redis(world.free_port())
        getattr(self.redis, rest)()

    def do_gateway(self, command, rest):
        words = rest.split()
        if words[0] == "start":
            (self.gateway or self.make_gateway()).start()
        elif words[0] == "fails":
            g = self.make_gateway()
            g.start(wait=False)
            need(g.process.wait(PATIENT) != 0, "the gateway started")
            compare(g.log(), "~", rest[5:].strip(), "the log")
            self.exit_checked = True
        elif words[0] in ("TERM", "HUP", "INT"):
            self.gateway.signal(getattr(signal, "SIG" + words[0]))
        elif words[0] == "exits":
            try:
                status = self.gateway.process.wait(milliseconds(words[3]) / 1000 * PATIENCE if len(words) > 3 else PATIENT)
            except Exception:
                raise Failed("the gateway did not end in time") from None
            need(status == int(words[1]), f"the gateway ended with {status}")
            self.exit_checked = True
        else:
            raise command.wrong("gateway start, fails REGEX, TERM, HUP, INT or exits STATUS within TIME")

    def do_reload(self, _, rest):
        ok, text = self.gateway.reload()
        if rest.startswith("fails"):
            need(not ok, "the reload worked")
            pattern = rest[5:].strip()
            if pattern:
                compare(text, "~", pattern, "the answer")
        else:
            need(ok, f"the reload failed: {text}")

    def do_log(self, command, rest):
        self.ready()
        verb, _, pattern = rest.partition(" ")
        if verb == "wait":
            end = time.monotonic() + PATIENT
            while not re.search(pattern, self.gateway.log(), re.S) and time.monotonic() < end:
                time.sleep(0.01)
            verb = "expect"
        if verb not in ("expect", "absent"):
            raise command.wrong("log expect, wait or absent REGEX")
        compare(self.gateway.log(), "~" if verb == "expect" else "!~", pattern, "the log")

    def do_counter(self, _, rest):
        name, op, value = rest.split()
        end = time.monotonic() + PATIENT  # counters may lag behind an answer
        while True:
            try:
                return compare(self.gateway.status()["counters"].get(name), op, value, f"counter {name}")
            except Failed:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    # ---- the fake world -----------------------------------------------------------------------------------------------

    def do_sim(self, command, rest):
        verb, _, args = rest.partition(" ")
        if verb == "script":
            self.sim.script(json.loads(command.body()))
        elif verb == "wait":
            plain, named = options(args.split())
            within = milliseconds(named.pop("within", "60s")) / 1000 * PATIENCE
            self.sim.wait(lambda log: len(self.matching(log, named)) >= int(plain[1]), within, args)
        elif verb == "expect":
            self.sim_expect(args)
        elif verb == "cancelled":
            self.sim_cancelled(args)
        elif verb == "drop":
            self.sim.drop(args or "idle")
        elif verb == "listen":
            self.sim.listen(args == "on")
        else:
            raise command.wrong("sim script, wait, expect, cancelled, drop or listen")

    @staticmethod
    def matching(log, named):
        def fits(entry):
            for name, value in named.items():
                have = entry.get(name)
                have = str(have).lower() if isinstance(have, bool) else str(have)
                if have != value:
                    return False
            return True
        return [e for e in log if fits(e)]

    def sim_expect(self, args):
        """requests == 2 provider=backup; NAME of last == value; body ~ … (of the last request)"""
        words = args.split(None, 1)
        if words[0] == "requests":
            plain, named = options(words[1].split())
            log = self.matching(self.sim.log(), named)
            compare(len(log), plain[0], plain[1], f"the number of requests {named or ''}")
            return
        last = self.sim.log()[-1]
        op, _, wanted = words[1].partition(" ")
        if words[0].startswith("body."):
            self.compare_json(json.loads(last["body"]), words[0][5:], op, wanted)
        else:
            compare(last.get(words[0]), op, wanted, f"{words[0]} of the last request a provider saw")

    def sim_cancelled(self, args):
        """CLIENT within 100ms: the provider saw the gateway leave that soon after the client had left."""
        name, _, within = args.split()
        left = self.clients[name].closed_at
        log = self.sim.wait(lambda log: any(e["aborted"] for e in log), what="a cancelled request")
        entry = [e for e in log if e["aborted"]][-1]
        took = (entry["at_us"] + entry["end_us"]) / 1000 - left * 1000
        need(took <= milliseconds(within) * PATIENCE, f"the provider saw the cancel {took:.1f} ms after the client left")

    # ---- clients ------------------------------------------------------------------------------------------------------

    def client(self, name, fresh=False):
        self.ready()
        if fresh or name not in self.clients:
            port = self.gateway.admin_port if name.startswith("admin") else self.gateway.port
            self.clients[name] = Client(port, name)
        return self.clients[name]

    def client_command(self, command, name, verb):
        handler = getattr(self, "client_" + verb, None)
        if not handler or not re.fullmatch(r"[a-z]+\d*", name):
            raise command.wrong("unknown command")
        handler(command, name, command.text.split(None, 2)[2] if len(command.text.split()) > 2 else "")

    def free_client(self, name):
        """The client; an answer that was looked at is done with, a connection that ended is replaced."""
        c = self.client(name)
        if c.queue and c.queue[0].status is not None:
            c.read(lambda a: a.complete)
            self.check_answer(c.queue[0])
            last = c.queue.pop(0)
            if c.eof or last.header("connection") == "close" or (last.is_stream() and last.stream_error()):
                c = self.client(name, fresh=True)
        return c

    def send(self, name, method, path, named, body, content_type="application/json"):
        c = self.free_client(name)
        key = named.pop("key", "alice")
        key = world.CLIENT_KEYS.get(key, key)
        lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{c.port}"]
        if key != "none":
            lines.append(f"x-api-key: {key}" if path.startswith("/v1/messages") else f"authorization: Bearer {key}")
        if path.startswith("/v1/messages") and "header.anthropic-version" not in named:
            lines.append("anthropic-version: 2023-06-01")
        for n, v in named.items():
            if n.startswith("header."):
                lines.append(f"{n[7:]}: {v}")
        data = body.encode() if isinstance(body, str) else body
        if data is not None:
            lines += [f"content-type: {content_type}", f"content-length: {len(data)}"]
        c.send("\r\n".join(lines).encode() + b"\r\n\r\n" + (data or b""), method)

    def ask(self, name, path, rest, defaults):
        plain, named = options(shlex.split(rest))
        body = dict(defaults)
        text = "hello"
        for word in plain:
            if word == "stream":
                body["stream"] = True
            else:
                text = word
        body["messages"] = [{"role": "user", "content": text}]
        for n in [n for n in named if n != "key" and not n.startswith("header.")]:
            value = named.pop(n)
            try:
                body[n] = json.loads(value)
            except ValueError:
                body[n] = value
        self.send(name, "POST", path, named, json.dumps(body, ensure_ascii=False))
        self.clients[name].question = (body["model"], text)

    def client_chat(self, command, name, rest):
        self.ask(name, "/v1/chat/completions", rest, {"model": "gpt-5.2"})

    def client_messages(self, command, name, rest):
        self.ask(name, "/v1/messages", rest, {"model": "claude-opus-4-6", "max_tokens": 1000})

    def plain_request(self, command, name, method, rest):
        plain, named = options(shlex.split(rest))
        body = command.body() if command.block else None
        self.send(name, method, plain[0], named, body)

    def client_post(self, command, name, rest):
        self.plain_request(command, name, "POST", rest)

    def client_get(self, command, name, rest):
        self.plain_request(command, name, "GET", rest)

    def client_head(self, command, name, rest):
        self.plain_request(command, name, "HEAD", rest)

    def client_options(self, command, name, rest):
        self.plain_request(command, name, "OPTIONS", rest)

    def client_raw(self, command, name, rest):
        """The block's lines, each ended by CR LF; escapes work; a backslash at the end of a line: no CR LF. `answers=2`: pipelined."""
        _, named = options(rest.split())
        data = b""
        for line in command.raw_lines():
            line = self.fill_in(line)
            stop = line.endswith("\\") and not line.endswith("\\\\")
            line = line[:-1] if stop else line
            data += line.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1") + (b"" if stop else b"\r\n")
        (self.client(name) if named.get("answers") == "0" else self.free_client(name)).send(data, named.get("method", "POST"), int(named.get("answers", "1")))

    def fill_in(self, line):
        for key, value in {"alice": world.CLIENT_KEYS["alice"], "bob": world.CLIENT_KEYS["bob"]}.items():
            line = line.replace("${" + key + "}", value)
        return line

    def client_until(self, command, name, rest):
        """until NAME VALUE VERB …: asks again and again until the status, or the header NAME, is VALUE."""
        what, value, verb, *more = rest.split(None, 3)
        end = time.monotonic() + PATIENT
        while True:
            getattr(self, "client_" + verb)(command, name, *more)
            answer = self.whole(self.clients[name])
            found = str(answer.status) if what == "status" else answer.header(what)
            if found == value:
                return
            need(time.monotonic() < end, f"{what} is {found!r} and never became {value}; body {short(answer.body)}")
            time.sleep(0.02)

    def client_next(self, command, name, rest):
        self.check_answer(self.client(name).answer)
        self.client(name).next()

    def client_close(self, command, name, rest):
        self.clients[name].close()

    def client_reset(self, command, name, rest):
        self.clients[name].close(reset=True)

    def client_connect(self, command, name, rest):
        self.client(name, fresh=True)

    def client_expect(self, command, name, rest):
        c = self.client(name)
        what, _, args = rest.partition(" ")
        handler = getattr(self, "expect_" + what, None)
        if not handler:
            raise command.wrong(f"cannot expect {what!r}")
        handler(c, args.strip())

    # ---- tables -------------------------------------------------------------------------------------------------------

    def do_hostile(self, command, rest):
        """Lines `STATUS "bytes" # what`: each on a fresh connection; STATUS 400|431, or `closed` without an answer; afterwards the
        connection must be closed (unless `open` is among the statuses) and no provider have seen anything."""
        self.ready()
        before = self.sim.stats()["requests"]
        for line in command.body().splitlines():
            m = re.match(r"(\S+)\s+\"(.*)\"\s*(?:#\s*(.*))?$", line)
            if not m:
                if line.strip():
                    raise command.wrong(f"cannot read {line!r}")
                continue
            wanted, data, what = m.group(1), self.fill_in(m.group(2)), m.group(3) or m.group(2)
            data = re.sub(r"\{(.)\*(\d+)\}", lambda k: k.group(1) * int(k.group(2)), data)
            c = Client(self.gateway.port, "hostile")
            try:
                c.send(data.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1"))
                self.one_hostile(c, wanted, what)
            finally:
                c.close()
        need(self.sim.stats()["requests"] == before, "a provider saw one of the hostile requests")

    @staticmethod
    def one_hostile(c, wanted, what):
        c.read(lambda a: a.complete)
        a = c.answer
        allowed = wanted.split("|")
        if a.status is None:
            need("closed" in allowed and c.eof, f"{what}: no answer, closed: {c.eof}")
            return
        need(str(a.status) in allowed, f"{what}: status {a.status}, not {wanted}; {short(a.body)}")
        if a.status >= 400:
            need(a.complete, f"{what}: the refusal is not whole")
            need("error" in json.loads(a.body), f"{what}: the refusal is not an error in JSON: {short(a.body)}")
            need("open" in allowed or c.read_closed(), f"{what}: the connection stayed open")


def main():
    bad = 0
    for path in sys.argv[1:]:
        began = time.monotonic()
        try:
            scenario = Scenario(path)
            scenario.run()
            print(f"ok      {os.path.basename(path):36} {time.monotonic() - began:5.1f} s  {scenario.title}")
        except Skipped as e:
            print(f"skipped {os.path.basename(path):36} {e}")
        except (Failed, SyntaxError, Broken) as e:
            bad += 1
            print(f"FAILED  {os.path.basename(path):36}\n{e}\n")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
