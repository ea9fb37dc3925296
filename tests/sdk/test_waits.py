"""A client over its limit is told how long to wait, and the official SDKs wait for so long: their one retry fits."""
import time

import anthropic
import openai
import pytest
from gateway import CLIENT_KEYS, Gateway

WINDOW = 2  # s


@pytest.fixture(scope="module")
def gateway(running):
    limits = f'{{ per = "key", requests = 1, window = "{WINDOW}s" }}'
    with Gateway(sim_port=running.sim.port, chain=f"auth {{}}, limit {{ limits = {{ {limits} }} }}", workers=2) as g:
        yield g


def ask(sdk, port):
    question = [{"role": "user", "content": "hello"}]
    if sdk == "openai":
        with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=CLIENT_KEYS["alice"], max_retries=1) as c:
            c.chat.completions.create(model="gpt-5.2", messages=question)
    else:
        with anthropic.Anthropic(base_url=f"http://127.0.0.1:{port}", api_key=CLIENT_KEYS["alice"], max_retries=1) as c:
            c.messages.create(model="claude-opus-4-6", max_tokens=50, messages=question)


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_they_wait_as_told(gateway, sdk):
    ask(sdk, gateway.port)
    before, begin = gateway.status()["counters"]["limit_refused"], time.monotonic()
    ask(sdk, gateway.port)
    assert time.monotonic() - begin > 0.8 * WINDOW, "an SDK that is told nothing waits for half a second"
    assert gateway.status()["counters"]["limit_refused"] == before + 1
