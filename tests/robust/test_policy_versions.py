"""Versions of policies: edited by the admin API and the command line, checked before they count, kept, rolled back; nobody's edit is lost, and what serves
goes on serving."""
import hashlib
import http.client
import json
import os
import subprocess
import threading

import pytest
from bench import ask, chat, eventually
from gateway import STANDARD
from simlib import BUILD
from test_admin_api import api

ALL, EDITOR, VIEWER, SUPPORT = "sesame-sesame-sesame", "editor-editor-editor", "viewer-viewer-viewer", "support-support-support"
POLICY = "return function(req, next) req.model = '%s' return next(req) end\n"
ONE, TWO, THREE = POLICY % "gpt-5.2", POLICY % "claude-opus-4-6", POLICY % "gemini-3-flash"
ADMIN = """listen "127.0.0.1:${port}"
admin "127.0.0.1:${admin}" {
  token = "%s", %s
  tokens = { { name = "ann", token = "%s", role = "operate", policies = true }, { name = "eve", token = "%s" },
             { name = "support", token = "%s", role = "operate" } },
}
"""
CHAIN = 'chain { auth {}, policy "route.lua" {} }\n'


def opened(world, editing='edit_policies = "versions",', more="", **how):
    return world.gateway(ADMIN % (ALL, editing, EDITOR, VIEWER, SUPPORT) + STANDARD + CHAIN + more, head=False, files={"route.lua": ONE}, **how)


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def name_of(g):
    return os.path.join(g.folder, "route.lua")


def text_of(g):
    with open(name_of(g), encoding="utf-8") as f:
        return f.read()


def look(g, token=EDITOR):
    return api(g, "GET", "/policies/file?file=" + name_of(g).replace("/", "%2F"), token=token).json()


def activate(g, token=EDITOR, **body):
    return api(g, "POST", "/policies/activate", {"file": name_of(g), **body}, token)


def model(g):
    return ask(g.port, chat("x", model="auto")).json()["model"]


@pytest.mark.parametrize("watch", ["", "watch(false)\n"], ids=["watched", "not watched"])
def test_edit_and_roll_back(world, watch):
    g = opened(world, more=watch)
    seen = look(g)
    assert (seen["source"], seen["sha256"], seen["version"], seen["versions"]) == (ONE, sha(ONE), 0, [])
    made = activate(g, base=sha(ONE), source=TWO, note="the better one").json()
    assert (made["version"], made["sha256"], made["loaded"]) == (2, sha(TWO), True) and made["text"].startswith("generation"), made
    assert model(g) == "claude-opus-4-6" and text_of(g) == TWO
    seen = look(g, VIEWER)
    assert [(v["version"], v["by"], v["note"]) for v in seen["versions"]] == [(2, "admin ann", "the better one"), (1, "found", "")]
    assert api(g, "GET", f"/policies/version?file={name_of(g)}&version=1", token=VIEWER).json()["source"] == ONE
    back = activate(g, ALL, base=sha(TWO), version=1).json()
    assert back["version"] == 3 and model(g) == "gpt-5.2"
    assert (look(g)["versions"][0]["of"], look(g)["versions"][0]["by"]) == (1, "admin admin")
    assert "admin ann: policy " in g.log() and "version 3, the text of version 1" in g.log()
    g.stop()
    g.start()
    assert model(g) == "gpt-5.2" and look(g)["version"] == 3, "a restart agrees"


def test_what_breaks_nothing(world):
    """A text that does not pass, one that somebody else was faster than, one that was edited in its place: told, and nothing happens."""
    g = opened(world, more="watch(false)\n")
    wrong = activate(g, base=sha(ONE), source=ONE + "broken(")
    assert wrong.status == 422 and wrong.json()["error"]["code"] == "check_failed" and "route.lua:2" in wrong.json()["error"]["message"], wrong.body
    assert text_of(g) == ONE and look(g)["versions"] == [] and model(g) == "gpt-5.2"
    assert activate(g, base=sha(ONE), source="return 1").status == 422
    assert activate(g, base=sha(ONE), source=TWO).status == 200
    late = activate(g, ALL, base=sha(ONE), source=THREE)
    assert late.status == 409 and "version 2 by admin ann" in late.json()["error"]["message"], late.body
    g.write("route.lua", THREE)
    late = activate(g, base=sha(TWO), source=ONE)
    assert late.status == 409 and "edited in its place" in late.json()["error"]["message"] and text_of(g) == THREE
    assert look(g)["version"] == 0 and model(g) == "claude-opus-4-6"
    assert activate(g, base=sha(THREE), source=ONE).json()["version"] == 4, "what was edited by hand is version 3"
    assert [v["by"] for v in look(g)["versions"]] == ["admin ann", "found", "admin ann", "found"]
    assert activate(g, base=sha(ONE), source=ONE).status == 400, "it says that already"


def test_two_at_once(world):
    """Of ten who start from the same text, one wins; all others are told."""
    g = opened(world)
    said, texts = [], [POLICY % "gpt-5.2" + f"-- {i}\n" for i in range(10)]
    threads = [threading.Thread(target=lambda t=t: said.append(activate(g, base=sha(ONE), source=t).status)) for t in texts]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert said.count(200) == 1 and set(said) <= {200, 409, 503}, said
    assert text_of(g) in texts and len(look(g)["versions"]) == 2


def test_who_may(world):
    g = opened(world)
    for token, status in ((VIEWER, 403), (SUPPORT, 403)):
        assert activate(g, token, base=sha(ONE), source=TWO).status == status
    for body in ({"base": sha(ONE)}, {"base": sha(ONE), "source": TWO, "version": 1}, {"base": "x", "source": TWO, "more": 1}, {"source": TWO},
                 {"base": sha(ONE), "source": "x" * 70000}, {"base": sha(ONE), "source": TWO, "note": "two\nlines"}):
        assert activate(g, **body).status == 400, body
    for file in ("/etc/passwd", "route.lua/../route.lua", g.folder + "/yuzui.lua", "../route.lua"):
        assert api(g, "POST", "/policies/activate", {"file": file, "base": sha(ONE), "source": TWO}, EDITOR).status == 404, file
        assert api(g, "GET", "/policies/file?file=" + file, token=EDITOR).status == 404, file
    assert activate(g, base=sha(ONE), version=7).status == 404
    for token, status in ((SUPPORT, 403), (VIEWER, 403), (EDITOR, 200)):
        c = http.client.HTTPConnection("127.0.0.1", g.admin_port, timeout=30)
        c.request("POST", "/policies/check", json.dumps({"file": name_of(g), "source": TWO}), {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        assert c.getresponse().status == status, "a text that is tried is code that runs"
    assert text_of(g) == ONE
    off = opened(world, editing="")
    assert api(off, "POST", "/policies/activate", {"file": name_of(off), "base": sha(ONE), "source": TWO}, ALL).status == 403
    assert api(off, "GET", "/policies/file?file=" + name_of(off), token=ALL).status == 403


def cli(g, *words, text=None, code=0):
    p = subprocess.run([os.path.join(BUILD, "yuzui"), "policy", *words, "-c", os.path.join(g.folder, "yuzui.lua")], input=text, capture_output=True, text=True,
                       env=g.env, cwd=g.folder, check=False)
    assert p.returncode == code, p.stdout + p.stderr
    return p.stdout + p.stderr


def test_the_command(world):
    """The same versions from the command line; one that runs takes them up."""
    g = opened(world)
    assert "no version yet" in cli(g, "history", "route.lua")
    assert "version 2 stands in" in cli(g, "activate", "route.lua", "--text", "-", "--note", "by hand", text=TWO)
    eventually(lambda: model(g) == "claude-opus-4-6", "it is taken up")
    assert "nothing was changed" in cli(g, "activate", "route.lua", "--text", "-", text="broken(", code=1)
    assert cli(g, "show", "route.lua", "--version", "1") == ONE and cli(g, "show", "route.lua") == TWO
    cli(g, "rollback", "route.lua", "--version", "1")
    lines = [json.loads(line) for line in cli(g, "history", "route.lua", "--json").splitlines()]
    assert [(v["version"], v["by"], v.get("of")) for v in lines] == [(3, "cli", 1), (2, "cli", None), (1, "found", None)]
    assert look(g)["versions"][0]["by"] == "cli"
    cli(g, "rollback", "route.lua", code=2)
    g.write("other.lua", ONE)
    assert "leads to no" in cli(g, "activate", "other.lua", "--text", "-", text=TWO, code=1)


def test_the_config_says_who(tmp_path):
    """Editing without anybody who may is a mistake; so is a reader who may."""
    def check(admin):
        file = tmp_path / "yuzui.lua"
        file.write_text(f'listen "127.0.0.1:8080"\nadmin "127.0.0.1:8081" {{ {admin} }}\n')
        p = subprocess.run([os.path.join(BUILD, "yuzui"), "check", str(file)], capture_output=True, text=True, check=False)
        return p.stderr
    assert "edit_policies needs somebody who may" in check('edit_policies = "v"')
    assert "policies = true needs role" in check('tokens = { { name = "a", token = "0123456789abcdef", policies = true } }')
