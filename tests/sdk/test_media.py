"""Pictures, sound and rankings through the official OpenAI client: what is sent arrives whole, also in a form, and work that makes
something is never begun twice."""
import base64
import json

import httpx2
import openai
import pytest

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
SOUND = bytes(range(256)) * 40 + b"\r\n--boundary\r\n"


@pytest.fixture
def client(world):
    with openai.OpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c:
        yield c


def requests(world):
    return [e for e in world.sim.log() if e["path"].startswith("/v1/")]


def test_picture(client):
    answer = client.images.generate(model="gpt-image-2", prompt="a carp at a weir", n=2, size="1024x1024")
    assert [base64.b64decode(d.b64_json) for d in answer.data] == [PNG, PNG]
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.input_tokens_details.image_tokens) == (50, 1050, 40)


def test_picture_stream(client):
    events = list(client.images.generate(model="gpt-image-2", prompt="a carp", stream=True, partial_images=1))
    assert [e.type for e in events] == ["image_generation.partial_image", "image_generation.completed"]
    assert base64.b64decode(events[-1].b64_json) == PNG and events[-1].usage.output_tokens == 1050


def test_picture_of_gemini(world, client):
    """A model that paints in chats, asked as the Images API asks."""
    answer = client.images.with_raw_response.generate(model="gemini-3-pro-image", prompt="a carp at a weir", n=2, size="1024x1024", response_format="b64_json")
    assert [base64.b64decode(d.b64_json) for d in answer.parse().data] == [PNG, PNG]
    assert answer.parse().usage.input_tokens > 0 and answer.headers["x-yuzui-lost"] == "size, message.content"  # its words
    assert [e["path"] for e in world.sim.log()] == ["/v1beta/models/gemini-3-pro-image:generateContent"]


def test_picture_of_gemini_stream(client):
    events = list(client.images.generate(model="gemini-3-pro-image", prompt="a carp", stream=True))
    assert [e.type for e in events] == ["image_generation.completed"]
    assert base64.b64decode(events[0].b64_json) == PNG and events[0].output_format == "png"


def test_picture_of_gemini_refused(world, client):
    with pytest.raises(openai.BadRequestError, match="prompt must be a string"):
        client.images.generate(model="gemini-3-pro-image", prompt=7)
    with pytest.raises(openai.BadRequestError, match="no such operation"):  # it paints no pictures
        client.images.generate(model="claude-opus-4-6", prompt="a carp")
    world.sim.script({"rules": [{"do": {"status": 500, "message": "no paint"}}]})
    with pytest.raises(openai.InternalServerError, match="no paint"):
        client.images.generate(model="gemini-3-pro-image", prompt="a carp")
    assert len(world.sim.log()) == 1


BLOCKED = [{"promptFeedback": {"blockReason": "SAFETY"}}, {"candidates": [{"finishReason": "IMAGE_SAFETY", "index": 0}]},
           {"candidates": [{"content": {"parts": [{"text": "I would rather not."}], "role": "model"}, "finishReason": "STOP", "index": 0}]}]


@pytest.mark.parametrize("answer", BLOCKED)
@pytest.mark.parametrize("stream", [False, True])
def test_no_picture_of_gemini(world, client, answer, stream):
    """A chat that paints nothing is no answer to who asked for a picture."""
    text = json.dumps(answer)
    body, kind = (f"data: {text}\r\n\r\n", "text/event-stream") if stream else (text, "application/json")
    raw = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    world.sim.script({"rules": [{"do": {"raw": raw}}]})
    with pytest.raises(openai.APIError, match="refused|without a picture|blocked|filter"):
        list(client.images.generate(model="gemini-3-pro-image", prompt="a carp", stream=True)) if stream else client.images.generate(model="gemini-3-pro-image", prompt="a carp")
    assert len(requests(world) or world.sim.log()) == 1


@pytest.mark.parametrize("data, good", [("????", False), ("AAA", False), ("", False), ("A===", False), ("AA=A", False), ("AA-_", False), ("AAA\\/", True), ("AA\\u003d\\u003d", True)])
@pytest.mark.parametrize("stream", [False, True])
def test_a_picture_of_gemini_is_base64(world, client, data, good, stream):
    text = ('{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"%s"}}],"role":"model"},"finishReason":"STOP","index":0}],'
            '"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":9,"totalTokenCount":12}}' % data)
    body, kind = (f"data: {text}\r\n\r\n", "text/event-stream") if stream else (text, "application/json")
    world.sim.script({"rules": [{"do": {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n{body}"}}]})

    def paint():
        answer = client.images.generate(model="gemini-3-pro-image", prompt="a carp", stream=stream)
        return [p.b64_json for p in (answer if stream else answer.data)]
    if good:
        assert [base64.b64decode(p) for p in paint()] == [base64.b64decode(json.loads(f'"{data}"'))]
    else:
        with pytest.raises(openai.APIError, match="its picture is not base64|without a picture"):
            paint()
    assert len(world.sim.log()) == 1


@pytest.mark.parametrize("model", ["gpt-image-2", "picture"])  # the second is renamed inside the form
def test_edit(world, client, model):
    answer = client.images.edit(model=model, prompt="add a boat", image=[("a.png", PNG), ("b.png", PNG)], mask=("m.png", PNG))
    assert base64.b64decode(answer.data[0].b64_json) == PNG
    assert [e["model"] for e in requests(world)] == ["gpt-image-2"]


def test_edit_stream(client):
    events = list(client.images.edit(model="picture", prompt="add a boat", image=("a.png", PNG), stream=True))
    assert [e.type for e in events] == ["image_edit.partial_image", "image_edit.completed"]


def test_variation(client):
    assert client.images.create_variation(model="picture", image=("a.png", PNG), n=2).data[1].b64_json


def test_speech(client):
    answer = client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="the weir of Dujiangyan")
    assert answer.content == bytes(i * 7 & 0xFF for i in range(len("the weir of Dujiangyan") * 100))
    assert answer.response.headers["content-type"] == "audio/mpeg"
    with client.audio.speech.with_streaming_response.create(model="gpt-4o-mini-tts", voice="alloy", input="x" * 4096, response_format="wav") as stream:
        assert sum(len(piece) for piece in stream.iter_bytes()) == 409600


@pytest.mark.parametrize("model", ["whisper-1", "listener"])
def test_transcription(client, model):
    heard = client.audio.transcriptions.create(model=model, file=("a.wav", SOUND), language="zh")
    assert heard.text == f"heard {len(SOUND)} bytes, 鱼"
    assert client.audio.transcriptions.create(model=model, file=("a.wav", SOUND), response_format="text") == f"heard {len(SOUND)} bytes, 鱼\n"
    assert "-->" in client.audio.transcriptions.create(model=model, file=("a.wav", SOUND), response_format="srt")
    assert client.audio.translations.create(model=model, file=("a.wav", SOUND)).text == heard.text


def test_transcription_stream(client):
    events = list(client.audio.transcriptions.create(model="listener", file=("a.wav", SOUND), stream=True))
    assert [e.type for e in events] == ["transcript.text.delta", "transcript.text.done"]
    assert events[-1].text == f"heard {len(SOUND)} bytes, 鱼"


def test_large_upload(client):
    sound = SOUND * 1000  # 10 MB
    assert client.audio.transcriptions.create(model="listener", file=("a.wav", sound)).text == f"heard {len(sound)} bytes, 鱼"


def test_rerank(world):
    body = {"model": "jina-reranker-v3", "query": "which weir?", "documents": ["a", "b", "c"], "top_n": 2}
    answer = httpx2.post(world.url + "/v1/rerank", json=body, headers={"authorization": "Bearer " + world.key})
    assert [r["index"] for r in answer.json()["results"]] == [2, 1]


def other(world):
    from gateway import CLIENT_KEYS
    return openai.OpenAI(base_url=world.url + "/v1", api_key=CLIENT_KEYS["bob"], max_retries=0)


@pytest.mark.parametrize("model", ["sora-2", "film"])  # of two accounts: an id says whose it is
@pytest.mark.parametrize("picture", [False, True])
def test_video(world, client, model, picture):
    more = {"input_reference": ("a.png", PNG)} if picture else {}
    world.sim.script({"markers": [world.key]})  # a violation where the provider sees it: a key in the query goes nowhere
    video = client.videos.create(model=model, prompt="a carp leaps", seconds="8", **more)
    assert video.status == "queued" and video.seconds == "8"
    while video.status != "completed":
        video = client.videos.retrieve(video.id)
    assert client.videos.download_content(video.id).content == b"\0\0\0\030ftypmp42\r\n\377"
    answer = httpx2.get(f"{world.url}/v1/videos/{video.id}?variant=x&key={world.key}&%6bey={world.key}", headers={"authorization": "Bearer " + world.key})
    assert answer.status_code == 200
    with other(world) as stranger, pytest.raises(openai.NotFoundError, match="no provider here keeps it for you"):
        stranger.videos.retrieve(video.id)
    with pytest.raises(openai.NotFoundError, match="not found"):  # the provider's own id: whose it is nobody can say
        client.videos.retrieve(video.id.split("_yz")[0])
    assert client.videos.delete(video.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)


def test_refusals(world, client):
    def post(path, **more):
        answer = httpx2.post(world.url + path, headers={"authorization": "Bearer " + world.key, **more.pop("headers", {})}, **more)
        return answer.status_code, answer.json()["error"]

    picture = {"image": ("a.png", PNG)}
    status, error = post("/v1/images/variations", files=picture)  # a form without a model
    assert status == 400 and error["param"] == "model"
    status, error = post("/v1/images/variations", files={**picture, "model": (None, "picture"), "stream": (None, "maybe")})
    assert status == 400 and error["param"] == "stream"
    for twice in ([("stream", (None, "true")), ("stream", (None, "false"))], [("stream", ("s.txt", b"true"))]):  # each server would choose another
        status, error = post("/v1/images/variations", files=[("image", ("a.png", PNG)), ("model", (None, "picture")), *twice])
        assert status == 400 and error["param"] == "stream" and "once" in error["message"]
    status, error = post("/v1/chat/completions", files=picture)  # a form where none is taken
    assert status == 415 and error["message"] == "the Content-Type must be application/json"
    status, error = post("/v1/images/edits", content=b"x", headers={"content-type": "text/plain"})
    assert status == 415 and "multipart/form-data" in error["message"]
    status, error = post("/v1/audio/transcriptions", content=b"--x\r\nnothing", headers={"content-type": "multipart/form-data; boundary=x"})
    assert status == 400 and error["message"] == "the body is no usable form: it ends within the head of a part"
    with pytest.raises(openai.BadRequestError, match="response_format"):  # the provider's own words
        client.images.generate(model="gpt-image-2", prompt="x", response_format="b64_json")


@pytest.mark.parametrize("film", ["{}", '{"id":""}', '{"id":7.5}', '{"id":"a/b"}', '{"id":"%s"}' % ("v" * 3000)])
def test_film_without_an_id(world, client, film):
    """Nobody could ask for it: no success, and not begun a second time."""
    world.sim.script({"rules": [{"do": {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(film)}\r\n\r\n{film}"}}]})
    with pytest.raises(openai.InternalServerError, match="no id that the film can be asked for by"):
        client.videos.create(model="sora-2", prompt="a carp leaps")
    assert len(world.sim.log()) == 1


def test_film_whose_id_is_a_number(world, client):
    """As some relays write it: its client gets a text, by which it is asked for."""
    film = '{"id":7,"object":"video","status":"queued"}'
    world.sim.script({"rules": [{"match": {"path": "/v1/videos"}, "do": {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(film)}\r\n\r\n{film}"}}]})
    begun = client.videos.create(model="sora-2", prompt="a carp leaps")
    assert begun.id.startswith("7_yz") and begun.status == "queued"


def test_film_begun_once(world, client):
    world.sim.script({"rules": [{"do": {"status": 500}}]})
    with pytest.raises(openai.InternalServerError):
        client.videos.create(model="sora-2", prompt="a carp leaps")
    assert len(requests(world)) == 1


@pytest.mark.parametrize("rule, asked", [({"status": 500}, 1), ({"status": 429}, 4), ({"hang": "head"}, 1), ({"close_at": 0}, 1)])
def test_begun_once(world, client, rule, asked):
    """A provider that may have begun to paint is not asked again, nor is another; one that refused is."""
    world.sim.script({"rules": [{"do": rule}]})
    with pytest.raises(openai.APIError):
        client.images.generate(model="picture", prompt="a carp", timeout=3)
    assert len(requests(world)) == asked


def test_heard_again(world, client):
    """To listen twice makes nothing: it is tried again."""
    world.sim.script({"rules": [{"match": {"times": 1}, "do": {"status": 500}}]})
    assert client.audio.transcriptions.create(model="listener", file=("a.wav", SOUND)).text
    assert len(requests(world)) == 2
