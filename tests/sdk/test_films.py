"""Films as jobs of the gateway's own, through the official client: followed to their end, and paid back when they fail."""
import subprocess
import os

import httpx2
import openai
import pytest

from gateway import CLIENT_KEYS, KEYS, PROVIDERS, Gateway
from simlib import BUILD

CONFIG = PROVIDERS + KEYS.replace('"gpt-*"', '"*"') + """
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "openai" { source = "the test", date = "2026-11-28", models = { { name = "sora-2", second = 0.1 } } }
prices "backup" { source = "the test", date = "2026-11-28", models = { { name = "sora-2", second = 0.1 } } }
model "sora-2" { "openai" }
model "film" { { "backup", as = "sora-2" } }
chain { auth {}, jobs { every = "1s" }, bill {}, fallback {}, retry { attempts = 3, base = "1ms" } }
"""


@pytest.fixture(scope="module")
def gateway(running):
    with Gateway(CONFIG, sim_port=running.sim.port, workers=2) as g:
        for who in ("alice", "bob"):
            subprocess.run([os.path.join(BUILD, "yuzui"), "credit", who, "--usd", "100", "-c", os.path.join(g.folder, "yuzui.lua")], env=g.env, check=True, capture_output=True)
        yield g


def client_of(gateway, who):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key=CLIENT_KEYS[who], max_retries=0)


@pytest.fixture
def client(world, gateway):
    with client_of(gateway, "alice") as c:
        yield c


def left(gateway):
    return float(httpx2.get(f"http://127.0.0.1:{gateway.port}/v1/balance", headers={"authorization": "Bearer " + CLIENT_KEYS["alice"]}).json()["available"])


@pytest.mark.parametrize("model, account", [("sora-2", "openai"), ("film", "backup")])
@pytest.mark.parametrize("picture", [False, True])
def test_to_its_end(world, gateway, client, model, account, picture):
    before = left(gateway)
    more = {"input_reference": ("a.png", b"\x89PNG\r\n\x1a\nx")} if picture else {}
    film = client.videos.create(model=model, prompt="a carp leaps", seconds="8", **more)
    assert film.status == "queued" and film.seconds == "8" and film.prompt == "a carp leaps" and film.id.startswith("video_yz")
    film = client.videos.poll(film.id, poll_interval_ms=200)
    assert film.status == "completed" and film.progress == 100 and film.prompt == "a carp leaps"
    assert client.videos.download_content(film.id).content == b"\0\0\0\030ftypmp42\r\n\377"
    assert client.videos.download_content(film.id, variant="thumbnail").content
    assert {e["provider"] for e in world.sim.log()} == {account}
    with client_of(gateway, "bob") as stranger:
        for ask in (stranger.videos.retrieve, stranger.videos.download_content, stranger.videos.delete):
            with pytest.raises(openai.NotFoundError, match=film.id):
                ask(film.id)
    deleted = client.videos.delete(film.id)
    assert deleted.deleted and deleted.id == film.id
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(film.id)
    assert round(before - left(gateway), 9) == 0.8


def test_one_that_fails(gateway, client):
    before = left(gateway)
    film = client.videos.create_and_poll(model="sora-2", prompt="fails: a carp leaps", poll_interval_ms=200)
    assert film.status == "failed" and film.error.code == "moderation_blocked" and film.created_at > 0 and film.seconds == "4" and film.size == "720x1280"
    with pytest.raises(openai.BadRequestError, match="there is nothing to get: the job is failed"):
        client.videos.download_content(film.id)
    assert client.videos.delete(film.id).deleted
    assert left(gateway) == before


def test_listed(gateway, client):
    with client_of(gateway, "bob") as other:
        assert other.videos.list().data == []
        begun = [other.videos.create(model="sora-2", prompt="a carp").id for _ in range(5)]
        first = other.videos.list(limit=2)
        assert [f.id for f in first.data] == begun[:2:-1] and first.has_more and first.data[0].status == "queued" and first.data[0].seconds == "4"
        assert [f.id for f in other.videos.list(limit=2)] == begun[::-1]  # page by page
        assert not {f.id for f in client.videos.list(limit=100)} & set(begun)
        with pytest.raises(openai.BadRequestError, match="limit must be a number from 1 to 100"):
            other.videos.list(limit=101)
        with pytest.raises(openai.BadRequestError, match='order must be "desc"'):
            other.videos.list(order="asc")
        mine = client.videos.create(model="sora-2", prompt="a carp").id
        with pytest.raises(openai.NotFoundError):
            other.videos.list(after=mine)


def test_no_list_without_the_stage(world):
    with openai.OpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c, pytest.raises(openai.APIStatusError) as e:
        c.videos.list()
    assert e.value.status_code in (400, 404) and not world.sim.log()


def test_refusals(world, client):
    with pytest.raises(openai.BadRequestError, match="Invalid value: '5'"):
        client.videos.create(model="sora-2", prompt="x", seconds="5")
    for id in ("video_yz" + "0" * 32, "video_yz" + "f" * 31, "job_yz" + "0" * 32):
        with pytest.raises(openai.NotFoundError):
            client.videos.retrieve(id)
