"""What each pair of dialects costs in instructions: `./dev bench pairs [CLIENT-PROVIDER ...]`, as in `chat-messages`.

A question of 1 KB with a document of 600 bytes, and with a stream of 50 texts, from a client of each dialect to a provider of each, under
callgrind as instructions.py has it. Four pairs forward bytes, the others translate: the last column is how many times the diagonal of the
client's dialect a pair costs. Over the limits of the product is a failure.
"""
import concurrent.futures
import json
import os
import sys

import instructions as bench

LIMITS = {"1k": 1.5, "stream": 1.6}
SENTENCE = "Load balancing spreads requests over servers. " * 12
WORDS = ["token "] * bench.TEXTS


def event(data, name=None):
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def chat():
    return bench.DOCUMENT, [bench.CHUNK] * bench.TEXTS, [bench.LAST]


def messages():
    document = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-6", "content": [{"type": "text", "text": SENTENCE}],
                "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 200, "output_tokens": 120}}
    start = event({"type": "message_start", "message": document | {"content": [], "stop_reason": None}}, "message_start")
    start += event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, "content_block_start")
    texts = [event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": w}}, "content_block_delta") for w in WORDS]
    end = event({"type": "content_block_stop", "index": 0}, "content_block_stop")
    end += event({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 50}}, "message_delta")
    return json.dumps(document).encode(), [start + texts[0], *texts[1:]], [end + event({"type": "message_stop"}, "message_stop")]


def gemini():
    def one(text, **more):
        return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **more}],
                "usageMetadata": {"promptTokenCount": 200, "candidatesTokenCount": 50, "totalTokenCount": 250}, "modelVersion": "gemini-3-flash", "responseId": "r-1"}
    return json.dumps(one(SENTENCE, finishReason="STOP")).encode(), [event(one(w)) for w in WORDS], [event(one("", finishReason="STOP"))]


def responses():
    def whole(status, output):
        return {"id": "resp_1", "object": "response", "created_at": 1700000000, "status": status, "error": None, "incomplete_details": None, "model": "gpt-5.2",
                "output": output, "parallel_tool_calls": True, "store": False, "tool_choice": "auto", "tools": [],
                "usage": {"input_tokens": 200, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 50, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 250}}

    def item(text, status):
        return {"type": "message", "id": "msg_1", "status": status, "role": "assistant", "content": [{"type": "output_text", "annotations": [], "text": text}] if text else []}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    text, n = "".join(WORDS), 4 + bench.TEXTS
    begin = [("response.created", {"response": whole("in_progress", [])}), ("response.in_progress", {"response": whole("in_progress", [])}),
             ("response.output_item.added", {"output_index": 0, "item": item("", "in_progress")}),
             ("response.content_part.added", at | {"part": {"type": "output_text", "annotations": [], "text": ""}})]
    end = [("response.output_text.done", at | {"text": text}), ("response.content_part.done", at | {"part": {"type": "output_text", "annotations": [], "text": text}}),
           ("response.output_item.done", {"output_index": 0, "item": item(text, "completed")}), ("response.completed", {"response": whole("completed", [item(text, "completed")])})]

    def said(events, first):
        return b"".join(event({"type": name, "sequence_number": first + i} | data, name) for i, (name, data) in enumerate(events))
    texts = [said([("response.output_text.delta", at | {"delta": w, "logprobs": []})], 4 + i) for i, w in enumerate(WORDS)]
    return json.dumps(whole("completed", [item(SENTENCE, "completed")])).encode(), [said(begin, 0) + texts[0], *texts[1:]], [said(end, n)]


PROVIDERS = {"chat": chat, "messages": messages, "gemini": gemini, "responses": responses}


def question(dialect, to, stream):
    """The same question in each dialect: the path and the body."""
    said = bench.question(1000)
    system, turns = said[0]["content"], said[1:]
    if dialect == "chat":
        path, body = bench.chat(1000, stream)
    elif dialect == "messages":
        path, body = bench.messages(1000, stream)
    elif dialect == "responses":
        path, body = "/v1/responses", {"instructions": system, "input": turns, "store": False, "stream": stream}
    else:
        contents = [{"role": "model" if m["role"] == "assistant" else "user", "parts": [{"text": m["content"]}]} for m in turns]
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"/v1beta/models/to-{to}:{method}", {"systemInstruction": {"parts": [{"text": system}]}, "contents": contents}
    return path, body | {"model": f"to-{to}"}


class Pair(bench.Pair):
    """Answers as a provider of one dialect."""

    def __init__(self, listener, port, answer):
        super().__init__(listener, port)
        self.whole, self.texts, self.end = answer

    def document(self):
        self.provider.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(self.whole) + self.whole)
        return bench.receive(self.client, b"", bench.whole)

    def stream(self, at_once):
        head, have = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", b""
        for i, text in enumerate(self.texts):
            self.provider.sendall(head + bench.chunked(text))
            head, wanted = b"", i + 1
            have = bench.receive(self.client, have, lambda d: d.count(b"token ") >= wanted)
        self.provider.sendall(bench.chunked(self.end[0]) + bench.chunked(b""))
        return bench.receive(self.client, have, bench.whole)


def main():
    build = os.environ.get("YUZUI_BUILD", os.path.join(bench.ROOT, "build"))
    command, asked = bench.yuzui(bench.ROOT, build), sys.argv[1:]
    kinds = {}
    for client in PROVIDERS:
        for to, answer in PROVIDERS.items():
            for form in LIMITS:
                bench.KINDS[f"{client}-{to}-{form}"] = (question(client, to, form == "stream"), form == "stream")
                kinds[client, to, form] = answer()
    wanted = {k: v for k, v in kinds.items() if not asked or f"{k[0]}-{k[1]}" in asked or k[0] == k[1] and any(a.startswith(k[0] + "-") for a in asked)}
    if not wanted:
        sys.exit(f"there is no such pair: a client and a provider of {', '.join(PROVIDERS)}, as in chat-messages")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        costs = {k: bench.cost(pool, command, "-".join(k), pair=lambda listener, port, answer=answer: Pair(listener, port, answer)) for k, answer in wanted.items()}
        figures, dear = {}, []
        print(f"{'instructions a request':32s}{'yuzui':>12s}  of the diagonal", flush=True)
        for k in sorted(costs, key=lambda k: (k[2], k[0], k[0] != k[1], k[1])):
            client, to, form = k
            figures[k] = costs[k]()
            times = figures[k] / figures[client, client, form]
            print(f"{'-'.join(k):32s}{figures[k]:12,.0f}  {times:.2f}", flush=True)
            if times > LIMITS[form]:
                dear.append(f"{'-'.join(k)} costs {times:.2f} times what {client}-{client}-{form} does; at most {LIMITS[form]} are wanted")
    if dear:
        sys.exit("\n".join(dear))


if __name__ == "__main__":
    main()
