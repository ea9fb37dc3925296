"""What operators do to a gateway: too few descriptors, closed or clogged standard ones, a port that somebody else has."""
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time

import pytest
import wire
from bench import ask, chat, eventually
from gateway import BUILD, Gateway, free_port
from simlib import PATIENT

LOCAL = """provider "demo" { adapter = "demo" } model "gpt-5.2" { "demo" } key "sk-client-alice-7f3a" { name = "alice" } chain { auth {} }"""


def serves(port, seconds=PATIENT):
    end = time.monotonic() + seconds
    while True:
        try:
            if ask(port, chat("hi")).status == 200:
                return True
        except (OSError, wire.Broken):
            pass
        if time.monotonic() > end:
            return False
        time.sleep(0.1)


def listeners(port):
    with open("/proc/net/tcp", encoding="ascii") as f:
        return sum(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in f)


def knock(port):
    """A connection, or None: one that is accepted and closed at once may already be reset."""
    try:
        return socket.create_connection(("127.0.0.1", port))
    except ConnectionResetError:
        return None


def test_descriptors_run_out(world):
    """With several workers, one may take the descriptor that another kept in reserve: then accepting fails without an end."""
    g = world.gateway(LOCAL, workers=4)
    eventually(lambda: listeners(g.port) == listeners(g.admin_port) == 4, "listeners of all workers")
    few = g.files() + 10
    resource.prlimit(g.process.pid, resource.RLIMIT_NOFILE, (few, few))
    for _ in range(5):
        crowd = [s for s in (knock(g.port) for _ in range(100)) if s]  # a refused one would be an error
        time.sleep(0.2)
        for c in crowd:
            c.close()
    assert serves(g.port), g.log()


def test_descriptors_are_kept_for_those_that_are_here(world):
    """A crowd that fills half of what is free waits in the queue: clients that were let in reach their provider, and a reload works."""
    g = world.gateway(LOCAL, workers=2)
    few = g.files() + 60
    resource.prlimit(g.process.pid, resource.RLIMIT_NOFILE, (few, few))
    crowd = [s for s in (knock(g.port) for _ in range(200)) if s]
    eventually(lambda: "clients of" in g.log(), "the log to say that clients wait")
    assert g.files() < few - 15, g.log()
    ok, text = g.reload()
    assert ok, text
    assert g.log().count("clients of") <= 2
    for c in crowd:
        c.close()
    assert serves(g.port), g.log()


class Bare(Gateway):
    """Started by a shell that redirects as told."""

    def start(self, redirect, stderr=None):
        self.process = subprocess.Popen(["sh", "-c", f"exec {BUILD}/yuzui run -c {self.folder}/yuzui.lua {redirect}"], stderr=stderr, env=self.env)
        return self


@pytest.mark.parametrize("redirect", ["<&-", "<&- >&- 2>&-"])
def test_standard_descriptors_closed(redirect):
    g = Bare(LOCAL)
    try:
        assert serves(g.start(redirect).port)
        assert g.stop() == 0
    finally:
        g.remove()


def test_nobody_reads_the_log():
    reader, writer = os.pipe()
    g = Bare(LOCAL)
    try:
        assert serves(g.start("", stderr=writer).port)
        own = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(own, bytes(512))
        assert serves(g.port)
        assert g.stop() == 0
    finally:
        g.remove()


def test_reload_to_a_port_in_use(world):
    g = world.gateway(LOCAL)
    with socket.create_server(("127.0.0.1", free_port())) as other:
        address = "127.0.0.1:%d" % other.getsockname()[1]
        g.write("yuzui.lua", f'listen "{address}"\nadmin "127.0.0.1:${{admin}}"\n{LOCAL}')
        ok, text = g.reload()
        assert not ok and f"yuzui.lua:1: error: cannot listen on {address}: another process, perhaps a yuzui, listens there already" in text
        assert serves(g.port)


def test_a_reload_that_failed_is_seen_later(world):
    """By whoever asks, until one has worked: nobody waits for the answer of a signal."""
    g = world.gateway(LOCAL)
    assert g.status()["reload"] is None and "yuzui_reload_failed 0\n" in g.get("/metrics")[1].decode()
    whole = pathlib.Path(g.folder, "yuzui.lua").read_text(encoding="utf-8")
    begun = int(time.time())
    g.write("yuzui.lua", whole + '\nmodel "m" { "nobody" }\n')
    g.process.send_signal(signal.SIGHUP)
    eventually(lambda: (g.status()["reload"] or {"ok": True})["ok"] is False, "it failed")
    reload = g.status()["reload"]
    assert begun <= reload["at"] <= time.time() and reload["why"] in ("SIGHUP", "a file changed") and 'error: ' in reload["text"], reload
    metrics = g.get("/metrics")[1].decode()
    assert "yuzui_reload_failed 1\n" in metrics and f"yuzui_reload_failed_at_seconds {reload['at']}\n" in metrics
    told = subprocess.run([os.path.join(BUILD, "yuzui"), "status", "--admin", f"127.0.0.1:{g.admin_port}"], capture_output=True, text=True, timeout=60, check=True)
    assert re.search(r"^the last reload \((SIGHUP|a file changed), .* UTC\) failed, and generation 1 goes on serving:\n.*error: ", told.stdout, re.M), told.stdout
    g.write("yuzui.lua", whole)
    assert g.reload()[0]
    assert g.status()["reload"]["ok"] is True and "yuzui_reload_failed 0\n" in g.get("/metrics")[1].decode()


PIPES = {
    "pipe.lua": "",  # the config itself
    "ca.pem": 'provider "x" { adapter = "openai", key = "k", base_url = "https://x.example", ca = "ca.pem" } model "m" { "x" } chain {}',
    "cert.pem": 'listen "127.0.0.1:2" { cert = "cert.pem", key = "cert.pem" } chain {}',
    "part.lua": 'require "part" ' + LOCAL,
    "own.lua": LOCAL.replace("auth {}", 'auth {}, policy "own.lua"'),
    "plugins/own.so": 'plugins "plugins" ' + LOCAL + " own {}",
}


@pytest.mark.parametrize("pipe", PIPES)
def test_a_pipe_in_place_of_a_file(pipe, tmp_path):
    """Nobody waits until somebody writes into it: `yuzui check` says what is wrong, and ends."""
    config = tmp_path / "yuzui.lua"
    if PIPES[pipe]:
        config.write_text('listen "127.0.0.1:1"\n' + PIPES[pipe])
    else:
        config = tmp_path / pipe
    (tmp_path / pipe).parent.mkdir(exist_ok=True)
    os.mkfifo(tmp_path / pipe)
    done = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "-c", str(config)], capture_output=True, text=True, timeout=20,
                          cwd=tmp_path, env=dict(os.environ, YUZUI_PLUGINS=os.path.join(BUILD, "plugins")))
    assert done.returncode > 0, done
    assert os.path.basename(pipe) in done.stderr + done.stdout, done
