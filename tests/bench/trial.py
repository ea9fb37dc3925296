"""What the experiments share: load and what came of it, and a fake world that follows a timetable. Standard library and wrk only."""
import contextlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "sim"))
from simlib import BUILD  # noqa: E402

SEED = 8
TIMEOUT = 10000  # ms that a client waits


# ---- load ------------------------------------------------------------------------------------------------------------------------------

class Answers:
    """What came of one run: (due in s, latency in ms, status, number of its line, ms to the answer's head), status 0: no answer in time."""

    def __init__(self, lines):
        self.rows = sorted((int(d) / 1e6, int(l) / 1e3, int(s), int(k), int(h) / 1e3) for d, l, s, k, h in (line.split() for line in lines))

    def __len__(self):
        return len(self.rows)

    def good(self):
        return [r for r in self.rows if r[2] == 200]

    def share(self, want):
        return sum(1 for r in self.rows if want(r)) / max(1, len(self.rows))

    def mean(self, waited=True):
        """With `waited`, one that got no answer counts with the time its client waited for it; else answers alone count."""
        rows = self.rows if waited else self.good()
        return sum(r[1] for r in rows) / max(1, len(rows))

    def percentile(self, p, column=1):
        """Of the answers; column 4: of the times to their heads."""
        times = sorted(r[column] for r in self.good())
        return times[min(len(times) - 1, int(p * len(times)))] if times else math.inf

    def peak(self, window, waited=True, step=5):
        """The mean of the worst stretch of so many seconds, of those that begin every `step`."""
        sums = {}
        for r in self.rows if waited else self.good():
            total = sums.setdefault(int(r[0] / step), [0, 0])
            total[0] += r[1]
            total[1] += 1
        parts, worst = max(1, int(window / step)), 0
        for first in range(max(sums, default=0) - parts + 2):
            inside = [sums.get(k, (0, 0)) for k in range(first, first + parts)]
            if sum(n for _, n in inside) >= 20:
                worst = max(worst, sum(t for t, _ in inside) / sum(n for _, n in inside))
        return worst


def load(port, requests, rate, seconds, timeout_ms=TIMEOUT, seed=SEED):
    run = subprocess.run([os.path.join(BUILD, "tests", "sim", "openloop"), str(port), str(rate), str(seconds), str(timeout_ms), str(seed)],
                         input="".join(requests), capture_output=True, text=True, check=True)
    return Answers(run.stdout.splitlines())


FLOOD = """wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
%s
wrk.body = io.open("%s"):read("*a")
"""


def flood(port, line, seconds, connections=64):
    """Sends one request again and again over so many connections, each when the last was answered: how many answers came. A bad one ends it."""
    path, headers, body = line.rstrip("\n").split("\t")
    with tempfile.TemporaryDirectory(prefix="yuzui-") as folder:
        with open(os.path.join(folder, "body"), "w", encoding="utf-8") as f:
            f.write(body)
        with open(os.path.join(folder, "flood.lua"), "w", encoding="utf-8") as f:
            pairs = [header.split(": ", 1) for header in headers.split("|")]
            f.write(FLOOD % ("\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in pairs), os.path.join(folder, "body")))
        run = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", f.name, f"http://127.0.0.1:{port}{path}"],
                             capture_output=True, text=True, check=True)
    answers = re.search(r"(\d+) requests in", run.stdout)
    if not answers or answers[1] == "0" or "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        raise RuntimeError(f"not all were answered: {run.stdout}{run.stderr}")
    return int(answers[1])


@contextlib.contextmanager
def on_processor(number, *pids):
    """Keeps all threads of these processes on one processor."""
    tasks = [int(task) for pid in pids for task in os.listdir(f"/proc/{pid}/task")]
    before = {task: os.sched_getaffinity(task) for task in tasks}
    for task in tasks:
        os.sched_setaffinity(task, {number % os.cpu_count()})
    yield
    for task in tasks:
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(task, before[task])


def request(path, model, text, key="", tokens=40, **more):
    body = json.dumps({"model": model, "max_completion_tokens": tokens, "messages": [{"role": "user", "content": text}], **more})
    return f"{path}\tauthorization: Bearer {key}\t{body}\n"


# ---- providers -------------------------------------------------------------------------------------------------------------------------

class World:
    """A fake world whose rules follow a timetable: a thread sets the script anew at each change."""

    def __init__(self, sim, timetable):
        self.sim, self.timetable, self.over = sim, timetable, threading.Event()
        sim.reset()
        sim.script(timetable[0][1])

    def __enter__(self):
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()
        return self

    def follow(self):
        began = time.monotonic()
        for at, script in self.timetable[1:]:
            if self.over.wait(max(0, began + at - time.monotonic())):
                return
            self.sim.script(script)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def script(rules, seed, rates=None):
    return {"seed": seed, "default": {"words": 30, "chunks": 3}, "rules": rules, "rates": rates or {}}
