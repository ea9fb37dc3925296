"""What each pair of dialects costs: `./dev bench pairs [--time] [CLIENT-PROVIDER ...]`, as in `chat-messages`.

A question of 1 KB with a document of 600 bytes, and with a stream of 50 texts, from a client of each dialect to a provider of each. Four pairs
forward bytes, the others translate: the last column is how many times the diagonal of the client's dialect a pair costs. Over the limits of the
product is a failure.

Without --time: in instructions of the process, under callgrind as instructions.py has it, so without the kernel's. With it: in CPU time of the
whole process, the kernel's part included, in front of the fake world, which sends each event by itself; all pairs by turns, several rounds.
"""
import concurrent.futures
import json
import os
import statistics
import sys

import instructions as bench
import trial
from gateway import Gateway  # trial.py knows where it is
from simlib import Sim

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


def table(title, cost, keys):
    """Prints how many times its diagonal each pair costs; what is over the limits, in words."""
    dear = []
    print(f"{title:32s}{'yuzui':>12s}  of the diagonal", flush=True)
    for k in sorted(keys, key=lambda k: (k[2], k[0], k[0] != k[1], k[1])):
        client, _, form = k
        times = cost(k) / cost((client, client, form))
        print(f"{'-'.join(k):32s}{cost(k):12,.1f}  {times:.2f}", flush=True)
        if times > LIMITS[form]:
            dear.append(f"{'-'.join(k)} costs {times:.2f} times what {client}-{client}-{form} does; at most {LIMITS[form]} are wanted")
    return dear


# ---- time -----------------------------------------------------------------------------------------------------------------------------

ROUNDS, SECONDS, RATE = 5, 2, {"1k": 500, "stream": 150}
WORLD = {"default": {"words": bench.TEXTS, "chunks": bench.TEXTS, "chunk_delay": 1}}
CONFIG = """provider "fake" { adapter = "openai", key = "sk-up", base_url = "http://127.0.0.1:${sim}/p/a/v1" }
provider "messages" { adapter = "anthropic", key = "sk-up", base_url = "http://127.0.0.1:${sim}/p/b" }
provider "gemini" { adapter = "gemini", key = "sk-up", base_url = "http://127.0.0.1:${sim}/p/c/v1beta" }
provider "responses" { adapter = "responses", key = "sk-up", base_url = "http://127.0.0.1:${sim}/p/d/v1" }
model "to-chat" { { "fake", as = "gpt-5.2" } }
model "to-messages" { { "messages", as = "claude-opus-4-6" } }
model "to-gemini" { { "gemini", as = "gemini-3-flash" } }
model "to-responses" { { "responses", as = "gpt-5.2" } }
key "sk-test" { name = "bench" }
chain { auth {}, fallback {}, retry { attempts = 3 } }
"""


def cpu_us(pid):
    tasks = f"/proc/{pid}/task"
    return sum(int(open(f"{tasks}/{t}/schedstat", encoding="ascii").read().split()[0]) for t in os.listdir(tasks)) / 1000


def timed(keys):
    """CPU time of a request, us: the median of the rounds."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the fake world and the load; the gateway gets the other end
    costs = {k: [] for k in keys}
    with Sim() as sim, Gateway(CONFIG, sim_port=sim.port, workers=1) as gateway:
        pid = gateway.process.pid
        for task in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(task), {0})
        sim.script(WORLD)
        for round_ in range(-1, ROUNDS):
            for k in keys:
                path, body = question(k[0], k[1], k[2] == "stream")
                line = f"{path}\tauthorization: Bearer sk-test\t{json.dumps(body, ensure_ascii=False)}\n"
                before = cpu_us(pid)
                answers = trial.load(gateway.port, [line], RATE[k[2]], SECONDS if round_ >= 0 else 0.3)
                if len(answers.good()) != len(answers):
                    sys.exit(f"{'-'.join(k)}: {len(answers) - len(answers.good())} of {len(answers)} failed")
                if round_ >= 0:
                    costs[k].append((cpu_us(pid) - before) / len(answers))
    return table("CPU us a request", lambda k: statistics.median(costs[k]), keys)


# ---- instructions -----------------------------------------------------------------------------------------------------------------------

def counted(kinds):
    build = os.environ.get("YUZUI_BUILD", os.path.join(bench.ROOT, "build"))
    command = bench.yuzui(bench.ROOT, build)
    for k in kinds:
        bench.KINDS["-".join(k)] = (question(k[0], k[1], k[2] == "stream"), k[2] == "stream")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        costs = {k: bench.cost(pool, command, "-".join(k), pair=lambda listener, port, answer=answer: Pair(listener, port, answer)) for k, answer in kinds.items()}
        figures = {}

        def figure(k):
            if k not in figures:
                figures[k] = costs[k]()
            return figures[k]
        return table("instructions a request", figure, costs)


def main():
    asked = [a for a in sys.argv[1:] if a != "--time"]
    kinds = {(client, to, form): answer() for client in PROVIDERS for to, answer in PROVIDERS.items() for form in LIMITS
             if not asked or f"{client}-{to}" in asked or client == to and any(a.startswith(client + "-") for a in asked)}
    if not kinds:
        sys.exit(f"there is no such pair: a client and a provider of {', '.join(PROVIDERS)}, as in chat-messages")
    dear = timed(list(kinds)) if "--time" in sys.argv else counted(kinds)
    if dear:
        sys.exit("\n".join(dear))


if __name__ == "__main__":
    main()
