"""Answers as tests of this folder write them, byte for byte, and a gateway in front of a provider that says them."""
import contextlib
import json

from bench import World
from rawup import Raw


@contextlib.contextmanager
def saying(sim, play, config):
    """The provider (rawup.Raw), which answers by play, and a gateway of this config: ${sim} is its port there."""
    raw = Raw(play)
    w = World(sim)
    try:
        yield raw, w.gateway(config, port=raw.port)
        w.judge()
        assert not raw.wrong, raw.wrong
    finally:
        w.close()
        raw.close()


def document(head="200 OK", headers="", **body):
    text = json.dumps(body).encode()
    return f"HTTP/1.1 {head}\r\ncontent-type: application/json\r\n{headers}content-length: {len(text)}\r\n\r\n".encode() + text


def stream(*events):
    text = "".join(e if isinstance(e, str) else f"data: {json.dumps(e)}\n\n" for e in events).encode()
    return f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(text)}\r\n\r\n".encode() + text


def completion(*finishes, **more):
    return document(id="c", object="chat.completion", created=1, model="m", **more,
                    choices=[{"index": i, "message": {"role": "assistant", "content": "fine"}, "finish_reason": f} for i, f in enumerate(finishes)])


def chunk(finish=None, text="half"):
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {} if finish else {"content": text}, "finish_reason": finish}]}


CLAUDE = [{"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1}}},
          {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "half"}},
          {"type": "content_block_stop", "index": 0}, {"type": "message_stop"}]
SLOW = {"error": {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded"}}
