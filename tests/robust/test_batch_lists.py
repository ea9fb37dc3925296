"""Lists of batches, through the official clients: the caller's own, the newest first, by pages, wherever each batch is."""
import anthropic
import openai
import pytest
from batches import start
from bench import ALICE, BOB, eventually
from test_file_batches import CONFIG as FILES
from test_file_batches import begin as begin_file
from test_file_batches import client_of as writer_of
from test_file_batches import wait

CONFIG = (FILES % ('"sqlite" { path = "${folder}/ledger.db" }', "")).replace('key "sk-limited"', """
provider "other" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/backup/v1" }
provider "anthropic" { adapter = "anthropic", key = env "ANTHROPIC_API_KEY", base_url = "http://127.0.0.1:${sim}/p/anthropic" }
provider "second" { adapter = "anthropic", key = env "ANTHROPIC_API_KEY", base_url = "http://127.0.0.1:${sim}/p/second" }
prices "other" { source = "the test", date = "2026-11-30", models = { { name = "gpt-5.2", input = 10, output = 100, services = { { name = "batch", times = 0.5 } } } } }
prices "anthropic" { source = "the test", date = "2026-11-30", models = { { name = "claude-opus-4-6", input = 10, output = 100, services = { { name = "batch", times = 0.5 } } } } }
prices "second" { source = "the test", date = "2026-11-30", models = { { name = "claude-opus-4-6", input = 10, output = 100, services = { { name = "batch", times = 0.5 } } } } }
model "aside" { { "other", as = "gpt-5.2" } }
model "opus" { { "anthropic", as = "claude-opus-4-6" } }
model "claude" { { "second", as = "claude-opus-4-6" } }
key "sk-limited\"""")


@pytest.fixture(name="g")
def one_gateway(world):
    return start(world, CONFIG)


def chatting(g, key=ALICE):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{g.port}", api_key=key, max_retries=0)


def begin_chats(g, model="opus", key=ALICE):
    with chatting(g, key) as c:
        return c.messages.batches.create(requests=[{"custom_id": "a", "params": {"model": model, "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}}])


def test_of_files(g):
    made = [begin_file(g, "a", model=("five", "aside")[i % 2]).id for i in range(5)]
    begin_file(g, "a", key=BOB)
    begin_chats(g)
    with writer_of(g) as c:
        first = c.batches.list(limit=2)
        assert [b.id for b in first.data] == made[:2:-1] and first.has_more and first.data[0].object == "batch"
        after = c.batches.list(limit=2, after=first.data[-1].id)
        assert [b.id for b in after.data] == made[2:0:-1] and after.has_more
        assert [b.id for b in c.batches.list(limit=2)] == made[::-1]  # all pages of it
        assert [b.id for b in c.batches.list()] == made[::-1]
        over = wait(g, c, made[0], "completed")
        (listed,) = [b for b in c.batches.list() if b.id == made[0]]
        assert listed == over  # as it was last seen, without asking anybody
        assert c.files.content(listed.output_file_id).text and listed.endpoint == "/v1/chat/completions" and listed.metadata == {"for": "a test"}
        assert list(c.videos.list()) == []
        for more, status in (({"limit": 101}, 400), ({"after": "batch_yz" + "0" * 32}, 404)):
            with pytest.raises(openai.APIStatusError) as refused:
                c.batches.list(**more)
            assert refused.value.status_code == status
        with writer_of(g, BOB) as stranger:
            assert len(list(stranger.batches.list())) == 1
            with pytest.raises(openai.NotFoundError):
                stranger.batches.list(after=made[1])


def test_of_chats(g):
    made = [begin_chats(g, ("opus", "claude")[i % 2]).id for i in range(5)]
    begin_chats(g, key=BOB)
    begin_file(g, "a")
    with chatting(g) as c:
        first = c.messages.batches.list(limit=2)
        assert [b.id for b in first.data] == made[:2:-1] and first.has_more and (first.first_id, first.last_id) == (made[4], made[3])
        after = c.messages.batches.list(limit=2, after_id=first.last_id)
        assert [b.id for b in after.data] == made[2:0:-1] and after.has_more
        before = c.messages.batches.list(limit=2, before_id=made[0])
        assert [b.id for b in before.data] == made[2:0:-1] and before.has_more
        assert [b.id for b in c.messages.batches.list(limit=2)] == made[::-1]
        assert sorted(b.id for b in c.messages.batches.list(limit=2, before_id=made[0])) == sorted(made[1:])
        assert [b.id for b in c.messages.batches.list(limit=1000)] == made[::-1]
        seen = []

        def over():
            seen.append(c.messages.batches.retrieve(made[0]))
            return seen[-1].processing_status == "ended" or g.skip(600)

        eventually(over, "the end of the batch")
        (listed,) = [b for b in c.messages.batches.list() if b.id == made[0]]
        assert listed == seen[-1] and len(list(c.messages.batches.results(listed.id))) == 1
        for more, status in (({"limit": 1001}, 400), ({"before_id": "job_yz" + "0" * 32}, 404), ({"before_id": made[0], "after_id": made[1]}, 400)):
            with pytest.raises(anthropic.APIStatusError) as refused:
                c.messages.batches.list(**more)
            assert refused.value.status_code == status
        with chatting(g, BOB) as stranger:
            assert len(list(stranger.messages.batches.list())) == 1
            with pytest.raises(anthropic.NotFoundError):
                stranger.messages.batches.list(after_id=made[1])
