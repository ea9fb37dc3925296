"""What accounting costs a request: `./dev bench accounting [KIND ...]`, kinds as of `./dev bench instructions`.

The same gateway under callgrind without and with `bill {}` and a ledger of SQLite, in lockstep with client and provider as instructions.py has
it: instructions of the worker's thread, and of the ledger's. What a thread does when the ledger closes is left out. The ledger's figure falls
with the load, for it writes what has come together at once: here it is one request, or a few.

`./dev bench accounting` shows CPU time as well, off and on by turns: tests/robust/test_money.py::test_most_holds_wait_for_no_disk.
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

import instructions as bench

LIMIT = 15000  # instructions of the worker
MONEY = """ledger "sqlite" { path = "@DIR@/ledger.db" }
prices "fake" { source = "the bench", date = "2026-11-28", models = {
    { name = "gpt-5.2", input = 2, output = 10 }, { name = "claude-opus-4-6", input = 2, output = 10 }, { name = "kimi-k2.5", input = 2, output = 10 } } }
"""


def command(build, on):
    plain = bench.yuzui(bench.ROOT, build)

    def make(folder, port, up):
        args, env = plain(folder, port, up)
        config = args[args.index("-c") + 1]
        if on:
            with open(config, encoding="utf-8") as f:
                text = f.read()
            chain = text.index("chain { auth {},")
            bench.write(config, text[:chain] + MONEY.replace("@DIR@", folder) + text[chain:].replace("fallback {},", "bill {}, fallback {},", 1))
            subprocess.run([args[0], "credit", "bench", "--usd", "1000000", "-c", config], env=dict(os.environ, **env), check=True, capture_output=True)
        return args, env
    return make


def spent_in(text, name):
    """Instructions below calls of a function, by the text of a file of callgrind's."""
    number = re.search(r"\((\d+)\) " + name + r"(?:\.lto_priv\.\d+)?$", text, re.M)
    if not number:
        return 0
    calls = re.findall(r"^cfn=\(" + number[1] + r"\).*\n(?:c\w+=.*\n)*?calls=.*\n\S+ (\d+)$", text, re.M)
    return sum(int(n) for n in calls)


def by_thread(counts):
    out = {"worker": 0, "ledger": 0}
    for path in glob.glob(counts + "-*"):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if "yz_turn_run" in text:
            out["worker"] += bench.counted(path) - spent_in(text, "close_share")
        elif "post_move" in text:
            out["ledger"] += bench.counted(path)
    if not out["worker"]:
        raise ValueError(f"{counts}: no thread of a worker")
    return out


def cost(pool, make, kind):
    few, many = (pool.submit(bench.run, make, kind, n, options=["--separate-threads=yes"], count=by_thread) for n in (bench.FEW, bench.MANY))
    return lambda: {of: (many.result()[of] - n) / (bench.MANY - bench.FEW) for of, n in few.result().items()}


def main():
    build = os.environ.get("YUZUI_BUILD", os.path.join(bench.ROOT, "build"))
    kinds, dear = sys.argv[1:] or ["1k", "stream"], []
    if wrong := [k for k in kinds if k not in bench.KINDS]:
        sys.exit(f"there is no kind {wrong[0]!r}: {', '.join(bench.KINDS)}")
    print(f"{'instructions a request':24s}{'off':>12s}{'on':>12s}{'more':>12s}{'ledger':>12s}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = {kind: [cost(pool, command(build, on), kind) for on in (False, True)] for kind in kinds}
        for kind, (off, on) in rows.items():
            off, on = off(), on()
            more = on["worker"] - off["worker"]
            print(f"{kind:24s}{off['worker']:12,.0f}{on['worker']:12,.0f}{more:12,.0f}{on['ledger']:12,.0f}", flush=True)
            if kind == "1k" and more > LIMIT:
                dear.append(f"accounting costs a worker {more:,.0f} instructions a request of 1 KB; at most {LIMIT:,} are wanted")
    if dear:
        sys.exit("\n".join(dear))


if __name__ == "__main__":
    main()
