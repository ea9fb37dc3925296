"""Traces: read as a collector reads them, by the official message definitions, where an unknown field is an error."""
import http.server
import threading
import time

import pytest
from bench import ALICE, ask, chat, eventually, fast, messages
from gateway import STANDARD
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PROMPT = "PROMPT-MARKER-90aa"


class Collector:
    """Takes OTLP over HTTP; `status` is what it answers."""

    def __init__(self, port=0):
        collector = self
        self.spans, self.headers, self.bodies, self.times, self.status = [], [], [], [], 200

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.times.append(time.monotonic())
                if collector.status == 200:
                    collector.take(self.path, dict(self.headers), body)
                self.send_response(collector.status)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, headers, body):
        assert path == "/v1/traces" and headers["content-type"] == "application/x-protobuf"
        request = ExportTraceServiceRequest.FromString(body)
        request.DiscardUnknownFields()
        assert request.SerializeToString() == body  # there were none, and all is as the official library writes it
        self.headers.append(headers), self.bodies.append(body)
        for resource in request.resource_spans:
            assert attributes(resource.resource) == {"service.name": "yuzui"} and resource.scope_spans[0].scope.name == "yuzui"
            for span in resource.scope_spans[0].spans:
                self.spans.append((span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex() or None, span))

    def of(self, trace):
        return [s for s in self.spans if s[0] == trace]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def value(v):
    kind = v.WhichOneof("value")
    return [value(x) for x in v.array_value.values] if kind == "array_value" else getattr(v, kind)


def attributes(holder):
    return {a.key: value(a.value) for a in holder.attributes}


@pytest.fixture(name="collector")
def fixture_collector():
    c = Collector()
    yield c
    c.close()


def start(world, collector, chain, options="", **more):
    return world.gateway(STANDARD + f'chain {{ otlp {{ url = "http://127.0.0.1:{collector.port}/v1/traces", interval = "50ms"{options} }}, {chain} }}\n', **more)


TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def heads(world):
    """The headers that providers got, in the order of requests."""
    lines = [r["head"].split("\r\n") for r in world.sim.log()]
    return [dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line) for head in lines]


def header(sampled="01", trace=TRACE):
    return f"traceparent: 00-{trace}-{PARENT}-{sampled}\r\ntracestate: vendor=1\r\n"


def test_a_tree_of_spans(world, collector):
    """A retry and a fallback are spans of their own, below the client's; providers are told which; nothing of a prompt or key is there."""
    world.sim.script({"record": True, "default": {"prompt_tokens": 11, "completion_tokens": 7}, "rules": [{"match": {"provider": "openai"}, "do": {"status": 503}}]})
    gateway = start(world, collector, 'auth {}, fallback {}, retry { attempts = 2, base = "1ms" }')
    assert ask(gateway.port, messages(PROMPT, model="gpt-safe"), "/v1/messages", headers=header() + "x-request-id: traced\r\n").status == 200
    eventually(lambda: collector.of(TRACE), "spans")
    spans = collector.of(TRACE)
    ids = [s[1] for s in spans]
    assert len(set(ids)) == len(ids) and all(len(i) == 16 for i in ids)
    root = [s for s in spans if s[3].kind == Span.SPAN_KIND_SERVER]
    assert len(root) == 1 and root[0][2] == PARENT
    assert all(s[2] in ids for s in spans if s is not root[0])
    seen = attributes(root[0][3])
    assert seen["gen_ai.operation.name"] == "chat" and seen["gen_ai.request.model"] == "gpt-safe" and seen["gen_ai.response.model"] == "gpt-5.2"
    assert seen["gen_ai.usage.input_tokens"] == 11 and seen["gen_ai.usage.output_tokens"] == 7 and seen["gen_ai.response.finish_reasons"] == ["stop"]
    assert seen["yuzui.request.id"] == "traced" and root[0][3].name == "chat gpt-safe" and seen["yuzui.dialect"] == "anthropic-messages"
    calls = [(s[1], attributes(s[3]), s[3]) for s in spans if s[3].kind == Span.SPAN_KIND_CLIENT]
    assert [(a["gen_ai.provider.name"], a.get("error.type"), a["http.response.status_code"]) for _, a, _ in calls] == [("openai", "upstream_overloaded", 503), ("openai", "upstream_overloaded", 503), ("backup", None, 200)]
    assert [s.status.code for _, _, s in calls] == [2, 2, 0]
    for _, _, s in calls:
        assert root[0][3].start_time_unix_nano <= s.start_time_unix_nano <= s.end_time_unix_nano <= root[0][3].end_time_unix_nano
        assert abs(s.start_time_unix_nano / 1e9 - time.time()) < 60
        assert [e.name for e in s.events][:3] == ["connected", "sent", "first_byte"]
    told = heads(world)
    assert [h["traceparent"] for h in told] == [f"00-{TRACE}-{i}-01" for i, _, _ in calls]
    assert all(h["tracestate"] == "vendor=1" for h in told)
    for body in collector.bodies:
        assert PROMPT.encode() not in body and ALICE.encode() not in body and b"sk-" not in body


def test_who_is_traced(world, collector):
    """The client's word counts; else the ratio; failures always; a policy can say yes or no; without propagation providers hear nothing."""
    world.sim.script({"record": True, "rules": [{"match": {"contains": "fail"}, "do": {"status": 400}}]})
    policy = "return function(req, next) local want = req.headers['x-trace'] if want then req:pass('trace', want) end return next(req) end"
    gateway = start(world, collector, 'auth {}, policy "p.lua"', ", ratio = 0, propagate = false", files={"p.lua": policy})
    traces = {name: f"{i + 1:032x}" for i, name in enumerate(("sampled", "not", "no_policy", "failed"))}
    assert ask(gateway.port, chat("x"), headers=header("01", traces["sampled"])).status == 200
    assert ask(gateway.port, chat("x"), headers=header("00", traces["not"])).status == 200
    assert ask(gateway.port, chat("x"), headers=header("01", traces["no_policy"]) + "x-trace: no\r\n").status == 200
    assert ask(gateway.port, chat("fail"), headers=header("00", traces["failed"])).status == 400
    assert ask(gateway.port, chat("x")).status == 200  # none, by the ratio
    assert ask(gateway.port, chat("x"), headers="traceparent: my prompt\r\nx-trace: yes\r\n").status == 200
    assert ask(gateway.port, chat("x", model=PROMPT)).status == 404
    eventually(lambda: len({s[0] for s in collector.spans}) >= 4, "four traces")
    time.sleep(0.3)
    seen = {s[0] for s in collector.spans}
    assert traces["sampled"] in seen and traces["failed"] in seen and traces["not"] not in seen and traces["no_policy"] not in seen
    assert len(seen) == 4, seen  # and the policy's, and the unknown model
    assert {s[3].name for s in collector.spans if s[3].kind == Span.SPAN_KIND_SERVER} == {"chat gpt-5.2", "chat ?"}
    assert not any("traceparent" in h for h in heads(world))
    assert not any(PROMPT.encode() in b or b"my prompt" in b for b in collector.bodies)


def test_ratio(world, collector):
    world.sim.script({"default": {"words": 3, "chunks": 1}})
    gateway = start(world, collector, "auth {}", ", ratio = 0.25")
    for _ in range(400):
        assert ask(gateway.port, chat("x")).status == 200
    eventually(lambda: gateway.status()["counters"]["otlp_sent"] == len(collector.spans) > 0, "all sent")
    time.sleep(0.3)
    traces = len({s[0] for s in collector.spans})
    assert 60 < traces < 145, traces  # four standard deviations


def test_a_collector_that_is_gone(world, collector):
    """Requests go on; what waits is bounded and sent when it comes back; it is not asked all the time; the log says so once."""
    world.sim.script({"default": {"words": 3, "chunks": 1}})
    collector.status = 503
    gateway = start(world, collector, "auth {}", ', queue = "64KiB", batch = 10', workers=1)
    slowest = 0
    for _ in range(300):
        began = time.monotonic()
        assert ask(gateway.port, chat("x")).status == 200
        slowest = max(slowest, time.monotonic() - began)
    assert fast(slowest, 0.2)
    eventually(lambda: len(collector.times) >= 2, "a second try")
    assert len(collector.times) <= 4 and min(b - a for a, b in zip(collector.times, collector.times[1:])) > 0.9
    assert gateway.status()["counters"]["otlp_dropped"] > 0
    collector.status = 200
    eventually(lambda: gateway.status()["counters"]["otlp_sent"] > 50, "the rest")
    counters = gateway.status()["counters"]
    assert counters["otlp_sent"] == len(collector.spans) and sum(len(b) for b in collector.bodies) < 200000
    assert gateway.log().count("the collector of traces answers 503") == 1 and gateway.log().count("takes spans again") == 1


def test_the_key(world, collector):
    gateway = start(world, collector, "auth {}", ', key = env "COLLECTOR_KEY", headers = { ["x-scope"] = "tenant-1" }', env={"COLLECTOR_KEY": "sk-collector-1"})
    assert ask(gateway.port, chat("x")).status == 200
    eventually(lambda: collector.headers, "spans")
    assert collector.headers[0]["authorization"] == "Bearer sk-collector-1" and collector.headers[0]["x-scope"] == "tenant-1"
    assert "sk-collector-1" not in gateway.log()
