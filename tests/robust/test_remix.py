"""A film made anew from another by a new prompt: by its owner alone, at the account that has that one, at its model's price and its length; and followed as any other."""
import json

import openai
import pytest
from bench import ALICE, BOB, eventually
from test_films_across import CONFIG
from test_jobs import PAID_IN, count, start
from test_money import balance, cli, settled
from test_operations import FILM

SECOND = 100_000_000
TEXT = CONFIG + """
provider "other" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/other/v1" }
prices "other" { source = "the test", date = "2026-11-28", models = { { name = "sora-2", second = 0.1 } } }
model "film" { { "other", as = "sora-2" }, { "openai", as = "sora-2" } }
"""


@pytest.fixture(name="g")
def one_gateway(world):
    world.sim.script({"record": True})
    return start(world, TEXT, workers=2)


def client_of(g, key=ALICE):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{g.port}/v1", api_key=key, max_retries=0)


def until_over(c, film):
    seen = []

    def over():
        seen.append(c.videos.retrieve(film))
        return seen[-1].status in ("completed", "failed")

    eventually(over, "the end of a film")
    return seen[-1]


def test_anew(world, g):
    with client_of(g) as c:
        first = c.videos.create(model="film", prompt="soon: a weir", seconds="8", size="720x1280")
        until_over(c, first.id)
        settled(g)
        assert balance(g, "alice")["available"] == PAID_IN - 8 * SECOND
        since = len(world.sim.log())
        anew = c.videos.remix(first.id, prompt="soon: at night")
        assert anew.id not in (first.id, "") and anew.id.startswith("video_yz") and anew.remixed_from_video_id == first.id and anew.prompt == "soon: at night" and anew.seconds == "8", anew
        over = until_over(c, anew.id)
        assert (over.status, over.remixed_from_video_id) == ("completed", first.id)
        assert c.videos.download_content(anew.id).content == FILM
        (asked,) = [r for r in world.sim.log()[since:] if r["path"].endswith("/remix")]
        assert asked["provider"] == "other" and json.loads(asked["body"]) == {"prompt": "soon: at night"} and "yz" not in asked["path"]
        settled(g)
        assert balance(g, "alice")["available"] == PAID_IN - 16 * SECOND  # as long as the first one
        again = c.videos.remix(anew.id, prompt="fails: at dawn")  # of one that was made so itself
        ended = until_over(c, again.id)
        assert ended.status == "failed" and ended.remixed_from_video_id == anew.id
        eventually(lambda: count(g, "jobs_refunded") == 1, "the refund")
        assert balance(g, "alice")["available"] == PAID_IN - 16 * SECOND and "adds up" in cli(g, "audit")
        assert [f.remixed_from_video_id for f in c.videos.list(limit=3).data] == [anew.id, first.id, None]


def test_whose_it_is_and_what_may_be_said(world, g):
    with client_of(g) as c, client_of(g, BOB) as stranger:
        film, slow, failed = (c.videos.create(model="film", prompt=prompt, seconds="4").id for prompt in ("soon: a weir", "hangs", "fails"))
        until_over(c, film), until_over(c, failed)
        with pytest.raises(openai.NotFoundError):
            stranger.videos.remix(film, prompt="at night")
        for one in ("video_yz" + "0" * 32, "video_1"):
            with pytest.raises(openai.NotFoundError):
                c.videos.remix(one, prompt="at night")
        for one in (slow, failed):
            with pytest.raises(openai.BadRequestError, match="has made nothing"):
                c.videos.remix(one, prompt="at night")
        for body, words in (({"seconds": "12"}, "a prompt alone"), ({"model": "sora-2-pro"}, "a prompt alone"), ({"n": 5}, "a prompt alone")):
            with pytest.raises(openai.BadRequestError, match=words):
                c.videos.remix(film, prompt="at night", extra_body=body)
        with pytest.raises(openai.BadRequestError, match="prompt must be a text"):
            c.videos.remix(film, prompt="")
        veo = c.videos.create(model="veo", prompt="a weir", seconds="8").id
        until_over(c, veo)
        with pytest.raises(openai.BadRequestError, match="another dialect"):
            c.videos.remix(veo, prompt="at night")
    assert not [r for r in world.sim.log() if "remix" in r["path"]] and "adds up" in cli(g, "audit")


def test_begun_once(world, g):
    with client_of(g) as c:
        film = c.videos.create(model="film", prompt="soon: a weir", seconds="4").id
        until_over(c, film)
        settled(g)
        before = balance(g, "alice")["available"]
        world.sim.script({"rules": [{"match": {"contains": "at night"}, "do": {"status": 500}}]})
        with pytest.raises(openai.InternalServerError):
            c.videos.remix(film, prompt="at night")
        assert len([r for r in world.sim.log() if r["path"].endswith("/remix")]) == 1  # and at no other account
        settled(g)
        assert balance(g, "alice")["available"] == before


def test_without_the_stage(world):
    g = start(world, TEXT.replace('jobs { every = "1s" }, ', ""))
    with client_of(g) as c, pytest.raises(openai.APIStatusError, match="put the stage jobs into the chain"):
        c.videos.remix("video_1", prompt="at night")
    assert not world.sim.log()


def test_a_key_that_may_not_use_the_model(world):
    """Of the same tenant: the film is its own, the model is not."""
    narrow = 'key "sk-narrow-0123456789" { name = "narrow", tenant = "alice", models = { "sora-2" } }\n'
    g = start(world, narrow + TEXT)
    with client_of(g) as c:
        film = c.videos.create(model="film", prompt="soon: a weir", seconds="4").id
        until_over(c, film)
    with client_of(g, "sk-narrow-0123456789") as c:
        assert c.videos.retrieve(film).status == "completed"
        with pytest.raises(openai.PermissionDeniedError, match="may not use the model"):
            c.videos.remix(film, prompt="at night")
