"""What the demo provider makes without a network is what it says it is, to readers that are not ours, and the same for the same words."""
import base64
import io
import json
import struct
import wave
import zlib

import openai
import pytest
from bench import ALICE, BOB, ask, eventually
from gateway import KEYS
from test_money import credit, settled, usage

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "demo" { adapter = "demo" }
model "any" { "demo" }
chain { auth {}, fallback {}, retry {} }
"""


@pytest.fixture(name="client")
def one_client(world):
    g = world.gateway(CONFIG)
    with openai.OpenAI(base_url=f"http://127.0.0.1:{g.port}/v1", api_key=ALICE, max_retries=0) as c:
        yield c


def pixels(png):
    """Its sides, and its rows unpacked; every part with its own sum."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    parts, at = {}, 8
    while at < len(png):
        n, name = struct.unpack(">I4s", png[at:at + 8])
        data = png[at + 8:at + 8 + n]
        assert struct.unpack(">I", png[at + 8 + n:at + 12 + n])[0] == zlib.crc32(name + data)
        parts[name] = data
        at += 12 + n
    assert list(parts) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colours = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    rows = zlib.decompress(parts[b"IDAT"])
    assert (depth, colours, len(rows)) == (8, 2, height * (1 + 3 * width))
    return width, height, rows


def test_a_picture(client):
    made = client.images.generate(model="any", prompt="a weir", n=2).data
    one, other = (base64.b64decode(p.b64_json) for p in made)
    assert pixels(one)[:2] == (128, 128) and one != other and len(set(pixels(one)[2])) > 50
    again = client.images.generate(model="any", prompt="a weir").data
    assert base64.b64decode(again[0].b64_json) == one
    assert base64.b64decode(client.images.generate(model="any", prompt="a carp").data[0].b64_json) != one


def test_a_sound(client):
    said = client.audio.speech.create(model="any", voice="alloy", input="four words are said", response_format="wav")
    assert said.response.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(said.content)) as w:
        assert (w.getnchannels(), w.getsampwidth(), w.getframerate(), w.getnframes()) == (1, 2, 8000, 4 * 1600)
        assert len(set(w.readframes(1600))) > 50


def test_what_it_does_not_make(client):
    for ask in (lambda: client.audio.speech.create(model="any", voice="alloy", input="hi", response_format="mp3"), lambda: client.images.generate(model="any", prompt=""),
                lambda: client.moderations.create(model="any", input="hi")):
        with pytest.raises(openai.BadRequestError, match="makes pictures"):
            ask()


def boxes(data, path=()):
    """{path: [content]} of an MP4: every box is as long as it says, and nothing is left over."""
    found, at = {}, 0
    while at < len(data):
        n, name = struct.unpack(">I4s", data[at:at + 8])
        assert 8 <= n <= len(data) - at, (path, name, n)
        here, inside = (*path, name.decode()), data[at + 8:at + n]
        found.setdefault("/".join(here), []).append(inside)
        if name in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl"):
            found.update(boxes(inside, here))
        at += n
    return found


def pictures(mp4):
    """The samples where the table says they are, of the pixels that their units say as they are: each of 16 macroblocks of I_PCM."""
    b = boxes(mp4)
    assert list(b)[0] == "ftyp" and b["ftyp"][0][:4] == b"isom" and list(b)[-1] == "mdat"
    table = "moov/trak/mdia/minf/stbl/"
    sizes, offset = struct.unpack(">III", b[table + "stsz"][0][:12]), struct.unpack(">III", b[table + "stco"][0])[2]
    n, scale, length = sizes[2], *struct.unpack(">II", b["moov/mvhd"][0][12:20])
    assert (scale, length) == (4, n) and len(b["mdat"][0]) == sum(struct.unpack(f">{n}I", b[table + "stsz"][0][12:]))
    out = []
    for size in struct.unpack(f">{n}I", b[table + "stsz"][0][12:]):
        unit = mp4[offset + 4:offset + size]
        assert struct.unpack(">I", mp4[offset:offset + 4])[0] == size - 4 and unit[0] == 0x65 and unit[-1] == 0x80
        raw = unit.replace(b"\0\0\3", b"\0\0")
        assert 16 * 386 <= len(raw) <= 16 * 386 + 8, "macroblocks of 384 bytes, each behind its type"
        out.append(raw)
        offset += size
    assert offset == len(mp4)
    return out


@pytest.mark.parametrize("seconds", ["4", "12"])
def test_a_film(client, world, seconds):
    """The SDK's own way: begun, asked for until it is there, downloaded, deleted; it is its owner's alone, and the same for the same words."""
    film = client.videos.create_and_poll(model="any", prompt="a carp leaps", seconds=seconds)
    assert (film.status, film.progress, film.seconds, film.object) == ("completed", 100, seconds, "video")
    content = client.videos.download_content(film.id)
    assert content.response.headers["content-type"] == "video/mp4"
    shown = pictures(content.content)
    assert len(shown) == 4 * int(seconds) and len(set(shown)) == len(shown), "it moves"
    again = client.videos.create(model="any", prompt="a carp leaps", seconds=seconds)
    other = client.videos.create(model="any", prompt="a weir", seconds=seconds)
    assert client.videos.download_content(again.id).content == content.content != client.videos.download_content(other.id).content
    with pytest.raises(openai.NotFoundError):
        client.with_options(api_key=BOB).videos.retrieve(film.id)
    assert client.videos.delete(film.id).deleted


def test_a_film_decodes(client):
    """By a decoder that is not ours, where one is installed."""
    av = pytest.importorskip("av")
    film = client.videos.create(model="any", prompt="a carp leaps", seconds="4")
    with av.open(io.BytesIO(client.videos.download_content(film.id).content)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert (stream.codec_context.name, stream.width, stream.height, float(stream.average_rate), len(frames)) == ("h264", 64, 64, 4.0, 16)
        plane = frames[3].planes[0]
        rows = [bytes(plane)[y * plane.line_size:][:64] for y in range(64)]
        assert all(16 <= min(row) and max(row) < 224 for row in rows) and len(set(b"".join(rows))) > 50


JOBS = CONFIG.replace("chain { auth {}", """ledger "sqlite" { path = "${folder}/ledger.db" }
prices "demo" { source = "the test", date = "2026-11-28", models = { { name = "any", second = 0.1 } } }
chain { auth {}, jobs {}, bill {}""")


def test_a_film_that_is_followed(world):
    """With the stage jobs, which gives it an id of its own: paid by the second, listed, downloaded by a part."""
    g = world.gateway(JOBS)
    credit(g, "alice", 10**9)
    with openai.OpenAI(base_url=f"http://127.0.0.1:{g.port}/v1", api_key=ALICE, max_retries=0) as client:
        film = client.videos.create_and_poll(model="any", prompt="a carp leaps", seconds="4", poll_interval_ms=100)
        assert film.status == "completed" and [v.id for v in client.videos.list().data] == [film.id]
        assert len(pictures(client.videos.download_content(film.id).content)) == 16
        settled(g)
        assert usage(g)[0]["charged"] == 4 * 10**8, usage(g)[0]


def test_a_song(world):
    """As relays of Suno tell it: begun, asked for until it is there, its tones in its own address; paid for once."""
    g = world.gateway(JOBS.replace('model "any"', 'model "suno_music" { "demo" }\nmodel "suno_lyrics" { "demo" }\nmodel "any"').replace(
        "models = { {", 'models = { { name = "suno_music", request = 0.1 }, { name = "suno_lyrics", request = 0.01 }, {'))
    credit(g, "alice", 10**9)

    def sung(path, **body):
        begun = ask(g.port, json.dumps(body).encode(), path).json()
        assert begun["code"] == "success", begun
        found = []

        def over():
            found.append(ask(g.port, json.dumps({"ids": [begun["data"]]}).encode(), "/suno/fetch").json()["data"][0])
            return found[-1]["status"] in ("SUCCESS", "FAILURE")
        eventually(over, "the song")
        assert found[-1]["task_id"] == begun["data"] and found[-1]["status"] == "SUCCESS", found[-1]
        return found[-1]["data"]
    clip, = sung("/suno/submit/music", prompt="a carp leaps", mv="chirp-v5")
    head, _, data = clip["audio_url"].partition(",")
    with wave.open(io.BytesIO(base64.b64decode(data))) as w:
        assert head == "data:audio/wav;base64" and (w.getframerate(), w.getnframes()) == (8000, 8 * 1600)
    assert "la la" in sung("/suno/submit/lyrics", prompt="a carp")["text"]
    settled(g)
    assert sorted(u["charged"] for u in usage(g)) == [10**7, 10**8]
