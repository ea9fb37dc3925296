"""What `./dev install` puts down: documents whose links lead somewhere."""
import os
import pathlib
import re
import subprocess

BUILD = pathlib.Path(os.environ["YUZUI_BUILD"]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_links_of_installed_documents(tmp_path):
    subprocess.run(["cmake", "--install", BUILD, "--prefix", tmp_path], check=True, capture_output=True, env={**os.environ, "DESTDIR": ""})
    docs = next(tmp_path.glob("share/doc/yuzui*"))
    links = [(page, link) for page in docs.rglob("*.md") for link in re.findall(r"\]\(([^)#\s]+)", re.sub(r"```.*?```", "", page.read_text(), flags=re.S))
             if "://" not in link and not link.startswith("mailto:")]
    assert len(links) > 40
    dead = [f"{page.relative_to(docs)}: {link}" for page, link in links if not (page.parent / link).exists()]
    assert not dead, "\n".join(dead)


def dev(*words, cwd=None):
    env = {**os.environ, "YUZUI_NO_PACKAGES": "1", "YUZUI_BUILD": str(BUILD), "DESTDIR": ""}
    return subprocess.run([ROOT / "dev", *words], capture_output=True, text=True, env=env, cwd=cwd, timeout=600)


def test_the_prefixes_of_dev_install(tmp_path):
    """As the READMEs and docs/operate.md say it, and in the other spellings; a relative one is the caller's."""
    for words in (["--prefix", tmp_path / "a"], [f"--prefix={tmp_path}/b"], [tmp_path / "c"], ["--prefix", "d"]):
        done = dev("install", *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        prefix = tmp_path / "abcd"[len(list(tmp_path.iterdir())) - 1]
        assert f"installed under {prefix}\n" in done.stdout and (prefix / "etc/yuzui/yuzui.lua").exists()
        assert f"{prefix}/bin/yuzui run -c {prefix}/etc/yuzui/yuzui.lua" in done.stdout
    for words in (["--prefix"], ["--prefix", ""], ["--destdir=x"], ["a", "b"]):
        done = dev("install", *words, cwd=tmp_path)
        assert done.returncode == 1 and "install" in done.stderr + done.stdout and not (tmp_path / "--prefix").exists()


def test_the_documents_name_prefixes_that_work():
    for page in ("README.md", "README.zh-CN.md", "docs/operate.md"):
        lines = re.findall(r"\./dev install[^`#\n]*", (ROOT / page).read_text())
        assert lines and all(re.fullmatch(r"\./dev install( --prefix \S+)? *", line) for line in lines), (page, lines)


def test_no_document_counts_the_vendors():
    """The number of files in flavours/ would go stale."""
    for page in ("README.md", "README.zh-CN.md", "CHANGELOG.md", "docs/flavours.md"):
        text = (ROOT / page).read_text()
        assert not re.search(r"\b(\d+|twenty(-\w+)?|thirty(-\w+)?)\s+vendors|[0-9二三四五六七八九十]+家(供应商)?的", text), page
