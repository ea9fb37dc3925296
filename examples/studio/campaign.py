"""What a small team makes for a launch, with one key: an outline by GPT, polished by Claude, a poster and a tune. Each step says what it cost; one
that fails is paid back, and the others stand. pip install openai anthropic; YUZUI_KEY=… python campaign.py "a weir that splits a river in two"
"""
import decimal
import json
import os
import sys
import time
import urllib.request

import anthropic
import openai

URL, KEY = os.environ.get("YUZUI_URL", "http://127.0.0.1:8080"), os.environ["YUZUI_KEY"]
EVERY = float(os.environ.get("EVERY", "3"))  # seconds between two looks


def call(method, path, body=None):
    """The answer, and what it cost: 0 where nothing was charged."""
    request = urllib.request.Request(URL + path, json.dumps(body).encode() if body else None, method=method,
                                     headers={"authorization": "Bearer " + KEY, "content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer), decimal.Decimal(answer.headers.get("x-yuzui-cost", 0))


def outline(topic):
    answer = openai.OpenAI(base_url=URL + "/v1", api_key=KEY).chat.completions.with_raw_response.create(
        model="gpt-5.2", messages=[{"role": "user", "content": "Outline a launch announcement about " + topic}])
    return answer.parse().choices[0].message.content, decimal.Decimal(answer.headers["x-yuzui-cost"])


def polish(text):
    answer = anthropic.Anthropic(base_url=URL, api_key=KEY).messages.with_raw_response.create(
        model="claude-opus-5-5", max_tokens=1000, messages=[{"role": "user", "content": "Polish this, keep it short:\n\n" + text}])
    return "".join(block.text for block in answer.parse().content if block.type == "text"), decimal.Decimal(answer.headers["x-yuzui-cost"])


def wait(path, task_of):
    """How a job has ended: it is paid for when it begins, and paid back if it comes to nothing."""
    while (task := task_of(call("GET", path)[0]))["status"] not in ("SUCCESS", "FAILURE"):
        time.sleep(EVERY)
    return task


def poster(topic):
    job, cost = call("POST", "/mj/submit/imagine", {"prompt": topic + ", poster, flat colours"})
    task = wait(f"/mj/task/{job['result']}/fetch", lambda answer: answer)
    return (task["imageUrl"], cost) if task["status"] == "SUCCESS" else (None, 0)


def tune(topic):
    job, cost = call("POST", "/suno/submit/music", {"prompt": topic, "mv": "chirp-v4", "tags": "bright, 20 seconds"})
    task = wait(f"/suno/fetch/{job['data']}", lambda answer: answer["data"])
    return (task["data"][0]["audio_url"], cost) if task["status"] == "SUCCESS" else (None, 0)


def step(name, make, about):
    made, cost = make(about)
    print(f"{name:8} {cost:.9f} USD  {' '.join(made.split()) if made else 'failed, and was paid back'}", flush=True)
    return made, cost


def main(topic):
    text, first = step("outline", outline, topic)
    costs = [first] + [step(name, make, about)[1] for name, make, about in (("polish", polish, text), ("poster", poster, topic), ("tune", tune, topic))]
    print(f"{'together':8} {sum(costs):.9f} USD")


if __name__ == "__main__":
    main(sys.argv[1])
