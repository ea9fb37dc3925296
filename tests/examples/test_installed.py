"""What `./dev install` puts down: documents whose links lead somewhere."""
import os
import pathlib
import re
import subprocess

BUILD = pathlib.Path(os.environ["YUZUI_BUILD"]).resolve()


def test_links_of_installed_documents(tmp_path):
    subprocess.run(["cmake", "--install", BUILD, "--prefix", tmp_path], check=True, capture_output=True, env={**os.environ, "DESTDIR": ""})
    docs = next(tmp_path.glob("share/doc/yuzui*"))
    links = [(page, link) for page in docs.rglob("*.md") for link in re.findall(r"\]\(([^)#\s]+)", re.sub(r"```.*?```", "", page.read_text(), flags=re.S))
             if "://" not in link and not link.startswith("mailto:")]
    assert len(links) > 40
    dead = [f"{page.relative_to(docs)}: {link}" for page, link in links if not (page.parent / link).exists()]
    assert not dead, "\n".join(dead)
