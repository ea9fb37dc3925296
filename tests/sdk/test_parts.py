"""Files that come in parts, through the official clients: the whole arrives as it was cut, is its tenant's alone, and is for keys that may use all models."""
import hashlib
import json
import os
import subprocess

import openai
import pytest
from simlib import BUILD
from test_batches import CONFIG, begin, lines, openai_of

from gateway import CLIENT_KEYS, Gateway

HERE = os.path.dirname(os.path.abspath(__file__))
EVE = "sk-client-eve-40d2"
PARTED = CONFIG + f'\nlimits {{ stream_from = "1MiB" }}\nkey "{EVE}" {{ name = "eve", models = {{ "*" }} }}\n'


@pytest.fixture(scope="module")
def gateway(running):
    with Gateway(PARTED, sim_port=running.sim.port, workers=2) as g:
        yield g


@pytest.fixture
def writer(world, gateway):
    with openai_of(gateway, "alice") as c:
        yield c


@pytest.fixture
def stranger(gateway):
    with openai.OpenAI(base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key=EVE, max_retries=0) as c:
        yield c


def open_upload(client, n, purpose="batch"):
    return client.uploads.create(filename="batch.jsonl", purpose=purpose, bytes=n, mime_type="application/jsonl")


@pytest.mark.parametrize("size", [100, 5 << 20])  # kept whole, and streaming
def test_chunked(world, writer, tmp_path, size):
    data = lines("gpt-5.2", max(2, 3 * size // 170)) + b"\n"
    (tmp_path / "batch.jsonl").write_bytes(data)
    for file in ({"file": tmp_path / "batch.jsonl"}, {"file": data, "filename": "batch.jsonl", "bytes": len(data)}):
        done = writer.uploads.upload_file_chunked(mime_type="application/jsonl", purpose="batch", part_size=size, **file)
        assert (done.status, done.file.purpose, done.file.bytes) == ("completed", "batch", len(data)) and "_yz" in done.id and "_yz" in done.file.id
        assert hashlib.sha256(writer.files.content(done.file.id).read()).digest() == hashlib.sha256(data).digest()
    assert len([e for e in world.sim.log() if e["path"].endswith("/parts")]) == 2 * -(-len(data) // size)
    batch = begin(writer, done.file.id)
    while batch.status != "completed":
        batch = writer.batches.retrieve(batch.id)
    assert {e["provider"] for e in world.sim.log()} == {"openai"} and writer.files.delete(done.file.id).deleted


def test_node(world, gateway):
    p = subprocess.run(["node", os.path.join(HERE, "uploads.mjs"), f"http://127.0.0.1:{gateway.port}", CLIENT_KEYS["alice"], "gpt-5.2"], capture_output=True, text=True, timeout=120,
                       env=dict(os.environ, YUZUI_BUILD=BUILD), check=False)
    assert p.returncode == 0, p.stderr[-3000:]
    assert json.loads(p.stdout) == {"status": ["pending", "completed"], "same": True, "whole": True, "answers": 3, "cancelled": "cancelled", "late": ["BadRequestError", 400]}


def test_nobody_else_s(world, writer, stranger):
    data = lines("gpt-5.2")
    mine, theirs = open_upload(writer, len(data)), open_upload(stranger, len(data))
    part, other = writer.uploads.parts.create(mine.id, data=data), stranger.uploads.parts.create(theirs.id, data=data)
    for call in (lambda: stranger.uploads.parts.create(mine.id, data=b"x"), lambda: stranger.uploads.complete(mine.id, part_ids=[other.id]), lambda: stranger.uploads.cancel(mine.id),
                 lambda: stranger.uploads.cancel(mine.id.split("_yz")[0])):
        with pytest.raises(openai.NotFoundError, match="Upload with id 'upload_sim.*' not found"):
            call()
    for ids in ([part.id, other.id], [part.id.split("_yz")[0]]):  # another's part; one without its mark, which may be another's
        with pytest.raises(openai.NotFoundError, match="Part with id 'part_sim.*' not found"):
            writer.uploads.complete(mine.id, part_ids=ids)
    for ids in ([], ["part/../x"]):
        with pytest.raises(openai.BadRequestError, match="part_ids must be the ids of the parts"):
            writer.uploads.complete(mine.id, part_ids=ids)
    done = writer.uploads.complete(mine.id, part_ids=[part.id], md5="0" * 32)
    with pytest.raises(openai.NotFoundError, match="no provider here keeps it for you"):
        stranger.files.content(done.file.id)
    assert stranger.uploads.cancel(theirs.id).status == "cancelled"


def test_refused(world, gateway, writer):
    with openai_of(gateway, "bob") as limited, pytest.raises(openai.PermissionDeniedError, match="may not use all models"):  # his are gpt-*, and who knows what the parts will ask for
        open_upload(limited, 100)
    with pytest.raises(openai.BadRequestError, match='purpose must be \\\\?"batch'):
        open_upload(writer, 100, "user_data")
    assert world.sim.log() == []
    upload = open_upload(writer, 100)
    with pytest.raises(openai.BadRequestError, match="hold one part of the file alone"):
        writer.post(f"/uploads/{upload.id}/parts", body={"data": "x"}, cast_to=object)
    with pytest.raises(openai.BadRequestError, match="is not that of the upload"):  # the provider's own words
        writer.uploads.complete(upload.id, part_ids=[writer.uploads.parts.create(upload.id, data=b"x").id])


def test_where_files_are_not_taken(world, running):
    """And a guard that must see every text lets no part pass."""
    config = PARTED.replace("chain { auth {},", 'chain { operations = { "chat", "stored" }, auth {},')
    with Gateway(config, sim_port=running.sim.port) as g, openai_of(g, "alice") as client, pytest.raises(openai.PermissionDeniedError, match="may not ask for file"):
        open_upload(client, 100)
    guard = 'policy "policies/guard.lua" { on_error = "fail", operations = { "all" }, options = { ask = { "falcon" } } }'
    with Gateway(PARTED.replace("chain { auth {},", "chain { auth {}, " + guard + ","), sim_port=running.sim.port) as g, openai_of(g, "alice") as client:
        upload = open_upload(client, 100)
        with pytest.raises(openai.APIStatusError):
            client.uploads.parts.create(upload.id, data=lines("gpt-5.2"))
        assert [e["path"] for e in world.sim.log()] == ["/v1/uploads"]
