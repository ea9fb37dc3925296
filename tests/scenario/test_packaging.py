"""What an installation brings: a sample config that checks, a unit that systemd understands, and pages that know every command."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from simlib import BUILD, PATIENT, ROOT  # noqa: E402

PACKAGING = os.path.join(ROOT, "packaging")
KEYS = dict(OPENAI_API_KEY="sk-a", ANTHROPIC_API_KEY="sk-b", TEAM_KEY="sk-team-4f1c02e7b9d8a6c3", REDIS_PASSWORD="p", YUZUI_SECRET="a secret of the fleet")


def run(*words, **more):
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | dict(YUZUI_PLUGINS=os.path.join(BUILD, "plugins")) | more
    return subprocess.run(words, env=env, capture_output=True, text=True, timeout=PATIENT)


def check(path):
    return run(os.path.join(BUILD, "yuzui"), "check", "--offline", path, **KEYS)


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def test_the_sample_config():
    done = check(os.path.join(PACKAGING, "yuzui.lua"))
    assert done.returncode == 0 and "0 warnings" in done.stdout, done.stderr


def test_the_sample_config_with_all_it_suggests(tmp_path):
    """TLS needs files; everything else that stands there as a comment is taken in."""
    text = re.sub(r"(?m)^-- (store|secret)", r"\1", read("packaging", "yuzui.lua")).replace('store = "memory"', 'store = "redis"')
    path = tmp_path / "yuzui.lua"
    path.write_text(text, encoding="utf-8")
    done = check(str(path))
    assert done.returncode == 0 and "0 warnings" in done.stdout, done.stderr


def test_the_config_of_the_page(tmp_path):
    """docs/operate.md: with a certificate of our own in place of the one in /etc."""
    text = re.search(r"```lua\n(.*?)```", read("docs", "operate.md"), re.S).group(1)
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=a",
               "-keyout", str(key), "-out", str(cert))
    assert made.returncode == 0, made.stderr
    path = tmp_path / "yuzui.lua"
    path.write_text(text.replace("/etc/yuzui/tls", str(tmp_path)), encoding="utf-8")
    done = check(str(path))
    assert done.returncode == 0 and "0 warnings" in done.stdout, done.stderr


def test_every_command_is_known():
    words = run(os.path.join(BUILD, "yuzui"), "help").stdout
    commands = set(re.findall(r"(?m)^  yuzui (\w+)", words))
    assert {"run", "check", "reload", "status", "init"} <= commands
    for page in (("packaging", "yuzui.1"), ("packaging", "completions", "yuzui.bash"), ("packaging", "completions", "_yuzui"), ("packaging", "completions", "yuzui.fish")):
        text = read(*page)
        missing = {c for c in commands if not re.search(rf"\b{c}\b", text)}
        assert not missing, f"{page[-1]} does not know {missing}"


def test_the_unit(tmp_path):
    unit = read("packaging", "yuzui.service.in").replace("@YZ_BIN@/yuzui", "/bin/true").replace("@YZ_ETC@", "/etc/yuzui")
    assert "@" not in unit.replace("@system-service", "").replace("@privileged", "")
    if not shutil.which("systemd-analyze"):  # a machine without systemd: nothing there runs it
        return
    path = tmp_path / "yuzui.service"
    path.write_text(unit.replace("Documentation=man:yuzui(1)\n", ""), encoding="utf-8")
    done = run("systemd-analyze", "verify", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_bash_completes():
    script = f'source {PACKAGING}/completions/yuzui.bash; COMP_WORDS=(yuzui st); COMP_CWORD=1; _yuzui; echo "${{COMPREPLY[@]}}"; '
    script += 'COMP_WORDS=(yuzui explain --bo); COMP_CWORD=2; _yuzui; echo "${COMPREPLY[@]}"'
    assert run("bash", "-c", script).stdout == "status\n--body\n"
