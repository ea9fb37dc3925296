#!/usr/bin/env python3
"""measure.py: how often a gateway's semantic cache answers questions that mean the same, and, falsely, questions that only look so.

It asks the gateway itself, so what is measured is what clients get: the embedding model of its config, the guard, all of it. Point it at a gateway
(or a second one of the same config) whose chat model costs nothing, such as one of the provider `demo`:

    provider "demo" { adapter = "demo" }
    model "measure" { "demo" }
    chain { auth {}, semantic { model = "my-embedding-model" } }

    python3 measure.py --url http://127.0.0.1:8080/v1 --key sk-… --model measure [--pairs FILE]

Each pair of FILE (pairs.jsonl beside this script; lines {"same": true or false, "a": "…", "b": "…"}) is asked with a system prompt of its own, so pairs
do not meet each other. For each threshold: how many of the pairs that mean the same, and of those that do not, would be answered from the cache.
"""
import argparse
import concurrent.futures
import json
import os
import sys
import urllib.error
import urllib.request
import uuid

THRESHOLDS = [0.70, 0.75, 0.80, 0.85, 0.88, 0.90, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99]


class Wrong(Exception):
    pass


def ask(args, system, text):
    """The headers of the answer."""
    body = {"model": args.model, "max_tokens": 16, "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}]}
    request = urllib.request.Request(args.url.rstrip("/") + "/chat/completions", json.dumps(body).encode(),
                                     {"Content-Type": "application/json", "Authorization": "Bearer " + args.key})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            return answer.headers
    except urllib.error.HTTPError as e:
        raise Wrong(f"the gateway answered {e.code}: {e.read().decode(errors='replace')[:300]}") from None
    except OSError as e:
        raise Wrong(f"{args.url} cannot be asked: {e}") from None


def nearness(args, run, number, pair):
    """Of the second question to the first; -1: they are never compared."""
    system = f"measure {run} {number}"
    said = ask(args, system, pair["a"])["x-yuzui-semantic"]
    if said is None:
        raise Wrong("no answer says x-yuzui-semantic: is there a stage `semantic` in the chain that this key, model and address take?")
    if said.startswith("no embedding"):
        raise Wrong(f"the embedding model was asked in vain: {said}")
    headers = ask(args, system, pair["b"])
    return float(headers["x-yuzui-similarity"] or -1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="of the gateway, with /v1")
    parser.add_argument("--key", default="none", help="a client's key")
    parser.add_argument("--model", required=True, help="the chat model to ask; its answers are not looked at")
    parser.add_argument("--pairs", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "pairs.jsonl"))
    parser.add_argument("--worst", type=int, default=5, help="so many of the nearest pairs that do not mean the same are shown")
    args = parser.parse_args()
    with open(args.pairs, encoding="utf-8") as f:
        pairs = [json.loads(line) for line in f if line.strip()]
    run = uuid.uuid4().hex[:8]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        near = list(pool.map(lambda p: nearness(args, run, *p), enumerate(pairs)))
    same = [n for n, p in zip(near, pairs) if p["same"]]
    apart = [n for n, p in zip(near, pairs) if not p["same"]]
    print(f"{len(same)} pairs that mean the same, {len(apart)} that do not; never compared: {sum(n < 0 for n in same)} and {sum(n < 0 for n in apart)}")
    print(f"{'threshold':<10}{'answered':>10}{'falsely':>10}")
    for t in THRESHOLDS:
        print(f"{t:<10.2f}{100 * sum(n >= t for n in same) / max(len(same), 1):>9.1f}%{100 * sum(n >= t for n in apart) / max(len(apart), 1):>9.1f}%")
    worst = sorted(((n, p) for n, p in zip(near, pairs) if not p["same"] and n >= 0), key=lambda x: -x[0])[:args.worst]
    for n, p in worst:
        print(f"{n:.4f}  {p['a']}  |  {p['b']}")


if __name__ == "__main__":
    try:
        main()
    except Wrong as e:
        sys.exit(f"measure.py: {e}")
