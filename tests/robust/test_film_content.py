"""A film's bytes, where relays have them: at another server, which is shown no key; in parts of one version; and never an error or a page in their place."""
import pytest
from played import BOOKS, JSON, OPENAI, Played, before, send

MEDIA = 'media { sign = "0123456789abcdef0123456789", base_url = "http://127.0.0.1:${port}", private = true }\n'
TEXT = OPENAI + 'prices "openai" { source = "t", date = "2026-11-28", models = { { name = "film", second = 0.1 } } }\nmodel "film" { "openai" }\n' + BOOKS
FILM = {"id": "fi1", "object": "video", "status": "completed", "progress": 100, "seconds": "4"}


def playing(media=MEDIA):
    provider = Played(lambda request: provider.says_content(request) if "/content" in request.path else (200, {}, {**FILM, "id": f"fi{len(provider.asked)}"} if request.command == "POST" else {**FILM, "id": request.path.split("/")[-1]}))
    g = before(provider, media + TEXT)
    g.provider, g.film = provider, send_film(g)
    return g


def send_film(g):
    return send(g, "POST", "/v1/videos", {"model": "film", "prompt": "x"})[1]["id"]


@pytest.fixture(name="g", scope="module")
def one_gateway():
    with playing() as g:
        yield g


def content(g, says, **headers):
    g.provider.says_content = says if callable(says) else lambda _: says
    return send(g, "GET", f"/v1/videos/{g.film}/content", headers=headers)


def test_elsewhere(g):
    cdn = Played(lambda request: (302, {"location": f"{request.path}/on"}, b"") if request.path == "/film" else (206, {"content-type": "video/mp4", "content-range": "bytes 1-2/4"}, b"il") if "range" in request.headers else (200, {"content-type": "video/mp4"}, b"film"))
    sends_on = (302, {"location": f"http://127.0.0.1:{cdn.port}/film"}, b"")
    status, body, headers = content(g, sends_on)
    assert (status, body, headers["content-type"], headers["x-content-type-options"]) == (200, b"film", "video/mp4", "nosniff")
    assert content(g, sends_on, range="bytes=1-2")[:2] == (206, b"il")
    assert [path for _, path, _, _ in cdn.asked] == ["/film", "/film/on"] * 2
    assert not any({"authorization", "x-request-id", "x-yuzui-hops"} & set(headers) for _, _, headers, _ in cdn.asked)  # nothing of the provider's or of the client's
    cdn.says = lambda request: (403, {"content-type": "text/xml"}, b"<Error>expired</Error>")
    status, body, _ = content(g, sends_on)
    assert (status, body["error"]["code"]) == (404, "media_gone")
    assert content(g, (200, {"content-type": "video/mp4"}, b"film"))[:2] == (200, b"film")  # and nobody else's key is to blame
    status, body, _ = content(g, (302, {"location": "ftp://a.example/film"}, b""))
    assert status == 502


def test_elsewhere_without_media():
    with playing(media="") as g:
        status, body, _ = content(g, (302, {"location": "http://127.0.0.1:1/film"}, b""))
        assert status == 502 and "unless the config has `media`" in body["error"]["message"]


def test_private_places():
    with playing(media=MEDIA.replace(", private = true", "")) as g:
        status, body, _ = content(g, (302, {"location": "http://127.0.0.1:1/film"}, b""))
        assert status == 502 and "127.0.0.1" not in body["error"]["message"], body


def test_parts(g):
    status, body, headers = content(g, (416, {"content-range": "bytes */10"}, b""), range="bytes=100-")
    assert (status, body["error"]["code"], headers.get("content-range")) == (416, "range_not_satisfiable", "bytes */10")
    status, body, headers = content(g, (206, {"content-type": "video/mp4", "content-range": "bytes 0-1/4", "etag": '"v1"', "last-modified": "Mon, 30 Nov 2026 10:00:00 GMT"}, b"fi"), **{"range": "bytes=0-1", "if-range": '"v1"'})
    assert (status, body, headers["etag"], headers["last-modified"]) == (206, b"fi", '"v1"', "Mon, 30 Nov 2026 10:00:00 GMT")
    assert g.provider.asked[-1][2]["if-range"] == '"v1"' and g.provider.asked[-1][2]["range"] == "bytes=0-1"


@pytest.mark.parametrize("kind, body", [(JSON, b'{"error":{"message":"expired"}}'), (JSON, b'{"detail":"gone"}'), (JSON, b"{}"), (JSON, b"[1]"), ("text/html", b"<script>alert(1)</script>"), ("text/plain", b"gone"), (JSON, b'{"a":"' + b"x" * 2_000_000 + b'"}')])
def test_no_film(g, kind, body):
    status, answer, _ = content(g, (200, {"content-type": kind}, body))
    assert status == 502 and answer["error"]["message"], answer
