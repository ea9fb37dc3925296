"""What choosing costs: `./dev bench choosing`.

A judgement of the classifier in microseconds, of a question of 1 KB and of average ones (those of policies/yuzui/questions). A request without a
policy, with by-question, and with a shadow of ten in a hundred below that: in instructions of the whole process as instructions.py has it (there
every request has its shadow, and a tenth of what they add is told), then in CPU time of the whole process, the kernel's part too, by turns at the
same rate. That may be MORE times as much with the policy, and SHADOW more with the shadows.
"""
import concurrent.futures
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading

import instructions as bench
import pairs
import trial
from gateway import Gateway  # trial.py knows where it is
from simlib import Sim

MORE = 1.1
ROUNDS, SECONDS, RATE = 11, 2, 1500
SHADOW = 0.03  # of a request, at a share of ten in a hundred
AVERAGE_US, LONG_US = 3.0, 12.0
QUESTIONS = os.path.join(bench.ROOT, "policies", "yuzui", "questions", "public.jsonl")
KINDS = ["1k", "16k", "stream"]
POLICY = 'policy "'


# ---- judging ----------------------------------------------------------------------------------------------------------------------------

def judged(build, texts, rounds):
    """Bytes and microseconds of a text, on average."""
    text = "\n".join(t.replace("\n", " ") for t in texts) + "\n"
    out = subprocess.run([os.path.join(build, "judging"), os.path.join(bench.ROOT, "policies", "yuzui", "question.model"), str(rounds)],
                         input=text, capture_output=True, text=True, check=True).stdout
    _, size, us = out.split()
    return int(size), float(us)


def judging(build):
    with open(QUESTIONS, encoding="utf-8") as f:
        average = random.Random(1).sample([json.loads(line)["text"] for line in f], 2000)
    long = " ".join(m["content"] for m in bench.question(1000))[-1024:]
    dear = []
    print(f"{'a judgement':28s}{'bytes':>8s}{'us':>8s}", flush=True)
    for name, texts, rounds, most in (("average questions", average, 50, AVERAGE_US), ("a question of 1 KB", [long] * 100, 200, LONG_US)):
        size, us = judged(build, texts, rounds)
        print(f"{name:28s}{size:8d}{us:8.2f}", flush=True)
        if us > most:
            dear.append(f"{name}: {us:.2f} us; at most {most:g} are wanted")
    return dear


# ---- requests ---------------------------------------------------------------------------------------------------------------------------

class Other:
    """The shadows' provider: answers whoever asks, beside the lockstep."""

    def __init__(self):
        self.listener, self.asked = socket.create_server(("127.0.0.1", 0)), 0
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            threading.Thread(target=self.answer, args=(self.listener.accept()[0],), daemon=True).start()

    def answer(self, sock):
        head = b"HTTP/1.1 200 OK\r\nServer: fake\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(bench.DOCUMENT)
        try:
            while True:
                bench.receive(sock, b"", bench.whole)
                self.asked += 1
                sock.sendall(head + bench.DOCUMENT)
        except (OSError, EOFError):
            sock.close()


def without(chain):
    return 'model "auto" { { "fake", as = "gpt-5.2" } }\n' + chain[:chain.index(POLICY)] + chain[chain.index("fallback {}"):]


def shadowed(chain, share=100):
    at = chain.index("fallback {}")
    return chain[:at] + f'shadow {{ model = "shadow", share = {share}, at_once = 10000, per_minute = 1000000, lines = false }}, ' + chain[at:]


def command(build, other, change=None):
    """The bench's config with its chain changed; the model `shadow` is served by `other`."""
    plain = bench.yuzui(bench.ROOT, build)

    def make(folder, port, up):
        args, env = plain(folder, port, up)
        config = args[args.index("-c") + 1]
        with open(config, encoding="utf-8") as f:
            text = f.read()
        head, chain = text[:text.index("chain {")], text[text.index("chain {"):]
        head += f'provider "other" {{ adapter = "openai", key = "sk-up", base_url = "http://127.0.0.1:{other.port}/v1" }}\nmodel "shadow" {{ "other" }}\n'
        bench.write(config, head + (change(chain) if change else chain))
        return args, env
    return make


def requests(build):
    other = Other()
    makes = {"no policy": command(build, other, without), "policy": command(build, other), "shadow": command(build, other, shadowed)}
    print(f"{'instructions a request':28s}" + "".join(f"{name:>12s}" for name in makes) + f"{'policy':>10s}{'a tenth shadowed':>18s}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = {kind: {name: bench.cost(pool, make, kind) for name, make in makes.items()} for kind in KINDS}
        for kind, row in rows.items():
            n = {name: figure() for name, figure in row.items()}
            more, tenth = n["policy"] / n["no policy"], (n["shadow"] / n["policy"] - 1) / 10
            print(f"{kind:28s}" + "".join(f"{n[name]:12,.0f}" for name in makes) + f"{more:9.2f}x{tenth * 100:16.1f} %", flush=True)
    if not other.asked:
        sys.exit("no shadow was asked: nothing was measured")


# ---- time -------------------------------------------------------------------------------------------------------------------------------

CONFIG = """provider "fake" { adapter = "openai", key = "sk-up", base_url = "http://127.0.0.1:${sim}/p/a/v1" }
model "gpt-5.2" { "fake" }
model "claude-opus-4-6" { "fake" }
model "kimi-k2.5" { "fake" }
model "shadow" { { "fake", as = "gpt-5.2" } }
log { access = false }
key "sk-test" { name = "bench", models = { "*" } }
"""
CHAIN = 'chain { auth {}, policy "' + os.path.join(bench.ROOT, "policies", "by-question.lua") + '", fallback {}, retry { attempts = 3 } }\n'


def ask(gateway, seconds):
    """CPU time of a request, us, while so many come a second."""
    path, body = bench.chat(1000)
    before = pairs.cpu_us(gateway.process.pid)
    answers = trial.load(gateway.port, [f"{path}\tauthorization: Bearer sk-test\t{json.dumps(body, ensure_ascii=False)}\n"], RATE, seconds)
    if len(answers.good()) != len(answers):
        sys.exit(f"{len(answers) - len(answers.good())} of {len(answers)} requests failed")
    return (pairs.cpu_us(gateway.process.pid) - before) / len(answers)


def timed():
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the fake world and the load; the gateways get the other end
    chains = {"no policy": without(CHAIN), "policy": CHAIN, "a tenth shadowed": shadowed(CHAIN, 10)}
    with Sim() as sim:
        sim.script(pairs.WORLD)
        gateways = {name: Gateway(CONFIG + chain, sim_port=sim.port, workers=1).start() for name, chain in chains.items()}
        try:
            for g in gateways.values():
                for task in os.listdir(f"/proc/{g.process.pid}/task"):
                    os.sched_setaffinity(int(task), {0})
            names = list(gateways)
            rounds = [{name: ask(gateways[name], SECONDS if i else 0.5) for name in names[i % 3:] + names[:i % 3]} for i in range(ROUNDS + 1)][1:]
        finally:
            for g in gateways.values():
                g.stop()
    policy, shadow = ([r[name] / r[to] for r in rounds] for name, to in (("policy", "no policy"), ("a tenth shadowed", "policy")))
    print(f"{'CPU us a request':28s}" + "".join(f"{name:>18s}" for name in names) + f"  (medians of {ROUNDS} rounds)")
    print(f"{'1k':28s}" + "".join(f"{statistics.median(r[name] for r in rounds):18.1f}" for name in names))
    dear = []
    for name, ratios, most in (("by-question", policy, MORE), ("shadows of a tenth", shadow, 1 + SHADOW)):
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"{name:28s}{middle:17.3f}x  ({low:.3f} to {high:.3f})", flush=True)
        if middle > most:
            dear.append(f"{name}: {middle:.3f} times the CPU time; at most {most:g} are wanted")
    return dear


def main():
    build = os.environ.get("YUZUI_BUILD", os.path.join(bench.ROOT, "build"))
    dear = judging(build)
    requests(build)
    if dear := dear + timed():
        sys.exit("\n".join(dear))


if __name__ == "__main__":
    main()
