"""What `yuzui check` tries beside reading: each policy on a small question, without asking anybody; whether the addresses are this machine's;
and that it, `status` and `reload` do not wait long at what is silent, and say so."""
import os
import socket
import subprocess
import threading
import time

import pytest
from gateway import BUILD, free_port

CONFIG = """listen "127.0.0.1:%d"
provider "demo" { adapter = "demo" }
model "gpt-5.2" { "demo" }
model "kimi-k2.5" { "demo" }
key "sk-4f1c02e7b9d8a6c35e0f" { name = "team", tags = { tier = "gold" } }
"""


def yuzui(folder, *words, seconds=60):
    env = dict(os.environ, YUZUI_PLUGINS=os.path.join(BUILD, "plugins"), XDG_RUNTIME_DIR=str(folder))
    begun = time.monotonic()
    result = subprocess.run([os.path.join(BUILD, "yuzui"), *words], cwd=folder, env=env, capture_output=True, text=True, timeout=seconds, check=False)
    return result.returncode, result.stderr + result.stdout, time.monotonic() - begun


def check(folder, chain, policy="", *words):
    (folder / "yuzui.lua").write_text(CONFIG % free_port() + chain)
    (folder / "route.lua").write_text(policy)
    return yuzui(folder, "check", *words)


def body(text):
    return "return function(req, next)\n" + text + "\n  return next(req)\nend\n"


POLICY = 'chain { auth {}, policy "route.lua" { store = "memory", hosts = { "example.com" } } }'
FAILS = 'yuzui.lua:6: warning: policy "route" fails when it is asked for "%s": '


@pytest.mark.parametrize("policy, said", [
    (body('  os.execute("ls")'), FAILS % "auto" + "%s/route.lua:2: 'os' is not there in policies"),
    (body('  req.model = "gpt-6"'), FAILS % "auto" + '%s/route.lua:2: the model "gpt-6" is not configured'),
    (body("  if req:token() > 3 then end"), FAILS % "auto" + '%s/route.lua:2: req has no field "token": did you mean "tokens"?'),
    (body("  while true do end"), FAILS % "auto" + "it took more than 50 ms of CPU time"),
    (body('  if req.model == "gpt-5.2" then error("boom") end'), FAILS % "gpt-5.2" + "%s/route.lua:2: boom"),
    ("return function(req, next)\n  next(req)\nend", FAILS % "gpt-5.2" + "%s/route.lua:2: the policy returned nothing, though it had called next here"),
    (body("  sleep(60000) error('late')"), FAILS % "auto" + "%s/route.lua:2: late"), # its time is played
    # right, or right perhaps
    (body("  if req.key.tags.tier == 'gold' then req.model = 'kimi-k2.5' end"), None),
    (body("  req.model = llm.chat({ model = 'gpt-5.2', messages = 'which?' }).text:match('%w+-%d')"), None),
    (body("  req.model = http.fetch({ url = 'https://example.com/' }).body"), None),
    (body("  req.model = store.get('model') .. ''"), None),
    (body("  return nil, { class = 'rate_limited', message = 'no' }"), None)])
def test_policies_are_tried(tmp_path, policy, said):
    policy = policy.replace("  return nil, {", "  do return nil, {").replace("'no' }", "'no' } end") if "return nil, {" in policy else policy
    code, text, took = check(tmp_path, POLICY, policy)
    assert code == 0, text
    assert took < 20, took
    if said:
        assert said.replace("%s", ".") in text and text.count(" fails when ") == 1 and "1 warning\n" in text, text
    else:
        assert "0 warnings\n" in text, text


def test_workflows_and_every_chain_are_tried(tmp_path):
    (tmp_path / "flow.lua").write_text(body("  req.model = nobody"))
    chains = 'model "flow" {} chain { auth {}, workflow "flow.lua" { model = "flow" } }\nchain "b" { models = { "kimi-*" }, auth {}, policy "route.lua" {} }'
    _, text, _ = check(tmp_path, chains, body("  print(1)"))
    assert 'yuzui.lua:6: warning: policy "flow" fails when it is asked for "flow": ./flow.lua:2:' in text, text
    assert 'yuzui.lua:7: warning: policy "route" fails when it is asked for "auto": ./route.lua:2:' in text, text


def test_an_address_of_another_machine(tmp_path):
    chain = 'chain { auth {} }\nlisten "192.0.2.7:18081" { trusted = { "10.0.0.1" } }\nadmin "[2001:db8::7]:18082" { token = "0123456789abcdef" }'
    code, text, _ = check(tmp_path, chain)
    assert code == 0
    assert 'yuzui.lua:7: warning: listen "192.0.2.7:18081": this machine has no such address' in text, text
    assert 'yuzui.lua:8: warning: admin "[2001:db8::7]:18082": this machine has no such address' in text, text
    assert "no such address" not in check(tmp_path, chain, "", "--offline")[1]
    assert "no such address" not in check(tmp_path, 'chain { auth {} }\nlisten ":18081" { trusted = { "10.0.0.1" } }')[1]


@pytest.fixture
def silent():
    """It takes connections and says nothing."""
    server, kept = socket.create_server(("127.0.0.1", 0)), []

    def take():
        while True:
            try:
                kept.append(server.accept())
            except OSError:
                return
    threading.Thread(target=take, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def test_what_is_silent_is_not_waited_for_long(tmp_path, silent):
    code, text, took = yuzui(tmp_path, "status", "--admin", f"127.0.0.1:{silent}")
    assert code == 1 and took < 15, took
    assert f"yuzui status: 127.0.0.1:{silent} has taken the question and says nothing yet; waiting up to 5 s\n" in text
    assert f"nobody answers at the admin address 127.0.0.1:{silent}: it takes the question and says nothing" in text


def test_a_silent_ledger_is_said_to_be(tmp_path, silent):
    code, text, took = check(tmp_path, f'chain {{ auth {{}} }}\nledger "postgresql" {{ url = "postgresql://u:p@127.0.0.1:{silent}/db", wills = "{tmp_path}" }}')
    assert code == 1 and took < 20, took
    assert "timeout expired after 5 s: is it PostgreSQL that listens there?" in text, text
