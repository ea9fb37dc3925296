"""An answer that begins with a success was made, and is paid for: what cannot be read of it is not bought again."""
import json

import pytest
from saying import saying
from test_framed import CHAT, MESSAGE
from test_stream_ends import ask

CONFIG = """provider "open" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:${sim}/v1" }
provider "messages" { adapter = "anthropic", key = "k", base_url = "http://127.0.0.1:${sim}" }
model "open" { { "open", as = "m" } }
model "messages" { { "messages", as = "m" } }
key "sk" {}
chain { auth {}, retry { attempts = 3, base = "1ms", cap = "2ms" } }
"""
WHOLE = {"open": CHAT, "messages": MESSAGE}
EVENTS = {"open": [{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": end}]} for text, end in (("hello ", None), ("you", "stop"))],
          "messages": [{"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}}, {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                       {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hello you"}}, {"type": "content_block_stop", "index": 0},
                       {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}, {"type": "message_stop"}]}


SAYS = [b""]  # to each request


def play(name, s, request):
    s.sendall(SAYS[0])
    return False


@pytest.fixture(scope="module")
def world(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


def asked(world, provider, says, stream=False):
    """(status, answer)"""
    raw, gateway = world
    SAYS[0], before = says, len(raw.requests)
    status, body = ask(gateway.port, "/v1/chat/completions", {"model": provider, "stream": stream, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]})[:2]
    assert len(raw.requests) - before == 1, body
    return status, body


def head(*lines, status="200 OK"):
    return "\r\n".join([f"HTTP/1.1 {status}", "content-type: application/json", "connection: close", *lines]).encode() + b"\r\n\r\n"


@pytest.mark.parametrize("provider", WHOLE)
@pytest.mark.parametrize("lines", [["content-length: %d", "content-length: 7"], ["content-length: %d, 7"], ["content-length: %d", "transfer-encoding: chunked"], ["no header", "content-length: %d"],
                                   ["x y: z", "content-length: %d"], [f"x-{i}: v" for i in range(300)], ["x-a: " + "a" * 70_000]], ids=str)
def test_a_head_that_cannot_be_read(world, provider, lines):
    body = json.dumps(WHOLE[provider]).encode()
    status, said = asked(world, provider, head(*[line % len(body) if "%d" in line else line for line in lines]) + body)
    assert status == 502 and "upstream_unreadable" in said


@pytest.mark.parametrize("provider", WHOLE)
@pytest.mark.parametrize("first", ["HTTP/2 200", "HTTP/2.0 200 OK", "http/1.1 200 OK", "HTTP/1.1  200 OK", "HTTP/3 200 "])
def test_a_first_line_that_is_written_oddly(world, provider, first):
    body = json.dumps(WHOLE[provider]).encode()
    status, said = asked(world, provider, head(f"content-length: {len(body)}").replace(b"HTTP/1.1 200 OK", first.encode()) + body)
    assert status == 200 and "hello you" in said


@pytest.mark.parametrize("provider", WHOLE)
@pytest.mark.parametrize("lines", [["content-length: %d", "x-a: b", "content-length: %d"], ["content-length: %d, %d"]], ids=str)
def test_a_length_that_is_said_twice(world, provider, lines):
    body = json.dumps(WHOLE[provider]).encode()
    status, said = asked(world, provider, head(*[line.replace("%d", str(len(body))) for line in lines]) + body)
    assert status == 200 and "hello you" in said


@pytest.mark.parametrize("provider", WHOLE)
def test_a_part_that_is_the_whole(world, provider):
    """206 in place of 200; with Content-Range it is a part."""
    body = json.dumps(WHOLE[provider]).encode()
    status, said = asked(world, provider, head(f"content-length: {len(body)}", status="206 Partial Content") + body)
    assert status == 200 and "hello you" in said
    status, said = asked(world, provider, head(f"content-length: {len(body)}", f"content-range: bytes 0-{len(body) - 1}/9999", status="206 Partial Content") + body)
    assert status == 502 and "upstream_unreadable" in said


@pytest.mark.parametrize("provider", WHOLE)
@pytest.mark.parametrize("error", [{}, "", None, [], 0, "none", {"code": 0, "message": "success"}, {"message": None, "type": None}, {"message": "", "code": "200"}])
def test_an_error_that_says_nothing(world, provider, error):
    body = json.dumps({**WHOLE[provider], "error": error}).encode()
    status, said = asked(world, provider, head(f"content-length: {len(body)}") + body)
    assert status == 200 and "hello you" in said


@pytest.mark.parametrize("provider", EVENTS)
@pytest.mark.parametrize("join", ["data: %s\n", "%s\n"], ids=["without blank lines", "lines of JSON"])
def test_a_stream_in_another_frame(world, provider, join):
    body = "".join(join % json.dumps(event) for event in EVENTS[provider]).encode()
    status, said = asked(world, provider, head(f"content-length: {len(body)}").replace(b"application/json", b"text/event-stream") + body, stream=True)
    assert status == 502 and "upstream_unreadable" in said


@pytest.mark.parametrize("provider", WHOLE)
@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
def test_lines_that_end_in_lf_alone(world, provider, framing):
    body = json.dumps(WHOLE[provider]).encode()
    line = {"length": f"content-length: {len(body)}", "close": "x-framing: none", "chunked": "transfer-encoding: chunked"}[framing]
    body = b"%x\n%s\n0\n\n" % (len(body), body) if framing == "chunked" else body
    status, said = asked(world, provider, head(line).replace(b"\r\n", b"\n") + body)
    assert status == 200 and "hello you" in said


@pytest.mark.parametrize("provider", WHOLE)
@pytest.mark.parametrize("wrong", [b"HTTP/1.1 200 OK\nx-a: b\r\n\r\n", b"HTTP/1.1 200 OK\r\nx-a: b\n\r\n", b"HTTP/1.1 200 OK\nx-a: b\rc\n\n"], ids=["LF first", "CRLF first", "a bare CR"])
def test_lines_that_end_in_two_ways(world, provider, wrong):
    status, said = asked(world, provider, wrong + json.dumps(WHOLE[provider]).encode())
    assert status == 502 and "upstream_unreadable" in said
