"""Films of Gemini's dialect as jobs of the gateway's own, through Google's official clients: asked for and downloaded. Since Google's own service on this
API ended, version 3 of the clients begins films on Vertex AI alone, so here they are begun as earlier versions do it: with the same bytes."""
import asyncio
import base64
import json
import os
import subprocess
import time

import httpx2
import openai
import pytest
from gateway import CLIENT_KEYS, KEYS, PROVIDERS, Gateway
from google import genai
from google.genai import errors, types
from simlib import BUILD

FILM = b"\0\0\0\030ftypmp42\r\n\377"
CONFIG = PROVIDERS + KEYS.replace('"gpt-*"', '"*"') + """
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "google" { source = "the test", date = "2026-11-28", models = { { name = "veo-3.1-generate-preview", second = 0.4 } } }
model "veo" { { "google", as = "veo-3.1-generate-preview" } }
chain { auth {}, jobs { every = "1s" }, bill {}, fallback {}, retry {} }
"""


@pytest.fixture(scope="module")
def gateway(running):
    with Gateway(CONFIG, sim_port=running.sim.port, workers=2) as g:
        for who in ("alice", "bob"):
            subprocess.run([os.path.join(BUILD, "yuzui"), "credit", who, "--usd", "1000", "-c", os.path.join(g.folder, "yuzui.lua")], env=g.env, check=True, capture_output=True)
        yield g


def client_of(gateway, who):
    return genai.Client(api_key=CLIENT_KEYS[who], http_options=types.HttpOptions(base_url=f"http://127.0.0.1:{gateway.port}"))


@pytest.fixture
def client(world, gateway):
    return client_of(gateway, "alice")


def until_done(client, operation):
    for _ in range(200):
        if operation.done:
            return operation
        time.sleep(0.1)
        operation = client.operations.get(operation)
    raise TimeoutError(operation)


def begin(gateway, prompt, image=None, **parameters):
    instance = {"prompt": prompt, **({"image": {"bytesBase64Encoded": base64.b64encode(image).decode(), "mimeType": "image/png"}} if image else {})}
    r = httpx2.post(f"http://127.0.0.1:{gateway.port}/v1beta/models/veo:predictLongRunning", headers={"x-goog-api-key": CLIENT_KEYS["alice"]},
                   json={"instances": [instance], "parameters": parameters})
    assert r.status_code == 200, r.text
    return types.GenerateVideosOperation(name=r.json()["name"])


def test_to_its_end(world, gateway, client, tmp_path):
    operation = begin(gateway, "a carp leaps", b"\x89PNG\r\n\x1a\nx", sampleCount=2, durationSeconds=6, aspectRatio="16:9", negativePrompt="rain", personGeneration="allow_adult")
    assert operation.name.startswith("models/veo/operations/video_yz")
    films = until_done(client, operation).response.generated_videos
    assert [client.files.download(file=f) for f in films] == [FILM, FILM + b"1"] and films[0].video.video_bytes == FILM
    films[0].video.save(str(tmp_path / "film.mp4"))
    client.files.download(file=films[1], destination=str(tmp_path / "other.mp4"))
    assert (tmp_path / "film.mp4").read_bytes() == FILM and (tmp_path / "other.mp4").read_bytes() == FILM + b"1"
    stranger = client_of(gateway, "bob")
    for what in (lambda: stranger.operations.get(operation), lambda: stranger.files.download(file=films[0])):
        with pytest.raises(errors.ClientError) as e:
            what()
        assert e.value.code == 404


def test_in_a_loop_of_its_own(gateway, client):
    async def film():
        operation = begin(gateway, "a carp leaps")
        while not operation.done:
            await asyncio.sleep(0.1)
            operation = await client.aio.operations.get(operation)
        return await client.aio.files.download(file=operation.response.generated_videos[0])

    assert asyncio.run(film()) == FILM


def test_what_comes_to_nothing(gateway, client):
    filtered = until_done(client, begin(gateway, "filtered: a carp leaps"))
    assert not filtered.error and not filtered.response.generated_videos and filtered.response.rai_media_filtered_count == 1 and "鱼" in filtered.response.rai_media_filtered_reasons[0]
    failed = until_done(client, begin(gateway, "fails: a carp leaps"))
    assert failed.error["code"] == 13 and failed.response is None


def test_by_the_videos_api(world, gateway):
    """Another vendor's client, which knows nothing of Gemini's dialect."""
    with openai.OpenAI(base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key=CLIENT_KEYS["alice"], max_retries=0) as c:
        film = c.videos.create(model="veo", prompt="a carp leaps", seconds="8", size="1280x720", input_reference=("a.png", b"\x89PNG\r\n\x1a\nx"))
        assert film.status == "in_progress" and film.seconds == "8" and film.id.startswith("video_yz")
        film = c.videos.poll(film.id, poll_interval_ms=100)
        assert film.status == "completed" and film.size == "1280x720" and c.videos.download_content(film.id).content == FILM
        assert c.videos.list(limit=1).data[0].id == film.id
        failed = c.videos.create_and_poll(model="veo", prompt="filtered: a carp leaps", poll_interval_ms=100)
        assert failed.status == "failed" and failed.error.code == "content_policy" and "鱼" in failed.error.message
        assert c.videos.with_raw_response.create(model="veo", prompt="a carp", size="1792x1024").headers["x-yuzui-lost"] == "size;approximated"
        with pytest.raises(openai.BadRequestError, match="durationSeconds"):
            c.videos.create(model="veo", prompt="a carp leaps", seconds="12")


def test_node(gateway, world, tmp_path):
    p = subprocess.run(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "veo.mjs"), f"http://127.0.0.1:{gateway.port}", CLIENT_KEYS["alice"], "veo",
                        str(tmp_path / "film.mp4")], capture_output=True, text=True, timeout=120, env=dict(os.environ, YUZUI_BUILD=BUILD), check=False)
    assert p.returncode == 0, p.stderr[-3000:]
    assert json.loads(p.stdout) == {"bytes": FILM.hex(), "filtered": [[], 1]}
