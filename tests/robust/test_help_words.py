"""`yuzui help WORD`: whatever a word of a config is, it is said; and what other programs call a command, a verb or an option is met with ours."""
import os
import subprocess

import pytest
from gateway import BUILD, ROOT


def yuzui(*words):
    env = dict(os.environ, YUZUI_PLUGINS=os.path.join(BUILD, "plugins"), YUZUI_POLICIES=os.path.join(ROOT, "policies"), YUZUI_FLAVOURS=os.path.join(ROOT, "flavours"))
    result = subprocess.run([os.path.join(BUILD, "yuzui"), *words], env=env, capture_output=True, text=True, timeout=60, check=False)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize("word, said", [
    ("limit", "limits[].requests"), ("openai", "adapter of openai-chat"), ("sqlite", "ledger"), ("listen", "PEM file with the certificate chain"),
    ("provider", "the vendor whose ways it has"), ("key", "who that is, in logs and metrics"), ("workers", "one per processor"),
    ("attempts", "retry:\n  attempts"), ("weight", "model:\n  weight"), ("groq", 'provider "groq" { flavour = "groq"'), ("claude", 'flavour "anthropic"'),
    ("by-question", 'policy "policies/by-question.lua" {}'), ("policy", "usage: yuzui policy history"), ("policy", "when the policy fails"),
    ("config", "A config is Lua"), ("check", "usage: yuzui check")])
def test_a_word_is_explained(word, said):
    code, out, err = yuzui("help", word)
    assert code == 0 and said in out and err == "", (out, err)


@pytest.mark.parametrize("words, said", [
    (("help", "retyr"), 'nothing is called "retyr": did you mean "retry"?'), (("help", "zzzzz"), "`yuzui help config` the directives"),
    (("doctor",), "yuzui check FILE says what is wrong"), (("logs",), "journalctl -u yuzui"), (("chekc",), 'did you mean "check"?'),
    (("key", "add", "x"), 'did you mean "create"?'), (("key", "delete", "x"), 'did you mean "revoke"?'), (("policy", "list"), 'did you mean "history"?'),
    (("run", "--port", "80"), "did you mean --listen?"), (("usage", "x", "--since", "1d"), "did you mean --from?"), (("status", "-j"), "did you mean --json?")])
def test_what_others_call_it(words, said):
    code, out, err = yuzui(*words)
    assert code == 2 and said in err and out == "", (out, err)


@pytest.mark.parametrize("words", [("key", "list", "--help"), ("--help", "key"), ("key", "--help"), ("key", "create", "x", "--help"), ("key", "-h")])
def test_help_wherever_it_stands(words):
    code, out, err = yuzui(*words)
    assert code == 0 and out.startswith("usage: yuzui key create") and err == "", (out, err)


def test_a_policy_is_no_config(tmp_path):
    (tmp_path / "route.lua").write_text("return function(req, next)\n  return next(req)\nend\n")
    code, _, err = yuzui("check", str(tmp_path / "route.lua"))
    assert code == 1 and 'it is a policy, which a config names in its chain, as in chain { policy "route.lua" {} }' in err, err
