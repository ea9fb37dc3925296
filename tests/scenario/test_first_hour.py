"""What an operator meets in the first hour: a port that is taken, and what the commands say to him."""
import contextlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from gateway import Gateway  # noqa: E402
from redis_server import Redis  # noqa: E402
from relay import certificate  # noqa: E402
from simlib import BUILD, PATIENT, Sim, free_port  # noqa: E402

SERVE = 'listen "127.0.0.1:PORT" { OPTIONS }\nadmin "127.0.0.1:${admin}"\nchain {}\n'


def gateway(port, options=""):
    g = Gateway(SERVE.replace("PORT", str(port)).replace("OPTIONS", options), head=False, workers=None)
    g.port = port
    return g


def test_a_used_port_is_refused():
    port = free_port()
    with gateway(port):
        second = gateway(port)
        try:
            second.start(wait=False)
            assert second.process.wait(PATIENT) == 1
            assert f"cannot listen on 127.0.0.1:{port}: another process, perhaps a yuzui, listens there already" in second.log()
            assert "reuse_port = true" in second.log()
        finally:
            second.remove()


def test_a_port_of_another_program_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        second = gateway(port)
        try:
            second.start(wait=False)
            assert second.process.wait(PATIENT) == 1
            assert f"cannot listen on 127.0.0.1:{port}: another process, perhaps a yuzui, listens there already" in second.log()
        finally:
            second.remove()


def test_a_port_for_the_privileged(tmp_path):
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as f:
        if int(f.read()) <= 443:
            pytest.skip("anybody may take port 443 here")
    root = os.geteuid() == 0
    if root and not shutil.which("setpriv"):
        pytest.skip("root, and no setpriv that takes its capabilities away")
    (tmp_path / "yuzui.lua").write_text('listen "127.0.0.1:443" chain {}')
    without = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"] if root else []
    done = subprocess.run([*without, os.path.join(BUILD, "yuzui"), "run"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
    assert done.returncode == 1 and "ports below 1024 need CAP_NET_BIND_SERVICE" in done.stdout + done.stderr, done.stdout + done.stderr


def test_a_port_may_be_shared():
    port = free_port()
    with gateway(port, "reuse_port = true") as first, gateway(port, "reuse_port = true") as second:
        assert first.process.poll() is None and second.process.poll() is None


def test_a_reload_keeps_its_own_ports():
    port = free_port()
    with gateway(port) as g:
        g.write_config(SERVE.replace("PORT", str(port)).replace("127.0.0.1:%d" % port, ":%d" % port).replace("OPTIONS", ""))
        ok, text = g.reload()
        assert ok, text


@pytest.mark.parametrize("busy", [True, False])
def test_a_reload_to_a_used_port_changes_nothing(busy):
    port, other = free_port(), free_port()
    with gateway(other) as neighbour, gateway(port) as g:
        g.write_config(SERVE.replace("PORT", str(neighbour.port if busy else free_port())).replace("OPTIONS", ""))
        ok, text = g.reload()
        assert ok is not busy, text
        assert ("listens there already" in text) is busy


# ---- reload and status: requests to the one that runs ----------------------------------------------------------------------

SECRET = 'local name = "h" .. env.YZ_HOUR\n' + SERVE


@pytest.fixture
def place(tmp_path):
    """Where the gateways of one test leave their files, and nobody else's are."""
    return dict(XDG_RUNTIME_DIR=str(tmp_path), RUNTIME_DIRECTORY=str(tmp_path / "run"))


def command(place, *words, **more):
    """(exit code, what was printed), in an environment that lacks what the config needs."""
    env = {k: v for k, v in os.environ.items() if k != "YZ_HOUR"} | place | more
    done = subprocess.run([os.path.join(BUILD, "yuzui"), *words], env=env, capture_output=True, text=True, timeout=PATIENT)
    return done.returncode, done.stdout + done.stderr


def reloaded(said):
    """The generation that a reload came to; what it warned of follows."""
    code, text = said
    assert code == 0, text
    return int(text.split("\n")[0].removeprefix("generation "))


def placed(place, text=SECRET):
    g = gateway(free_port())
    g.write_config(text.replace("PORT", str(g.port)).replace("OPTIONS", ""))
    g.env.update(place, YZ_HOUR="our")
    return g


def test_reload_asks_the_one_that_runs(place):
    with placed(place) as g:
        file = os.path.join(g.folder, "yuzui.lua")
        assert reloaded(command(place, "reload", file)) == 2
        assert reloaded(command(place, "reload", "-c", file)) == 3
        assert reloaded(command(place, "reload", "--admin", f"127.0.0.1:{g.admin_port}")) == 4
        for asked in (["reload"], ["status"], ["status", "--json"]):  # the address of clients
            code, text = command(place, *asked, "--admin", f"127.0.0.1:{g.port}")
            assert code == 1 and f'127.0.0.1:{g.port} is no admin address' in text and 'what admin "…" says in the config' in text
            assert f"admin 127.0.0.1:{g.admin_port}" in text and "TOKEN" not in text
        code, text = command(place, "status", "--admin", f"http://127.0.0.1:{g.admin_port}/")  # as a browser shows it
        assert code == 0 and "generation 4" in text
        g.write_config("nonsense {}")
        code, text = command(place, "reload", file)
        assert code == 1 and "the old config goes on serving" in text and "nonsense" in text
        code, text = command(place, "status", file)
        assert code == 0 and "generation 4" in text
        code, text = command(place, "status", file, "--json")
        assert code == 0 and json.loads(text)["generation"] == 4
    code, text = command(place, "reload", "-c", file)
    assert code == 1 and "no yuzui runs here with the config" in text and "--admin 127.0.0.1:8081" in text


def test_several_that_run(place):
    with placed(place) as one, placed(place) as two:
        code, text = command(place, "reload")
        assert code == 1 and "several run here" in text
        assert f"pid {one.process.pid}, " in text and f"pid {two.process.pid}, " in text
        assert reloaded(command(place, "reload", "-c", os.path.join(two.folder, "yuzui.lua"))) == 2


def test_reload_says_what_waits_for_a_restart(place):
    with placed(place, "workers(1)\n" + SECRET) as g:
        g.write_config(SECRET.replace("PORT", str(g.port)).replace("OPTIONS", "") + "workers(3)\nstore \"unused\" { kind = \"memory\" }\n")
        code, text = command(place, "reload", os.path.join(g.folder, "yuzui.lua"))
        assert code == 0 and text.startswith("generation 2\nworkers(3) needs a restart: there are 1\n")
        assert 'warning: store "unused" is used by no stage' in text
        code, again = command(place, "reload", os.path.join(g.folder, "yuzui.lua"))
        assert (code, again) == (0, text.replace("generation 2", "generation 3"))  # the log has a warning once, who asks reads it


def test_a_config_that_was_moved(place):
    with placed(place) as g:
        moved = os.path.join(g.folder, "moved.lua")
        os.rename(os.path.join(g.folder, "yuzui.lua"), moved)
        code, text = command(place, "status", "-c", moved)
        assert code == 1 and "no yuzui runs here with the config" in text
        assert f"pid {g.process.pid}, " in text and f"admin 127.0.0.1:{g.admin_port}" in text


KEPT = []


def keep(s):
    s.recv(4096)
    s.sendall(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"hello":"you"}')
    KEPT.append(s)


def test_no_admin_address(place, tmp_path):
    """What answers nothing, or speaks TLS."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        threading.Thread(target=lambda: mute.accept()[0].close(), daemon=True).start()
        code, text = command(place, "status", "--admin", f"127.0.0.1:{mute.getsockname()[1]}")
        assert code == 1 and "Success" not in text and ("closes without an answer" in text or "reset by peer" in text)
    with socket.create_server(("127.0.0.1", 0)) as other:  # of another kind, which answers and keeps its connections open
        threading.Thread(target=lambda: [keep(other.accept()[0]) for _ in range(2)], daemon=True).start()
        for asked in ("reload", "status"):
            code, text = command(place, asked, "--admin", f"127.0.0.1:{other.getsockname()[1]}")
            assert code == 1 and "no yuzui" in text and "old config" not in text
    code, text = command(place, "status", "--admin", "https://127.0.0.1:8081")
    assert code == 1 and "speaks TLS, which this command does not" in text and "kill -HUP" in text
    cert, key = certificate(str(tmp_path), "site")
    sealed = free_port()
    with placed(place, SERVE + f'listen "127.0.0.1:{sealed}" {{ cert = "{cert}", key = "{key}" }}\n') as g:
        code, text = command(place, "reload", "--admin", f"127.0.0.1:{sealed}")
        assert code == 1 and "speaks TLS, which this command does not" in text and f"admin 127.0.0.1:{g.admin_port}" in text


def test_what_a_killed_one_left_is_not_believed(place):
    g = placed(place)
    with g:
        g.kill()
        code, text = command(place, "status", "-c", os.path.join(g.folder, "yuzui.lua"))
        assert code == 1 and "no yuzui runs here" in text


def test_a_token_is_asked_for(place):
    with placed(place, 'listen "127.0.0.1:PORT"\nadmin "127.0.0.1:${admin}" { token = "a-token-of-16-bytes" }\nchain {}\n') as g:
        file = os.path.join(g.folder, "yuzui.lua")
        code, text = command(place, "reload", file)
        assert code == 1 and "YUZUI_ADMIN_TOKEN" in text
        assert reloaded(command(place, "reload", file, YUZUI_ADMIN_TOKEN="a-token-of-16-bytes")) == 2


def test_without_an_admin_address(place):
    with placed(place, 'listen "127.0.0.1:PORT"\nchain {}\n') as g:
        code, text = command(place, "reload", os.path.join(g.folder, "yuzui.lua"))
        assert code == 1 and "has no admin address" in text and f"kill -HUP {g.process.pid}" in text


def test_nobody_there(place):
    code, text = command(place, "status", "--admin", f"127.0.0.1:{free_port()}")
    assert code == 1 and "nobody answers at the admin address" in text
    code, text = command(place, "status", "--admin", "nowhere")
    assert code == 1 and "no address such as 127.0.0.1:8081" in text


def test_addresses_of_the_command_line(place):
    """--listen and --admin go before the config's, also after a reload."""
    g = placed(place)
    port, admin = free_port(), free_port()
    words = [os.path.join(BUILD, "yuzui"), "run", "-c", os.path.join(g.folder, "yuzui.lua"), "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}"]
    with open(g.log_path, "ab") as log:
        g.process = subprocess.Popen(words, env=g.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        g.wait_for(port)
        with pytest.raises(OSError):
            g.get("/readyz", port=g.port)
        assert command(place, "reload", "--admin", f"127.0.0.1:{admin}")[0] == 0
        assert g.get("/readyz", port=port)[0] == 200
    finally:
        g.stop()
        g.remove()
    code, text = command(place, "run", "-c", "x.lua", "--listen", "8080")
    assert code == 2 and "is no IP address with a port" in text


# ---- words that are not those of a command -----------------------------------------------------------------------------------

WORDS = [
    (["serve"], 'there is no command "serve": yuzui run -c FILE serves'),
    (["validate", "x.lua"], "yuzui check FILE does it"),
    (["yuzui.lua"], 'a command comes first, as in yuzui run -c yuzui.lua, not "yuzui.lua"'),
    (["-c", "yuzui.lua"], "a command comes first"),
    (["run"], "it needs a config: -c FILE; there is no yuzui.lua in this folder, and yuzui init writes one"),
    (["run", "--confg", "x.lua"], "there is no option --confg: did you mean --config?"),
    (["run", "--listen"], "--listen needs a value"),
    (["explain", "what", "is", "this"], '"is" is one argument too many; one that holds blanks stands in quotes'),
    (["status", "--json=yes"], "--json takes no value"),
    (["key"], "what is to be done? create, list, show, change, disable, enable, rotate or revoke"),
    (["key", "revok", "x"], 'it knows no "revok": did you mean "revoke"?'),
    (["key", "create"], "which one? It needs a name"),
    (["group", "revoke", "x"], 'it knows no "revoke", but create, list, show, change, disable or enable'),
    (["code"], "what is to be done? create, list, redeem or revoke"),
    (["policy", "shwo", "x"], 'it knows no "shwo": did you mean "show"?'),
    (["test"], "of what? There is no folder policies here"),
    (["price"], "which model?"),
]


@pytest.mark.parametrize("words,said", WORDS)
def test_wrong_words(words, said, tmp_path):
    done = subprocess.run([os.path.join(BUILD, "yuzui"), *words], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert all(len(line) <= 120 for line in done.stderr.splitlines() if line.startswith(("usage:", "       "))), done.stderr


def test_help_fits_a_terminal():
    for words in (["help"], ["key", "--help"], ["price", "-h"]):
        done = subprocess.run([os.path.join(BUILD, "yuzui"), *words], capture_output=True, text=True, timeout=PATIENT)
        assert done.returncode == 0 and max(map(len, done.stdout.splitlines())) <= 115


def test_files_that_are_no_config(tmp_path):
    for name, content, said in (("key.pem", b"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n", "it holds a certificate or a key (PEM)"),
                                ("x.bin", b"a\0b", "it is no text"), ("w.lua", "listen".encode("utf-16"), "saved as UTF-8 it can be read"),
                                ("config.yaml", b"# ours\nmodel_list:\n  - model_name: gpt-5\n", "it looks like YAML; a config is Lua"),
                                ("b.yaml", b"port: 8080\nproviders:\n  - openai\n", "it looks like YAML; a config is Lua"),
                                ("t.toml", b'title = "My gateway"\n\n[server]\nport = 80\n', "it looks like TOML; a config is Lua"),
                                ("x.toml", b"# ours\n[server]\nport = 80\n", "it looks like TOML; a config is Lua"),
                                ("x.json", b'[{"listen": ":80"}]', "it looks like JSON; a config is Lua"),
                                ("y.json", b'{\n  "listen": ":80"\n}\n', "it looks like JSON; a config is Lua")):
        (tmp_path / name).write_bytes(content)
        done = subprocess.run([os.path.join(BUILD, "yuzui"), "check", name], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
        assert done.returncode == 1 and f"{name} is no config: " in done.stderr and said in done.stderr and "MIGH" not in done.stderr, done.stderr


def test_a_config_that_only_looks_like_another(tmp_path):
    (tmp_path / "x.lua").write_text('--[[\nnotes:\n  - mine\n]]\nlisten "127.0.0.1:1" chain {}')
    done = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "x.lua"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
    assert done.returncode == 0, done.stderr


def test_a_config_of_this_folder(tmp_path):
    """What README says of `yuzui init`: run without -c serves yuzui.lua; explain asks for a model that it has."""
    port = free_port()
    (tmp_path / "yuzui.lua").write_text(f'listen "127.0.0.1:{port}" provider "demo" {{ adapter = "demo" }} model "m" {{ "demo" }} chain {{}}')
    env = os.environ | {"YUZUI_PLUGINS": os.path.join(BUILD, "plugins"), "XDG_RUNTIME_DIR": str(tmp_path)}
    with subprocess.Popen([os.path.join(BUILD, "yuzui"), "run"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines = []
        while not lines or "serving:" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        process.terminate()
        assert f":{port}" in lines[-1]
    done = subprocess.run([os.path.join(BUILD, "yuzui"), "explain", "hi"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PATIENT)
    assert done.returncode == 0 and "made up  the model m, as no policy chooses one: --model NAME asks for another" in done.stdout, done.stdout + done.stderr


POLICIES = [
    ("function(req, next) return next(req) end", "; a policy is `return function(req, next) … end`"),
    ("return function(req, next)\n  if req.model != 'x' then req.model = 'm' end\n  return next(req)\nend", '; "is not" is written ~=, and "not" as not'),
    ("return function(req, next)\n  if req:tokens > 9 then req.model = 'm' end\n  return next(req)\nend", "; a method is called with ( ), as in req:tokens()"),
    ("return function(req, next):\n  return next(req)", "; no colon ends a line"),
    ("return function(req, next) {\n  return next(req)\n}", "; a block is then … end, do … end, or function() … end, without braces"),
    ("return function(req, next)\n  if req.model == 'x' && true then return next(req) end\nend", "; && is written and"),
    ("return function(req, next)\n  if true then\n  return next(req)\nend", ": an if, for or function above has no end"),
    ("", "the file returns nothing, not a function; a policy is `return function(req, next) … end`"),
    ("function route(req, next)\n  return next(req)\nend", "a policy returns its function: return function(req, next) … end"),
    ("return {}", "the file returns a table, not a function"),
    (None, "cannot read ./p.lua: Is a directory"),
]


@pytest.mark.parametrize("policy,said", POLICIES)
def test_policies_in_other_languages(policy, said, tmp_path):
    if policy is None:
        (tmp_path / "p.lua").mkdir()
    else:
        (tmp_path / "p.lua").write_text(policy, encoding="utf-8")
    (tmp_path / "yuzui.lua").write_text('listen "127.0.0.1:1" provider "d" { adapter = "demo" } model "m" { "d" } chain { policy "p.lua" }')
    done = subprocess.run([os.path.join(BUILD, "yuzui"), "check"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
    assert done.returncode == 1 and 'yuzui.lua:1: error: policy "p.lua": ' in done.stderr and said in done.stderr, done.stderr
    assert done.stderr.count("p.lua:1") < 2, done.stderr  # its place is said once


def test_a_policy_that_is_near(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.lua").write_text("return function(req, next) return next(req) end")
    for wrong in ("polices/mine.lua", "policies/mien.lua", "mine.lua", "policies/mine"):
        (tmp_path / "yuzui.lua").write_text(
            f'listen "127.0.0.1:1" provider "d" {{ adapter = "demo" }} model "m" {{ "d" }} chain {{ policy "{wrong}" }}')
        done = subprocess.run([os.path.join(BUILD, "yuzui"), "check"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
        assert done.returncode == 1 and f'policy "{wrong}": no such file: did you mean "policies/mine.lua"?' in done.stderr, done.stderr


# ---- yuzui init ------------------------------------------------------------------------------------------------------------

OFFERS = """# a comment
first openai FIRST_KEY gpt-5.2 http://127.0.0.1:SIM/p/openai/v1
second anthropic SECOND_KEY claude-opus-4-6 http://127.0.0.1:SIM/p/anthropic
third openai THIRD_KEY kimi-k2.5 -
"""
CLIENTS = "base {base} key {key} model {model}\n"


def wizard(tmp_path, sim_port, typed, *words, **env):
    """yuzui init from a folder where it offers the providers of the fake world; (exit code, what it said, the folder)."""
    for folder in ("bin", "packaging/init", "home"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    shutil.copy(os.path.join(BUILD, "yuzui"), tmp_path / "bin" / "yuzui")
    (tmp_path / "packaging/init/providers.txt").write_text(OFFERS.replace("SIM", str(sim_port)))
    (tmp_path / "packaging/init/clients.txt").write_text(CLIENTS)
    base = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.endswith("_KEY")}
    base["YUZUI_PLUGINS"] = os.path.join(BUILD, "plugins")
    done = subprocess.run([str(tmp_path / "bin/yuzui"), "init", *words], input=typed, env=base | env, cwd=tmp_path / "home", capture_output=True, text=True,
                          timeout=PATIENT)
    return done.returncode, done.stdout + done.stderr, tmp_path / "home"


def test_init_writes_what_works(tmp_path):
    with Sim() as sim:
        code, text, home = wizard(tmp_path, sim.port, "sk-typed-1\n\n\n", SECOND_KEY="sk-in-the-environment")
        assert code == 0, text
        assert "first" in text and text.count(" answers (") == 2 and "third" not in (home / "yuzui.lua").read_text()
        assert "sk-typed-1" not in text and "sk-in-the" not in text
        assert stat.S_IMODE((home / "yuzui.env").stat().st_mode) == 0o600
        keys = dict(line.split("=", 1) for line in (home / "yuzui.env").read_text().splitlines() if "=" in line and line[0] != "#")
        assert keys["FIRST_KEY"] == "'sk-typed-1'" and keys["SECOND_KEY"] == "'sk-in-the-environment'" and "THIRD_KEY" not in keys
        assert f"base http://127.0.0.1:8080 key {keys['YUZUI_KEY'].strip(chr(39))} model gpt-5.2" in text
        shell = f"set -a; . ./yuzui.env; set +a; {os.path.join(BUILD, 'yuzui')} check yuzui.lua"
        checked = subprocess.run(["sh", "-c", shell], cwd=home, capture_output=True, text=True, timeout=PATIENT,
                                 env={"PATH": os.environ["PATH"], "YUZUI_PLUGINS": os.path.join(BUILD, "plugins")})
        assert checked.returncode == 0 and "0 warnings" in checked.stdout, checked.stderr
        code, text, _ = wizard(tmp_path, sim.port, "\n\n\n")
        assert code == 1 and "yuzui.lua is there already: --force overwrites it" in text and "API key" not in text
        assert (home / "yuzui.env").read_text().count("sk-typed-1") == 1


def test_init_tells_what_does_not_work(tmp_path):
    with Sim() as sim:
        sim.script({"rules": [{"match": {"provider": "openai"}, "do": {"status": 401}}]})
        code, text, _ = wizard(tmp_path, sim.port, "sk-wrong\nsk-2\n\n")
    assert code == 1 and "upstream_auth" in text and "1 of the providers did not answer" in text, text


def test_init_without_a_key(tmp_path):
    code, text, home = wizard(tmp_path, 1, "bad key\n\n\n\n", "gate.lua")
    assert code == 0 and "no key has" in text, text
    assert 'adapter = "demo"' in (home / "gate.lua").read_text() and (home / "gate.env").exists()


def test_init_looks_before_it_asks(tmp_path):
    """Nobody types keys that are then lost."""
    for name, said in (("/nowhere/x.lua", "cannot write into /nowhere/: No such file or directory"), (".", ". is a folder: name the file of the config")):
        code, text, _ = wizard(tmp_path, 1, "", name)
        assert code == 1 and said in text and "API key" not in text, text


def test_check_tries_stores_and_names_keys(tmp_path):
    """A Redis that is not there is a warning, no error; a key that says no models is named."""
    text = """listen "127.0.0.1:1"
provider "o" { adapter = "openai", key = "sk-1" }
model "m" { "o" }
key "sk-alice-4f1c" { name = "alice" }
key "sk-bob-4f1c" { name = "bob", models = { "m" } }
store "redis" { url = "redis://:pw-4f1c@127.0.0.1:1/0" }
secret "shared by the fleet"
chain { auth {}, cache { store = "redis" } }
"""
    (tmp_path / "y.lua").write_text(text)
    for words, warned in ((["check", "y.lua"], True), (["check", "--offline", "y.lua"], False)):
        done = subprocess.run([os.path.join(BUILD, "yuzui"), *words], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
        assert done.returncode == 0 and 'may use all models: key "alice" (' in done.stdout, done.stdout
        assert ('y.lua:6: warning: store "redis" cannot be reached at 127.0.0.1:1: Connection refused' in done.stderr) == warned, done.stderr
        assert f"{int(warned)} warning" in done.stdout and "4f1c" not in done.stdout + done.stderr


@pytest.mark.skipif(not Redis.available(), reason="no redis-server")
def test_check_asks_a_store(tmp_path):
    """One that is there and does not let us in is told with its words, and so is one that is used and not declared."""
    text = """listen "127.0.0.1:1"
provider "o" { adapter = "openai", key = "sk-1" }
model "m" { "o" }
key "sk-bob-4f1c" { name = "bob", models = { "m" } }
STORE
secret "shared by the fleet"
chain { auth {}, cache { store = "redis" } }
"""
    redis = Redis(free_port())
    redis.start("--requirepass", "right-4f1c")
    at = f"127.0.0.1:{redis.port}"
    try:
        for store, said in ((f'store "redis" {{ url = "redis://:wrong-4f1c@{at}" }}', 'y.lua:5: warning: store "redis" cannot be used: it answers AUTH with WRONGPASS'),
                            (f'store "redis" {{ url = "redis://{at}" }}', 'y.lua:5: warning: store "redis" cannot be used: it answers PING with NOAUTH'),
                            (f'store "redis" {{ url = "redis://:right-4f1c@{at}" }}', None)):
            (tmp_path / "y.lua").write_text(text.replace("STORE", store))
            done = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "y.lua"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
            assert done.returncode == 0 and "4f1c" not in done.stdout + done.stderr, done.stderr
            assert done.stderr.strip() == "" if said is None else said in done.stderr, done.stderr
    finally:
        redis.stop()


@pytest.mark.parametrize("says", [b"", b"+", b"$1000000000\r\n"])
def test_check_of_a_store_that_says_nothing(tmp_path, says):
    """Or begins to, and never ends."""
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as mute:
        def serve():
            while True:
                kept.append(mute.accept()[0])
                kept[-1].sendall(says)
        threading.Thread(target=serve, daemon=True).start()
        (tmp_path / "y.lua").write_text(f'listen "127.0.0.1:1"\nmodel "m" {{ "o" }}\nprovider "o" {{ adapter = "openai", key = "sk-1" }}\nsecret "shared by the fleet"\n'
                                        f'store "redis" {{ url = "redis://127.0.0.1:{mute.getsockname()[1]}" }}\nkey "sk-bob" {{ name = "bob", models = {{ "m" }} }}\nchain {{ auth {{}}, cache {{ store = "redis" }} }}\n')
        done = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "y.lua"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
    assert done.returncode == 0 and 'y.lua:5: warning: store "redis" cannot be used: ' in done.stderr, done.stderr


def test_check_asks_a_store_that_is_not_declared(tmp_path):
    """`redis` by its own name is the one of this machine's usual port: where nobody listens there, check says so at the stage."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 6379), 1):
        pytest.skip("something listens on 6379")
    (tmp_path / "y.lua").write_text('listen "127.0.0.1:1"\nmodel "m" { "o" }\nprovider "o" { adapter = "openai", key = "sk-1" }\nsecret "shared by the fleet"\n'
                                    'key "sk-bob-4f1c" { name = "bob", models = { "m" } }\nchain { auth {}, cache { store = "redis" } }\n')
    done = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "y.lua"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
    assert done.returncode == 0 and 'y.lua:6: warning: store "redis" cannot be used: ' in done.stderr, done.stderr


def test_a_policy_without_its_second_argument(tmp_path):
    """The `next` that it finds then is Lua's own, of tables."""
    (tmp_path / "p.lua").write_text("return function(req) return next(req) end\n")
    (tmp_path / "y.lua").write_text('listen "127.0.0.1:1"\nprovider "demo" { adapter = "demo" }\nmodel "m" { "demo" }\nchain { policy "p.lua" }\n')
    done = subprocess.run([os.path.join(BUILD, "yuzui"), "explain", "-c", "y.lua", "--model", "m", "hello"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
    assert "what asks the stages below is a policy's second argument, function(req, next)" in done.stderr, done.stderr


def test_translate_takes_names_of_adapters(tmp_path):
    (tmp_path / "m.json").write_text('{"model": "claude-opus-4-6", "max_tokens": 9, "top_k": 3, "messages": [{"role": "user", "content": "hi"}]}')
    said = [subprocess.run([os.path.join(BUILD, "yuzui"), "explain", "--translate", *names, "m.json"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
            for names in (("anthropic", "openai"), ("anthropic-messages", "openai-chat"))]
    assert said[0].returncode == 0 and said[0].stdout == said[1].stdout and "lost: top_k" in said[0].stdout, said[0]


def test_no_config(tmp_path):
    for words in (["check"], ["explain", "hello"]):
        done = subprocess.run([os.path.join(BUILD, "yuzui"), *words], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)
        assert done.returncode == 1 and "cannot read the config yuzui.lua: No such file or directory: -c FILE names another one, and `yuzui init` writes one" in done.stderr, done.stderr
