"""The access log: every field that can stand in it is documented; files, rotation, proxies, policies' own questions."""
import json
import os
import pathlib
import re
import signal

import wire
from bench import ask, chat, eventually, messages, post
from gateway import STANDARD
from simlib import ROOT

ASKS = """
return function(req, next)
  local answer = llm.chat { model = "kimi-k2.5", messages = "which?" }
  req.model = "gpt-safe"
  req:because(answer and "asked" or "failed")
  return next(req)
end
"""


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.startswith("{")]


def line_of(gateway, path, **wanted):
    """The line with these fields, waited for."""
    found = []

    def look():
        found[:] = [e for e in lines_of(path) if all(e.get(k) == v for k, v in wanted.items())]
        return found
    eventually(look, f"a line with {wanted} in {path}")
    return found[0]


def documented():
    """Names in the tables of the chapter on the access log."""
    with open(os.path.join(ROOT, "docs", "configuration.md"), encoding="utf-8") as f:
        chapter = f.read().split("## The access log", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"`([a-z_0-9]+)`", "\n".join(line.split(" | ")[0] for line in chapter.splitlines() if line.startswith("| "))))


def test_fields(world):
    """One request with a question of a policy, a retry and a fallback, behind a trusted proxy: all of it stands in its lines, as numbers
    where it is one, and every field is documented."""
    world.sim.script({"default": {"delay": 30}, "rules": [{"match": {"provider": "openai"}, "do": {"status": 503}}]})
    gateway = world.gateway('listen "127.0.0.1:${port}" { trusted = { "127.0.0.0/8" } }\nadmin "127.0.0.1:${admin}"\nworkers(1)\n' + STANDARD + 'chain { auth {}, policy "asks.lua", fallback {}, retry { attempts = 2, base = "1ms" } }\n', head=False, files={"asks.lua": ASKS})
    a = ask(gateway.port, messages("x", model="auto"), "/v1/messages", headers="x-forwarded-for: 198.51.100.7\r\nx-request-id: one\r\n")
    assert a.status == 200, a.body
    line = line_of(gateway, gateway.log_path, id="one")
    question = line_of(gateway, gateway.log_path, request="one")
    print(json.dumps(line), json.dumps(question))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert line["client"] == "198.51.100.7" and line["via"] == "127.0.0.1" and line["key"] == "alice"
    assert (line["method"], line["path"], line["dialect"], line["target_dialect"]) == ("POST", "/v1/messages", "anthropic-messages", "openai-chat")
    assert (line["asked"], line["model"], line["target"], line["finish"]) == ("auto", "gpt-safe", "backup/gpt-5.2", "stop")
    assert "asked" in line["policy"]
    tried = [(c["target"], c.get("because"), c.get("status"), c.get("error")) for c in line["calls"]]
    assert tried[0] == ("openai/gpt-5.2", None, 503, "upstream_overloaded") and tried[1][1] == "retry" and tried[-1] == ("backup/gpt-5.2", "fallback", 200, None), tried
    for c in line["calls"]:
        assert 0 <= c["connect_ms"] <= c["sent_ms"] <= c["first_ms"] <= c["ms"] <= line["ms"], c
    assert line["first_ms"] >= 30 and question["op"] == "policy" and question["target"] == "moonshot/kimi-k2.5" and question["outcome"] == "done"
    assert all(c["target"].startswith("moonshot/") for c in question["calls"]) and not [c for c in line["calls"] if c["target"].startswith("moonshot/")]
    names = documented()
    for entry in (line, question):
        assert not set(entry) - names, set(entry) - names
        for name in ("status", "ms", "first_ms", "bytes", "input_tokens", "output_tokens", "attempts", "at_ms"):
            assert isinstance(entry.get(name, 0), int), (name, entry[name])
        for call in entry["calls"]:
            assert not set(call) - names, set(call) - names


def test_proxies_are_not_believed_unasked(world):
    gateway = world.gateway(chain="auth {}")
    assert ask(gateway.port, chat("x"), headers="x-forwarded-for: 198.51.100.7\r\nx-request-id: a\r\n").status == 200
    line = line_of(gateway, gateway.log_path, id="a")
    assert line["client"] == "127.0.0.1" and "via" not in line


def test_refused_and_left(world):
    """Those that never became a call, and those whose client left, have their lines; a path that is not ours is not repeated."""
    world.sim.script({"default": {"delay": 3000}})
    gateway = world.gateway(chain="auth {}", workers=1)
    assert ask(gateway.port, chat("x"), "/v1/my-prompt", headers="x-request-id: nowhere\r\n").status == 404
    assert ask(gateway.port, b"{", headers="x-request-id: broken\r\n").status == 400
    assert ask(gateway.port, chat("x"), key="sk-wrong", headers="x-request-id: stranger\r\n").status == 401
    c = wire.Client(gateway.port)
    c.send(post(chat("x"), headers="x-request-id: left\r\n"))
    eventually(lambda: world.sim.stats()["requests"] == 1, "the provider is asked")
    c.close()
    assert line_of(gateway, gateway.log_path, id="nowhere")["status"] == 404
    assert line_of(gateway, gateway.log_path, id="broken")["path"] == "/v1/chat/completions"
    assert line_of(gateway, gateway.log_path, id="stranger")["error"] == "invalid_api_key"
    left = line_of(gateway, gateway.log_path, id="left")
    assert left["gone"] is True and left["status"] == 499 and left["calls"][0]["cancelled"] is True
    assert "my-prompt" not in gateway.log()


def test_file_and_rotation(world):
    """`log { file }`: moved away and opened anew at SIGUSR1, while requests go on; every line of every file is whole, and none is lost."""
    gateway = world.gateway(STANDARD + 'log { file = "access.log", format = "json" }\nchain { auth {} }\n')
    path = os.path.join(gateway.folder, "access.log")
    ids = []
    for turn in range(4):
        for i in range(25):
            ids.append(f"t{turn}-{i}")
            assert ask(gateway.port, chat("x"), headers=f"x-request-id: {ids[-1]}\r\n").status == 200
        os.rename(path, f"{path}.{turn}")
        gateway.signal(signal.SIGUSR1 if turn % 2 == 0 else signal.SIGHUP)
        eventually(lambda: os.path.exists(path), "a new file")
    found = []

    def look():
        found.clear()
        for name in [path] + [f"{path}.{turn}" for turn in range(4)]:
            with open(name, encoding="utf-8") as f:
                found.extend(json.loads(line) for line in f)  # lines of the other kind are JSON as well
        return len([e for e in found if e.get("op") == "chat"]) >= len(ids)
    eventually(look, "all lines")
    assert sorted(e["id"] for e in found if e.get("op") == "chat") == sorted(ids)
    assert any("generation" in e.get("message", "") and e["level"] == "info" for e in found)


def test_text(world):
    """format = "text": a line for people, with no word of a prompt."""
    gateway = world.gateway(STANDARD + 'log { format = "text" }\nchain { auth {} }\n')
    assert ask(gateway.port, chat("PROMPT-MARKER"), headers="x-request-id: readable\r\n").status == 200
    eventually(lambda: "id readable" in gateway.log(), "the line")
    line = [part for part in gateway.log().splitlines() if "id readable" in part][0]
    assert re.search(r"Z 200 POST /v1/chat/completions gpt-5\.2 -> openai/gpt-5\.2 \d+ ms \(first \d+\), \d+\+\d+ tokens .*key alice from 127\.0\.0\.1 id readable$", line), line
    assert "PROMPT-MARKER" not in gateway.log()


def test_a_file_that_cannot_be_written(world):
    gateway = world.gateway(chain="auth {}")
    gateway.write_config(STANDARD + 'log { file = "/no/such/folder/log" }\nchain { auth {} }\n')
    ok, text = gateway.reload()
    assert not ok and "cannot be written" in text, text


def test_a_fifo(world):
    """With a reader it is a log as any other; without one nothing waits for it: at the start, at a reload, at SIGUSR1."""
    gateway = world.gateway(STANDARD + 'log { file = "access.log", format = "json" }\nchain { auth {} }\n')
    path, fifo = (os.path.join(gateway.folder, name) for name in ("access.log", "fifo"))
    os.rename(path, path + ".0")
    os.mkfifo(path)
    os.mkfifo(fifo)
    gateway.signal(signal.SIGUSR1)
    ok, text = gateway.reload()
    assert ok, text
    assert ask(gateway.port, chat("x"), headers="x-request-id: kept\r\n").status == 200
    line_of(gateway, path + ".0", id="kept")  # the lines go where they went
    gateway.write_config(STANDARD + f'log {{ file = "{fifo}" }}\nchain {{ auth {{}} }}\n')
    ok, text = gateway.reload()
    assert ok, text
    eventually(lambda: "is a FIFO that nobody reads" in pathlib.Path(path + ".0").read_text(encoding="utf-8"), "the warning")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    assert gateway.reload()[0]
    assert ask(gateway.port, chat("x"), headers="x-request-id: through\r\n").status == 200
    read = []

    def come():
        try:
            read.append(os.read(reader, 65536).decode())
        except BlockingIOError:
            pass
        return "through" in "".join(read)
    eventually(come, "the line came through the FIFO")
    os.close(reader)
