"""What the storm drivers share: the world under load, samples of its memory, and figures."""
import json
import os
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
from simlib import BUILD, PATIENT  # noqa: E402

LOAD = os.path.join(BUILD, "tests", "sim", "load")


class Load:
    """The load client in the background; report() waits for its end."""

    def __init__(self, port, **options):
        args = [LOAD, "--port", str(port)]
        for name, value in options.items():
            args += ["--" + name, str(value)]
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE)

    def report(self, seconds=0):
        """After `seconds`, and as much more as its last requests take."""
        out, _ = self.process.communicate(timeout=seconds + 2 * PATIENT)
        return json.loads(out)


class Sampler(threading.Thread):
    """Samples of the gateway's anonymous memory and open files, twice a second."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.gateway, self.samples, self.on = gateway, [], True
        self.begun = time.monotonic()
        self.start()

    def run(self):
        while self.on:
            try:
                self.samples.append((time.monotonic() - self.begun, self.gateway.rss(), self.gateway.files()))
            except (OSError, StopIteration):
                return
            time.sleep(0.5)

    def stop(self):
        self.on = False
        self.join()

    def growth(self, after):
        """Bytes between the median of the first fifth after `after` seconds and the median of the last fifth."""
        values = [rss for t, rss, _ in self.samples if t >= after]
        must(len(values) >= 3, f"only {len(values)} samples of memory: run for longer")
        n = max(1, len(values) // 5)
        first, last = sorted(values[:n]), sorted(values[-n:])
        return last[len(last) // 2] - first[len(first) // 2]

    def peak(self):
        return max(rss for _, rss, _ in self.samples)


def must(condition, what):
    if not condition:
        raise AssertionError(what)


def until(condition, what, seconds=PATIENT):
    end = time.monotonic() + seconds
    while not condition():
        must(time.monotonic() < end, f"{what} did not come true in {seconds} s")
        time.sleep(0.02)


def judge_load(report):
    """Every client got a whole answer or one well-formed error."""
    bad = {name: report[name] for name in ("broken", "hung", "unanswered") if report[name]}
    must(not bad, f"{bad}: {report['reasons']}")


def show(title, figures):
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:32} {value}")
    sys.stdout.flush()
    return figures


def mib(n):
    return f"{n / (1 << 20):.2f} MiB"
