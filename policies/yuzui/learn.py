#!/usr/bin/env python3
"""Learns the weights of question.lua: a linear model over words, marks and pairs of Chinese characters.

    learn.py TRAIN.jsonl [--out question_weights.lua] [--features 4000] [--dev DEV.jsonl] [--leave-out]

One JSON object a line: {"text", "label": "knowledge" | "reasoning" | "default", "lang", "source"}. Needs nothing but Python. The
features here and in question.lua must stay the same; question_test.lua holds examples that show it if they do not.
--dev prints the accuracy on another file. --leave-out trains without each source in turn and prints how it does on that source: the
honest figure, since sources differ in style as well as in label.
"""

import argparse
import collections
import json
import math
import os
import random
import re

LABELS = ("knowledge", "reasoning", "default")
EDGE = 600  # bytes looked at, at the beginning and at the end
MARKERS = (b"[user]", b"User:", "用户：".encode())

WORD = re.compile(rb"[A-Za-z0-9_]+")
MARK = re.compile(rb"[!-/:-@\[-^`{-~]+")
RUN = re.compile(rb"[\xe4-\xe9][\x80-\xbf\xe4-\xe9]*")


def ask_of(text):
    """What is asked: without a system text that was put before it; of long texts, both ends."""
    at = max(text.rfind(m) + len(m) if m in text else 0 for m in MARKERS)
    text = text[at:].lstrip(b" \t\r\n\v\f")
    if len(text) > 2 * EDGE:
        text = text[:EDGE] + b"\n" + text[-EDGE:]
    return text


def features(text):
    text = ask_of(text)
    size = 0
    n = len(text)
    while n > 8:
        n //= 2
        size += 1
    found = [b"<size%d>" % size]
    before = b"^"
    for match in WORD.finditer(text.lower()):
        word = match.group()
        if word[0] <= 0x39:  # a digit
            word = b"0"
        found.append(word)
        found.append(before + b" " + word)
        before = word
    for match in MARK.finditer(text):
        found.append(match.group()[:4])
    first = True
    for match in RUN.finditer(text):
        run = match.group()
        run = run[: len(run) - len(run) % 3]
        if first:
            found.append(b"^" + run[:6])
            first = False
        for i in range(0, len(run), 3):
            found.append(run[i : i + 6])
        found.append(run[-6:] + b"$")
    return found


def load(path):
    rows = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            counts = collections.Counter(features(row["text"].encode()))
            rows.append((counts, LABELS.index(row["label"]), row["lang"], row["source"].split("+")[0]))
    return rows


def expansions(text, rng, most):
    """Up to `most` of the texts that {a|b} stands for."""
    found = set()
    for _ in range(most * 3):
        one = re.sub(r"\{([^}]*)\}", lambda m: rng.choice(m.group(1).split("|")), text)
        found.add(one)
        if len(found) == most:
            break
    return sorted(found)


def lessons(path, most):
    rng = random.Random(11)
    rows = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#") or "\t" not in line:
                continue
            label, text = line.rstrip("\n").split("\t")
            for one in expansions(text, rng, most):
                rows.append((collections.Counter(features(one.encode())), LABELS.index(label), "lessons", "lessons"))
    return rows


def scores(weights, counts):
    k = r = 0.0
    for name, n in counts.items():
        w = weights.get(name)
        if w:
            k += w[0] * n
            r += w[1] * n
    return k, r


def guess(weights, counts):
    k, r = scores(weights, counts)
    return max((k, 0), (r, 1), (0.0, 2))[1]


def train(rows, names, epochs, decay, seed=7):
    """Softmax regression; the default's score is fixed at 0. AdaGrad; weights shrink by `decay` a touch."""
    rng = random.Random(seed)
    weights = {name: [0.0, 0.0] for name in names}
    squares = {name: [1e-6, 1e-6] for name in names}
    rows = [([(f, min(n, 4)) for f, n in c.items() if f in weights], y) for c, y, _, _ in rows]
    for epoch in range(epochs):
        rng.shuffle(rows)
        rate = 0.25 / (1 + epoch)
        for counts, label in rows:
            k = r = 0.0
            for name, n in counts:
                w = weights[name]
                k += w[0] * n
                r += w[1] * n
            top = max(k, r, 0.0)
            ek, er, ed = math.exp(k - top), math.exp(r - top), math.exp(-top)
            total = ek + er + ed
            gk = ek / total - (label == 0)
            gr = er / total - (label == 1)
            if abs(gk) + abs(gr) < 0.01:
                continue
            for name, n in counts:
                w, s = weights[name], squares[name]
                dk, dr = gk * n + decay * w[0], gr * n + decay * w[1]
                s[0] += dk * dk
                s[1] += dr * dr
                w[0] -= rate * dk / math.sqrt(s[0])
                w[1] -= rate * dr / math.sqrt(s[1])
    return weights


def choose(rows, weights, most):
    """The names that matter: seen often enough, in more than one source, weight times how often."""
    seen, where = collections.Counter(), collections.defaultdict(set)
    for counts, _, _, source in rows:
        for name in counts:
            seen[name] += 1
            where[name].add(source)
    value = {}
    for name, w in weights.items():
        if seen[name] >= 4 and (len(where[name]) > 1 or seen[name] >= 8):
            spread = max(w[0], w[1], 0) - min(w[0], w[1], 0)
            value[name] = spread * math.sqrt(seen[name]) * min(len(where[name]), 4)
    return sorted(value, key=lambda name: (-value[name], name))[:most]


def fit(rows, most):
    seen = collections.Counter()
    for counts, _, _, _ in rows:
        seen.update(counts.keys())
    names = [name for name, n in seen.items() if n >= 4]
    chosen = choose(rows, train(rows, names, 4, 0.002), most)
    return train(rows, chosen, 8, 0.002)


def report(title, weights, rows):
    hits = collections.Counter()
    total = collections.Counter()
    confused = collections.Counter()
    for counts, label, lang, _ in rows:
        found = guess(weights, {n: min(c, 4) for n, c in counts.items()})
        for key in ("all", lang, LABELS[label]):
            total[key] += 1
            hits[key] += found == label
        if found != label:
            confused[LABELS[label] + " taken for " + LABELS[found]] += 1
    parts = ", ".join("%s %.1f %%" % (k, 100 * hits[k] / total[k]) for k in sorted(total))
    print("%s: %s" % (title, parts))
    return confused, hits["all"], total["all"]


def write(path, weights, dev_note):
    lines = []
    for name, (k, r) in sorted(weights.items()):
        k, r = round(k * 16), round(r * 16)
        if k or r:
            lines.append("%s\t%d\t%d" % (name.decode("utf-8"), k, r))
    with open(path, "w", encoding="utf-8") as out:
        out.write("-- Made by learn.py: do not edit. Each line: a feature, what it adds to \"knowledge\", what it adds to \"reasoning\"\n")
        out.write("-- (sixteenths; \"default\" stays at 0). See README.md for the data and how well it does.\n")
        out.write("return [==[\n" + "\n".join(lines) + "\n]==]\n")
    print("%s: %d features" % (path, len(lines)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--out")
    parser.add_argument("--features", type=int, default=4000)
    parser.add_argument("--lessons", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "lessons.txt"))
    parser.add_argument("--dev")
    parser.add_argument("--leave-out", action="store_true")
    args = parser.parse_args()
    rows = load(args.train) + lessons(args.lessons, 16)
    if args.leave_out:
        hits = total = 0
        sources = collections.Counter(source for _, _, _, source in rows)
        for source, n in sorted(sources.items()):
            if n >= 100:
                weights = fit([row for row in rows if row[3] != source], args.features)
                _, h, t = report("without " + source, weights, [row for row in rows if row[3] == source])
                hits, total = hits + h, total + t
        print("left-out sources together: %.1f %%" % (100 * hits / total))
        return
    weights = fit(rows, args.features)
    report("train", weights, rows)
    if args.dev:
        confused, _, _ = report("dev", weights, load(args.dev))
        for what, n in confused.most_common():
            print("  %3d %s" % (n, what))
    if args.out:
        write(args.out, weights, args.dev)


if __name__ == "__main__":
    main()
