"""Codes that are worth money once, from outside."""
import json
import time

from test_keys import cli_error, made
from test_money import balance, cli, config, nano  # noqa: F401 (config is a fixture)


def test_life_of_a_code(world, config):  # noqa: F811
    """Made in a batch, told once, redeemed once; what is wrong with one that is not is said."""
    g = world.gateway(config(""))
    codes = cli(g, "code", "create", "spring", "--usd", "2.5", "--count", "20").split()
    assert len(set(codes)) == 20 and all(len(c) == 30 and c.startswith("yzc-") for c in codes), codes
    one = json.loads(cli(g, "code", "create", "other", "--usd", "1", "--expires", "2099-01-01", "--json"))["code"]
    listed = cli(g, "code", "list")
    assert len(listed.splitlines()) == 21 and not any(c in listed for c in codes + [one]), "a code is told once"
    assert "good until 2099-01-01" in cli(g, "code", "list", "other")

    assert "2.5 USD paid in; available 2.5 USD" in cli(g, "code", "redeem", codes[0], "--account", "alice")
    assert "redeemed before" in cli(g, "code", "redeem", codes[0], "--account", "alice")
    assert "has been redeemed" in cli_error(g, "code", "redeem", codes[0], "--account", "bob")
    assert "no such code" in cli_error(g, "code", "redeem", codes[0][:-1] + ("a" if codes[0][-1] != "a" else "b"), "--account", "bob")
    assert "no such code" in cli_error(g, "code", "redeem", "x", "--account", "bob")
    assert balance(g, "alice")["available"] == nano("2.5") and balance(g, "bob") is None
    first = next(c for c in map(json.loads, cli(g, "code", "list", "spring", "--json").splitlines()) if "redeemed" in c)
    assert first["account"] == "alice" and first["usd"] == 2.5 and first["shown"] == codes[0][:8], first

    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    late = cli(g, "code", "create", "late", "--usd", "1", "--expires", soon).strip()
    time.sleep(2.5)
    assert "expired" in cli_error(g, "code", "redeem", late, "--account", "bob")
    for words in (["x y", "--usd", "1"], ["x", "--usd", "1", "--expires", "2020-01-01"]):
        assert cli_error(g, "code", "create", *words), words
    assert "adds up" in cli(g, "audit")


def test_what_a_terminal_is_shown(world, config):  # noqa: F811
    """A note that would steer a terminal does not; a label without a value is not taken for one."""
    g = world.gateway(config(""))
    made(g, "mallory", "--note", "\x1b[31mred\x07 \x9bx")
    for out in (cli(g, "key", "list"), cli(g, "key", "show", "mallory")):
        assert "?[31mred? ?x" in out and "\x1b" not in out and "\x07" not in out and "\x9b" not in out, out
    for wrong in ("a", "=b", "a=b,c", "a=b,,c=d"):
        cli(g, "key", "create", "x", "--labels", wrong, code=2)
    assert made(g, "y", "--labels", "a=b,c=")["labels"] == {"a": "b", "c": ""}
