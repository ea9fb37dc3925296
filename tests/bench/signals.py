"""What it costs to see: `./dev bench signals [KIND ...]`, kinds as of `./dev bench instructions`.

The same gateway without and with an access log to a file, metrics that are scraped each second, and a trace of each request (OTLP, to a
collector here). First in instructions of the whole process, all its threads, under callgrind and in lockstep as instructions.py has it; then in
CPU time of the whole process, the kernel's part too, off and on by turns at the same rate. Over LIMIT is a failure.
"""
import concurrent.futures
import http.server
import os
import statistics
import sys
import threading
import urllib.request

import instructions as bench
import pairs
import trial
from gateway import Gateway  # trial.py knows where it is
from simlib import Sim

LIMIT = 4.0  # us of CPU a request
ROUNDS, SECONDS, RATE = 7, 2, {"1k": 1500, "stream": 150}
OFF = "log { access = false }\n"
ON = 'log {{ file = "{folder}/access.log", format = "json" }}\n'
STAGE = 'chain {{ otlp {{ url = "http://127.0.0.1:{collector}/v1/traces" }}, auth {{}},'


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what it is sent."""
    protocol_version, spans = "HTTP/1.1", 0

    def do_POST(self):
        Collector.spans += self.rfile.read(int(self.headers["content-length"])).count(b"gen_ai.operation.name")
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def collect():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def seen(config, folder, collector):
    return ON.format(folder=folder) + config.replace("chain { auth {},", STAGE.format(collector=collector), 1)


# ---- instructions -----------------------------------------------------------------------------------------------------------------------

def command(build, collector):
    plain = bench.yuzui(bench.ROOT, build)

    def make(folder, port, up):
        args, env = plain(folder, port, up)
        config = args[args.index("-c") + 1]
        with open(config, encoding="utf-8") as f:
            text = f.read()
        bench.write(config, seen(text, folder, collector) if collector else OFF + text)
        return args, env
    return make


def counted(kinds, collector):
    build = os.environ.get("YUZUI_BUILD", os.path.join(bench.ROOT, "build"))
    print(f"{'instructions a request':24s}{'off':>12s}{'on':>12s}{'more':>12s}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = {kind: [bench.cost(pool, command(build, to), kind) for to in (None, collector)] for kind in kinds}
        for kind, (off, on) in rows.items():
            off, on = off(), on()
            print(f"{kind:24s}{off:12,.0f}{on:12,.0f}{on - off:12,.0f}", flush=True)


# ---- time -------------------------------------------------------------------------------------------------------------------------------

def ask(gateway, kind, seconds):
    """CPU time of a request, us, while so many come a second."""
    path, body = pairs.question("chat", "chat", kind == "stream")
    before = pairs.cpu_us(gateway.process.pid)
    answers = trial.load(gateway.port, [f"{path}\tauthorization: Bearer sk-test\t{pairs.json.dumps(body, ensure_ascii=False)}\n"], RATE[kind], seconds)
    if len(answers.good()) != len(answers):
        sys.exit(f"{kind}: {len(answers) - len(answers.good())} of {len(answers)} failed")
    return (pairs.cpu_us(gateway.process.pid) - before) / len(answers)


def scrape(gateway, stop):
    while not stop.wait(1):
        gateway.get("/metrics")


def timed(kinds, collector):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the fake world, the collector and the load; the gateways get the other end
    dear, stop = [], threading.Event()
    with Sim() as sim, Gateway(OFF + pairs.CONFIG, sim_port=sim.port, workers=1) as off, \
            Gateway(seen(pairs.CONFIG, "${folder}", collector), sim_port=sim.port, workers=1) as on:
        sim.script(pairs.WORLD)
        for g in (off, on):
            for task in os.listdir(f"/proc/{g.process.pid}/task"):
                os.sched_setaffinity(int(task), {0})
        threading.Thread(target=scrape, args=(on, stop), daemon=True).start()
        print(f"{'CPU us a request':24s}{'off':>12s}{'on':>12s}{'more':>12s}  (medians of {ROUNDS} rounds; quartiles of what is more)", flush=True)
        for kind in kinds:
            turns = [[ask(g, kind, SECONDS if i else 0.5) for g in ((off, on) if i % 2 else (on, off))] for i in range(ROUNDS + 1)][1:]
            turns = [t if i % 2 == 0 else t[::-1] for i, t in enumerate(turns)]
            more = [b - a for a, b in turns]
            low, middle, high = statistics.quantiles(more, n=4)
            print(f"{kind:24s}{statistics.median(a for a, _ in turns):12.1f}{statistics.median(b for _, b in turns):12.1f}{middle:12.1f}  ({low:.1f} to {high:.1f})", flush=True)
            if kind == "1k" and middle > LIMIT:
                dear.append(f"log, metrics and traces cost {middle:.1f} us of CPU a request of 1 KB; at most {LIMIT:g} are wanted")
        stop.set()
    if not Collector.spans:
        sys.exit("no span came to the collector: nothing was measured")
    return dear


def main():
    kinds = sys.argv[1:] or list(RATE)
    if wrong := [k for k in kinds if k not in RATE]:
        sys.exit(f"there is no kind {wrong[0]!r} here: {', '.join(RATE)}")
    collector = collect()
    counted(kinds, collector)
    if dear := timed(kinds, collector):
        sys.exit("\n".join(dear))


if __name__ == "__main__":
    main()
