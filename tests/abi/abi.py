"""Plugins built against the oldest headers on a host whose every growable struct has gained a member. Standard library only.

  abi.py grow FROM TO         copies headers, with one more member in each record and each row, and a minor of 1
  abi.py check OLD MIXED NEW  OLD: everything as it is; MIXED: a grown host and a grown anthropic.so, all other plugins of OLD; NEW: a grown
                              plugin. MIXED must say what OLD says, byte for byte, and OLD must refuse NEW's plugin.

What is a value, a record or a row is read out of the headers: a record's first member is `size_t size`; values and rows are those that
the rule at the top of plugin.h names. A struct that is none of the three fails here. Both hosts are built with AddressSanitizer, so a
byte that is read or written past a shorter struct ends the process. To see it fail, let yz_wide in core/base/record.h return `record` as it
is: the grown host then reads past what the plugins made.
"""
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
DEFINITION = re.compile(r"(?:typedef )?struct (yz_\w+) \{\n(.*?)\n\}(?: yz_\w+)?;", re.S)


# ---- growing ------------------------------------------------------------------------------------------------------------------------


def rule(headers):
    """The names the rule gives to values and to rows."""
    text = re.sub(r"\n \* *", " ", (headers / "plugin.h").read_text())
    values = re.search(r"- values: (.*?)They never change", text).group(1)
    rows = re.search(r"- rows: (.*?)stand in", text).group(1)
    return set(re.findall(r"yz_\w+", values)), set(re.findall(r"yz_\w+", rows))


def grow(source, target):
    values, rows = rule(source)
    target.mkdir(parents=True, exist_ok=True)
    seen, grown = set(), []

    def one(match):
        name, body = match.group(1), match.group(2)
        seen.add(name)
        record = re.search(r"\S.*?;", re.sub(r"/\*.*?\*/", "", body, flags=re.S), re.S).group(0).split() == ["size_t", "size;"]
        if name in values:
            assert not record, f"{name} is said to be a value, but begins with a size"
            return match.group(0)
        assert record or name in rows, f"{name} is neither a record (first member `size_t size`) nor named by the rule at the top of plugin.h"
        grown.append(name)
        at = match.start(2) - match.start(0) + len(body)
        return match.group(0)[:at] + "\n    uint64_t grown[3];" + match.group(0)[at:]

    for header in sorted(source.glob("*.h")):
        text = DEFINITION.sub(one, header.read_text())
        (target / header.name).write_text(re.sub(r"(#define YZ_ABI_MINOR) \d+", r"\1 1", text))
    unknown = (values | rows) - seen
    assert not unknown, f"the rule names what there is not: {unknown}"
    assert len(grown) > 20, grown
    print(f"{len(grown)} structs have grown: {' '.join(grown)}")


# ---- comparing ----------------------------------------------------------------------------------------------------------------------

CONFIG = """
plugins "${plugins}"
provider "openai"    { adapter = "openai",    key = "sk-up-openai-d41d8c",       base_url = "http://127.0.0.1:${sim}/p/openai/v1" }
provider "anthropic" { adapter = "anthropic", key = "sk-up-anthropic-5c5c5c", base_url = "http://127.0.0.1:${sim}/p/anthropic" }
provider "dead"      { adapter = "openai",    key = "sk-up-openai-d41d8c",       base_url = "http://127.0.0.1:1/v1" }
provider "demo"      { adapter = "demo", pace = "1ms" }
model "gpt-5.2"         { "openai" }
model "claude-opus-4-6" { "anthropic" }
model "demo-1"          { "demo" }
model "safe"            { { "dead", as = "gpt-5.2" }, { "openai", as = "gpt-5.2" } }
model "lost"            { "dead" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, redact { words = { "Project Nightfall" } }, cache { ttl = "1h", store = "memory" }, fallback {},
        skeleton { patience = "20s" }, retry { attempts = 2, base = "1ms" } }
"""
TOOL = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city", "days"]}


def chat(model, text, stream, tools):
    body = {"model": model, "stream": stream, "temperature": 0.5, "stop": ["END"], "max_completion_tokens": 100,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]}
    if stream:
        body["stream_options"] = {"include_usage": True}
    if tools:
        body["tools"] = [{"type": "function", "function": {"name": "get_weather", "parameters": TOOL}}]
        body["messages"] += [{"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_0", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo","days":1}'}}]},
            {"role": "tool", "tool_call_id": "call_0", "content": "Rain"}, {"role": "user", "content": text}]
    return "/v1/chat/completions", body


def messages(model, text, stream, tools):
    body = {"model": model, "stream": stream, "stop_sequences": ["END"], "max_tokens": 100, "system": "Be brief.",
            "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]}
    if tools:
        body["tools"] = [{"name": "get_weather", "input_schema": TOOL}]
        body["messages"] += [{"role": "assistant", "content": [{"type": "tool_use", "id": "call_0", "name": "get_weather", "input": {"city": "Oslo", "days": 1}}]},
                             {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_0", "content": [{"type": "text", "text": "Rain"}]},
                                                          {"type": "text", "text": text}]}]
    return "/v1/messages", body


def requests():
    for model in ("gpt-5.2", "claude-opus-4-6", "demo-1", "safe", "lost"):
        for form in (chat, messages):
            for stream in (False, True):
                for tools in (False, True):
                    text = ("Call get_weather please" if tools else "Hello, 鱼嘴") + f" {form.__name__}"
                    for again in range(2):  # the second comes from the cache
                        yield form(model, text, stream, tools)
    yield chat("demo-1", "Project Nightfall", False, False)
    yield chat("nobody", "Hi", False, False)
    yield "/v1/chat/completions", {"model": "gpt-5.2", "messages": "no list"}
    yield "/v1/models", None


def plain(text):
    """Without what no two runs share: times, and ids that were made up."""
    text = re.sub(r'"created":\d+', '"created":0', re.sub(r'"created_at":"[^"]*"', '"created_at":0', text))
    return re.sub(r"\b(chatcmpl|msg|toolu|call|req|cmpl)[-_][A-Za-z0-9_-]+|\b[0-9a-f]{32}\b", r"\1-ID", text)


def ask(gateway, path, body):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    headers = {"authorization": "Bearer sk-client-alice-7f3a", "content-type": "application/json", "anthropic-version": "2023-06-01"}
    c.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
    r = c.getresponse()
    kept = {k.lower(): v for k, v in r.getheaders() if k.lower() == "content-type" or k.lower().startswith("x-yuzui")}
    for clock in ("x-yuzui-age", "x-yuzui-failed", "x-yuzui-first", "x-yuzui-waited"):  # times
        kept.pop(clock, None)
    answer = r.status, plain(json.dumps(kept, sort_keys=True)), plain(r.read().decode())
    c.close()
    return answer


def session(build):
    """The answers of a gateway of this build, in a process of its own: the helpers read YUZUI_BUILD once."""
    code = f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent / 'sim')!r}]; import abi; abi.play()"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "YUZUI_BUILD": str(build)}, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return json.loads(done.stdout)


def play():
    from gateway import Gateway
    from simlib import BUILD, Sim
    with Sim() as sim:
        gateway = Gateway(CONFIG.replace("${plugins}", os.path.join(BUILD, "plugins")), sim_port=sim.port, workers=1).start()
        answers = [ask(gateway, path, body) for path, body in requests()]
        assert sim.stats()["violations"] == 0, sim.stats()["violation_list"]
        gateway.stop()
        assert gateway.process.returncode == 0, gateway.log()[-4000:]
    print(json.dumps(answers))


def conform(build, plugin, *more):
    return subprocess.run([build / "yuzui", "conform", plugin, *more], capture_output=True, text=True, timeout=600)


def check(old, mixed, new):
    streams = HERE.parent / "streams"
    for name, folder in (("openai", streams), ("acme", HERE.parents[1] / "examples" / "own-provider" / "streams")):
        done = conform(mixed, mixed / "plugins" / f"{name}.so", "--streams", folder)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        print(f"a grown host runs conform on {name}.so of the old headers: {done.stdout.strip().splitlines()[-1]}")
    done = conform(old, new / "plugins" / "anthropic.so")
    assert done.returncode != 0 and "interface 1.1, but this yuzui offers 1.0" in done.stderr, done.stdout + done.stderr
    print("a host of minor 0 refuses a plugin of minor 1:", done.stderr.strip())
    config = mixed / "cpp.lua"
    config.write_text(f'listen "127.0.0.1:0"\nplugins "{mixed}/plugins"\nprovider "demo" {{ adapter = "demo" }}\n'
                      'model "m" { "demo" }\nkey "sk-1" { name = "a", models = { "*" } }\nchain { auth {}, cpp { patience = "3s" } }\n')
    done = subprocess.run([mixed / "yuzui", "check", config], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    print("a grown host loads a plugin written in C++")
    before, after = session(old), session(mixed)
    statuses = {a[0] for a in before}
    assert {200, 400, 404, 502} <= statuses, statuses
    assert sum("\"x-yuzui-cache\": \"hit\"" in a[1] for a in before) >= 20
    for (path, body), a, b in zip(requests(), before, after):
        assert a == b, f"{path} {json.dumps(body)}\nungrown {a}\ngrown   {b}"
    print(f"{len(before)} answers of a gateway, {sum(len(a[2]) for a in before)} bytes, are the same on both hosts")


if __name__ == "__main__":
    paths = [pathlib.Path(p).resolve() for p in sys.argv[2:]]
    {"grow": grow, "check": check}[sys.argv[1]](*paths)
