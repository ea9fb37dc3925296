"""Pictures that are told at once, and films that relays say the place of: at addresses of the gateway, as those of jobs are."""
import http.client
import json
import re

import pytest
from bench import ALICE, BOB
from gateway import KEYS
from simlib import PATIENT
from test_jobs import CONFIG as FILMS
from test_jobs import send, start, until_over
from test_media import MEDIA, PICTURE, SIGN, Place, get, refused

PICTURES = KEYS.replace('"gpt-*"', '"*"') + """
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/openai/v1" }
model "dall-e-3" { "openai" }
model "relay-image" { "openai" }
chain { auth {}, fallback {}, retry {} }
"""
OURS = r"http://127\.0\.0\.1:\d+/v1/media/[0-9a-f]+-[\w-]+-[0-9a-f]{32}/a\.png"


@pytest.fixture(name="place")
def a_place():
    with Place() as place:
        yield place
        place.shutdown()


def serve(world, config, more=""):
    return world.gateway(MEDIA % (SIGN, "true", more) + config)


def paint(g, prompt, key=ALICE, **more):
    status, answer = send(g, "POST", "/v1/images/generations", {"model": "dall-e-3", "prompt": prompt, **more}, key=key)
    assert status == 200, answer
    return answer if isinstance(answer, dict) else answer.decode()


def test_pictures_that_are_told_at_once(world, place):
    g = serve(world, PICTURES)
    answer = paint(g, f"cats, one that lies at {place.at}/a.png", n=3)
    urls = [p["url"] for p in answer["data"]]
    assert len(urls) == 3 and all(re.fullmatch(OURS, u) for u in urls) and answer["data"][0]["revised_prompt"] == 'a "url": ' and answer["usage"]["output_tokens"] == 1050
    assert place.at not in json.dumps(answer)
    assert get(g, urls[0])[::2] == (200, PICTURE) and refused(get(g, urls[0], authorization="Bearer " + BOB)) == (403, "media_of_another")
    assert get(g, paint(g, f"a cat that lies at {place.at}/a.png", key=BOB)["data"][0]["url"], authorization="Bearer " + BOB)[0] == 200
    assert paint(g, "a cat")["data"] == [{"b64_json": paint(g, "another cat")["data"][0]["b64_json"]}], "what lies nowhere stays as it is"
    assert paint(g, "a cat that lies at data:image/png;base64,AA==")["data"][0]["url"] == "data:image/png;base64,AA=="


def test_in_a_stream(world, place):
    g = serve(world, PICTURES)
    events = [json.loads(line[6:]) for line in paint(g, f"a cat that lies at {place.at}/a.png", model="relay-image", stream=True).splitlines() if line.startswith("data: {")]
    assert [e["type"] for e in events] == ["image_generation.partial_image", "image_generation.completed"] and events[0]["b64_json"]
    assert re.fullmatch(OURS, events[1]["url"]) and get(g, events[1]["url"])[::2] == (200, PICTURE), events[1]


def test_of_a_form(world, place):
    g = serve(world, PICTURES)
    fields = {"model": "relay-image", "prompt": f"a cat that lies at {place.at}/a.png"}
    body = b"".join(b'--x\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (k.encode(), v.encode()) for k, v in fields.items())
    body += b'--x\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + PICTURE + b"\r\n--x--\r\n"
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    c.request("POST", "/v1/images/edits", body, {"authorization": "Bearer " + ALICE, "content-type": "multipart/form-data; boundary=x"})
    answer = json.loads(c.getresponse().read())
    c.close()
    assert re.fullmatch(OURS, answer["data"][0]["url"]) and get(g, answer["data"][0]["url"])[::2] == (200, PICTURE)


def test_where_nobody_serves_them(world, place):
    """They stay as the provider told them, byte for byte."""
    g = world.gateway(PICTURES)
    assert paint(g, f"a cat that lies at {place.at}/a.png")["data"][0]["url"] == f"{place.at}/a.png"


def test_films_of_relays(world, place):
    g = start(world, MEDIA % (SIGN, "true", "") + FILMS % ('"sqlite" { path = "${folder}/ledger.db" }', 'unsure = "3s"'))
    status, film = send(g, "POST", "/v1/videos", {"model": "sora-2", "prompt": f"it lies at {place.at}/a.png"})
    assert status == 200, film
    made = until_over(g, film["id"])
    urls = [made["url"], made["video_url"], made["metadata"]["url"]]
    assert made["status"] == "completed" and all(re.fullmatch(OURS, u) for u in urls) and made["metadata"]["note"] == f"{place.at}/a.png", made
    assert get(g, urls[0])[::2] == (200, PICTURE)
    status, content = send(g, "GET", f"/v1/videos/{film['id']}/content")
    assert status == 200 and content[4:8] == b"ftyp"
    status, task = send(g, "POST", "/v1/video/generations", {"model": "sora-2", "prompt": f"it lies at {place.at}/a.png"})
    assert status == 200, task
    soon = []
    while not soon or soon[-1]["status"] not in ("succeeded", "failed"):
        g.skip(1100)
        soon.append(send(g, "GET", "/v1/video/generations/" + task["task_id"])[1])
    assert soon[-1]["url"].endswith(f"/v1/videos/{task['task_id']}/content"), "the older form's is the gateway's own, with the key"
