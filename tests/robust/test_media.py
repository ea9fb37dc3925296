"""What a job made, at addresses of the gateway: signed, good for a while, nobody else's, and streamed through from where it lies."""
import http.client
import http.server
import json
import re
import threading
import urllib.parse

import pytest
from bench import ALICE, BOB, SANITIZED, amount, eventually
from receiver import pattern
from simlib import PATIENT
from test_drawings import CONFIG as DRAWINGS
from test_drawings import submit as submit_drawing
from test_drawings import until_over as until_drawn
from test_job_hooks import Listener, with_hooks
from test_jobs import send, start
from test_songs import CONFIG as SONGS
from test_songs import begin as begin_song
from test_songs import soon
from test_songs import until_over as until_sung

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
SIGN = "a-key-of-the-test-0001"
MEDIA = 'media { sign = "%s", base_url = "http://127.0.0.1:${port}/", private = %s%s }\n'


class Place(http.server.ThreadingHTTPServer):
    """Where what was made lies: by the path."""
    daemon_threads = True

    def __init__(self, size=0):
        super().__init__(("127.0.0.1", 0), Keeper)
        self.asked, self.size, self.sent, self.go, self.to = [], size, 0, threading.Event(), "/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def at(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Keeper(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, kind, data, **more):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.send_header("set-cookie", "who=provider")
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        kinds = {"png": "image/png", "mp3": "audio/mpeg", "html": "text/html", "svg": "image/svg+xml"}
        ranged = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("range", ""))
        if path.startswith("/on/"):
            n = int(path[4:])
            self.answer(302, "text/plain", b"", location=f"/on/{n - 1}" if n > 1 else f"{self.server.at}/a.png")
        elif path == "/deep/er/to":
            self.answer(302, "text/plain", b"", location=self.server.to)
        elif path == "/inside":
            self.answer(302, "text/plain", b"", location="http://169.254.1.1/latest")
        elif path == "/none":
            self.answer(404, "text/html", b"<p>secret words of theirs")
        elif path == "/big":
            self.send_response(200)
            self.send_header("content-type", "video/mp4")
            self.send_header("content-length", str(self.server.size))
            self.end_headers()
            for piece in pattern(self.server.size):
                self.wfile.write(piece)
                self.server.sent += len(piece)
        elif path == "/cut":
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
        elif ranged:
            first = int(ranged[1]) if ranged[1] else len(PICTURE) - int(ranged[2])
            last = min(int(ranged[2]), len(PICTURE) - 1) if ranged[1] and ranged[2] else len(PICTURE) - 1
            if first >= len(PICTURE):
                self.answer(416, "text/plain", b"")
            else:
                self.answer(206, "image/png", PICTURE[first:last + 1], content_range=f"bytes {first}-{last}/{len(PICTURE)}")
        else:
            self.answer(200, kinds.get(path.rpartition(".")[2], "weird/type"), PICTURE, accept_ranges="bytes")

    def log_message(self, *_):
        pass


@pytest.fixture(name="place")
def a_place():
    with Place() as place:
        yield place
        place.shutdown()


def serve(world, config=DRAWINGS, private="true", more="", **options):
    return start(world, MEDIA % (SIGN, private, more) + config, **options)


def get(g, address, method="GET", **headers):
    """(status, headers, body)"""
    assert address.startswith(f"http://127.0.0.1:{g.port}/v1/media/"), address
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    try:
        c.request(method, urllib.parse.urlsplit(address).path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        r = c.getresponse()
        return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
    finally:
        c.close()


def draw(g, at):
    """The address of a picture that lies there."""
    return until_drawn(g, submit_drawing(g, "imagine", {"prompt": f"a cat that lies at {at}"}))["imageUrl"]


def refused(answer):
    status, headers, body = answer
    assert headers["content-type"].startswith("application/json"), headers
    return status, json.loads(body)["error"]["code"]


def test_a_picture_and_its_parts(world, place):
    g = serve(world, workers=2)
    address = draw(g, place.at + "/x/a.png?ex=1&is=2")
    assert re.fullmatch(rf"http://127\.0\.0\.1:{g.port}/v1/media/[0-9a-f]+-[\w-]+-[0-9a-f]{{32}}/a\.png", address), address
    status, headers, body = get(g, address)
    assert (status, body, headers["content-type"], headers["content-length"], headers["accept-ranges"]) == (200, PICTURE, "image/png", str(len(PICTURE)), "bytes")
    assert headers["x-content-type-options"] == "nosniff" and "sandbox" in headers["content-security-policy"] and 3500 < int(headers["cache-control"].removeprefix("private, max-age=")) <= 4500 and "set-cookie" not in headers
    assert not [h for h in headers.items() if "alice" in "".join(h) or "owner" in h[0]], headers
    asked = place.asked[-1]
    assert asked[0] == "/x/a.png?ex=1&is=2" and not {"authorization", "mj-api-secret", "cookie"} & set(asked[1]), asked
    for range_, wanted in (("bytes=0-9", PICTURE[:10]), ("bytes=100-", PICTURE[100:]), ("bytes=-7", PICTURE[-7:])):
        status, headers, body = get(g, address, range=range_)
        assert (status, body) == (206, wanted) and headers["content-range"].endswith(f"/{len(PICTURE)}"), (range_, status, headers)
    assert refused(get(g, address, range="bytes=999999-")) == (416, "range_not_satisfiable")
    for odd in ("bytes=0-1,3-4", "lines=1-2", "bytes=a-b"):
        assert get(g, address, range=odd)[::2] == (200, PICTURE), "all of it, where the part is none"
    assert get(g, address, range="bytes=0-9", if_range='"x"')[::2] == (200, PICTURE)
    status, headers, body = get(g, address, method="HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", str(len(PICTURE)))
    assert get(g, address.rpartition("/")[0] + "/another-name")[::2] == (200, PICTURE), "the name is for people"
    eventually(lambda: '"path":"/v1/media/{id}/{part}"' in g.log() and '"owner":"alice"' in g.log(), "its lines")
    assert place.at not in g.log() and address.split("/")[5] not in g.log()


def test_songs_and_hooks(world, place):
    """Every place of an answer, in each of the ways to ask for it; what a client is told by a hook, too."""
    with Listener() as listener:
        g = serve(world, with_hooks(SONGS, listener))
        song = begin_song(g, f"a song that lies at {place.at}/s.mp3", notify_hook=f"http://127.0.0.1:{listener.port}/in/x")
        made = until_sung(g, song)
        addresses = [c["audio_url"] for c in made["data"]]
        assert len(addresses) == 2 and addresses[0] == addresses[1] and addresses[0].endswith("/s.mp3"), made
        assert made["data"][0]["video_url"] == "" and made["data"][0]["metadata"]["prompt"].endswith("/s.mp3"), "what is no place of theirs stays"
        status, answer = send(g, "POST", "/suno/fetch", {"ids": [song]})
        assert status == 200 and answer["data"][0]["data"][1]["audio_url"] == addresses[0]
        soon(g, lambda: listener.heard, "the hook")
        told = json.loads(listener.heard[0][3])
        assert told["data"]["data"][0]["audio_url"] == addresses[0]
        assert get(g, addresses[0])[1]["content-type"] == "audio/mpeg"
        listener.shutdown()


def test_without_it_nothing_changes(world, place):
    g = start(world, DRAWINGS)
    assert draw(g, place.at + "/a.png") == place.at + "/a.png"
    status, answer = send(g, "GET", "/v1/media/1-2-3/a.png")
    assert status == 404, answer


def test_whose_it_is(world, place):
    """A bearer address: no key is needed; but who shows one must be of the tenant that it was given to."""
    g = serve(world)
    address = draw(g, place.at + "/a.png")
    assert get(g, address)[0] == 200 and get(g, address, authorization="Bearer " + ALICE)[0] == 200
    assert refused(get(g, address, authorization="Bearer " + BOB)) == (403, "media_of_another")
    assert get(g, address, authorization="Bearer sk-wrong")[0] == 401
    n, token = len(place.asked), address.split("/")[5]
    when, what, signature = token[:token.index("-")], token[token.index("-") + 1:-33], token[-32:]
    last = "0" if signature[-1] != "0" else "1"
    for wrong in (f"{when}-{what}-{signature[:-1]}{last}", f"f{when}-{what}-{signature}", f"{when}-{what[:-2]}AA-{signature}", f"{when}-{what}", signature, "x", f"{when}-{what}-{signature.upper()}", "-" * 40):
        assert refused(get(g, address.replace(token, wrong))) == (403, "media_address_invalid"), wrong
    for path in ("/v1/media/", "/v1/media/" + token):
        assert send(g, "GET", path)[0] == 404
    assert send(g, "POST", "/v1/media/" + token + "/a.png", {"x": 1})[0] == 405
    assert len(place.asked) == n, "nothing was fetched for them"
    other = serve(world)
    with_other_port = address.replace(f":{g.port}", f":{other.port}")
    assert get(other, with_other_port)[0] == 200, "of a fleet with one key each may serve it"
    other.write_config(MEDIA % ("another-key-of-the-test", "true", "") + DRAWINGS)
    assert other.reload()[0]
    assert refused(get(other, with_other_port)) == (403, "media_address_invalid"), "another key makes all of them void"


def test_it_ends(world, place):
    """By the wall clock, which no test turns: so a short time is waited for."""
    g = serve(world, more=', expires = "1s"')
    address = draw(g, place.at + "/a.png")
    seen = {get(g, address)[0]}
    while 403 not in seen:
        seen.add(get(g, address)[0])
    assert seen <= {200, 403} and refused(get(g, address)) == (403, "media_address_expired")


def test_what_it_is_not(world, place):
    """Pages, drawings that run, redirects into the house, and what is not there."""
    g = serve(world)
    for name in ("a.html", "a.svg", "a.unknown"):
        status, headers, body = get(g, draw(g, f"{place.at}/{name}"))
        assert (status, headers["content-type"], body) == (200, "application/octet-stream", PICTURE), name
    assert get(g, draw(g, place.at + "/on/3"))[::2] == (200, PICTURE)
    assert get(g, draw(g, place.at + "/on/4"))[0] == 502
    status, headers, body = get(g, draw(g, place.at + "/none"))
    assert refused((status, headers, body)) == (404, "media_gone") and b"secret" not in body
    with pytest.raises(http.client.IncompleteRead):
        get(g, draw(g, place.at + "/cut"))
    for nowhere in ("http://127.0.0.1:1/a.png", "http://relay-of-mine.invalid/a.png", "https://localhost:1/a.png"):
        status, headers, body = get(g, draw(g, nowhere))
        assert status == 502 and not re.search(r"relay-of-mine|localhost|127\.0\.0\.1:1\b", body.decode() + str(headers)), body
    assert get(g, draw(g, place.at + "/a.png"))[::2] == (200, PICTURE)


@pytest.mark.parametrize("location, asked", [("b.png", "/deep/er/b.png"), ("../b.png?x=1", "/deep/b.png?x=1"), ("../../../b.png", "/b.png"), ("/b.png#part", "/b.png"),
                                             ("//{host}/b.png", "/b.png"), ("http://{host}/b.png#part", "/b.png")])
def test_redirects_in_every_form(world, place, location, asked):
    g = serve(world)
    location = location.format(host=urllib.parse.urlsplit(place.at).netloc)
    place.to = location
    status, _, body = get(g, draw(g, place.at + "/deep/er/to?l"))
    assert status == 200 and body == PICTURE and place.asked[-1][0] == asked, (status, body, place.asked)


def test_redirects_that_cannot_be_followed(world, place):
    g = serve(world)
    for location in ("http://u:p@c.example/", "socks5://c.example/", "ftp://c.example/"):
        place.to = location
        status, _, body = get(g, draw(g, place.at + "/deep/er/to?l"))
        assert status == 502 and b"(null)" not in body, (location, body)


def test_not_into_the_house(world, place):
    g = serve(world, private="false")
    status, _, body = get(g, draw(g, place.at + "/a.png"))
    assert status == 502 and not place.asked and b"127.0.0.1" not in body.replace(str(g.port).encode(), b""), (status, body)


def take_slowly(g, address, place):
    """A film by a client who stops after its first MiB until nothing more is fetched: how many bytes came, and the most memory beside."""
    place.sent = 0
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    c.request("GET", urllib.parse.urlsplit(address).path)
    r = c.getresponse()
    assert r.getheader("content-length") == str(place.size) and r.getheader("content-type") == "video/mp4"
    before, most, got = g.rss(), 0, len(r.read(1 << 20))
    held = [place.sent, -1]
    while held[-1] != held[-2]:  # until it stands still
        threading.Event().wait(0.3)
        held.append(place.sent)
    assert place.sent < 64 << 20, "back-pressure"
    while piece := r.read(1 << 20):
        got += len(piece)
        if got % (32 << 20) == 0:
            most = max(most, g.rss() - before)
    c.close()
    return got, most


def test_a_long_film_is_streamed(world):
    """Memory stays flat, and what nobody takes is not fetched."""
    with Place(128 << 20) as place:
        g = serve(world)
        address = draw(g, place.at + "/big")
        assert take_slowly(g, address, place)[0] == place.size  # code and buffers come once
        place.size = amount(256, 2048) << 20
        got, most = take_slowly(g, address, place)
        assert got == place.size and (SANITIZED or most <= 2 << 20), (got, most)
        place.shutdown()


def test_who_leaves_in_the_middle(world):
    """Nothing more is fetched for him."""
    with Place(1 << 30) as place:
        g = serve(world)
        address = draw(g, place.at + "/big")
        for _ in range(3):
            c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
            c.request("GET", urllib.parse.urlsplit(address).path)
            r = c.getresponse()
            r.read(1 << 20)
            r.close()
            c.close()
        g.settle()
        held = [place.sent, -1]
        while held[-1] != held[-2]:
            threading.Event().wait(0.3)
            held.append(place.sent)
        assert place.sent < 256 << 20
        place.shutdown()


def test_many_in_one_answer(world, place):
    """Whoever asks for many jobs at once is told a good address for each."""
    g = serve(world)
    jobs = [begin(g, n, place) for n in range(3)]
    for job in jobs:
        until_drawn(g, job)
    status, answer = send(g, "POST", "/mj/task/list-by-condition", {"ids": jobs})
    assert status == 200 and [get(g, one["imageUrl"])[::2] for one in answer] == [(200, PICTURE)] * 3, answer


def begin(g, n, place):
    return submit_drawing(g, "imagine", {"prompt": f"{n} cats that lies at {place.at}/{n}.png"})


def test_what_the_config_must_say(world):
    for text, words in (('media { sign = "short", base_url = "http://x" }', "16 bytes or more"), ('media { base_url = "http://x" }', "sign"), (f'media {{ sign = "{SIGN}" }}', "base_url should say"),
                        (f'media {{ sign = "{SIGN}", base_url = "gateway" }}', "base_url should say"), (f'media {{ sign = "{SIGN}", base_url = "http://x", expires = "0s" }}', "expires")):
        g = world.gateway(DRAWINGS)
        g.write_config(text + "\n" + DRAWINGS)
        done, said = g.reload()
        assert not done and words in said, said
