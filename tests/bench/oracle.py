"""What could be had at best: the same nodes, the same bad spells, the same load, and somebody who knows at every moment which nodes are bad and how long
the line before each is, and always asks the best one. Nobody can know that; what a balancer does is to be held against it. Virtual time: it takes
a moment. Standard library only.
"""
import math
import random

GIVEN_UP = 4000  # ms: the gateway's time-out for the first byte
LINE = 30        # a place in a line costs the one who takes it its wait, and all who come later as well


class Node:
    def __init__(self, distance, rate, spells):
        self.distance, self.gap, self.spells, self.free = distance, 1000 / rate, spells, 0.0

    def bad(self, at):
        return any(a <= at / 1000 < b for a, b in self.spells)

    def wait(self, at):
        return max(0.0, self.free - at)

    def burden(self, at):
        return LINE * self.wait(at) + (0.73 * 3300 + 0.27 * (GIVEN_UP + 300) if self.bad(at) else self.distance)

    def ask(self, at, r):
        """ms until the answer; infinite: it hangs. As tests/bench/resilience.py says it to tests/sim (node_rules)."""
        wait = self.wait(at)
        self.free = max(self.free, at) + self.gap
        if r.random() < (0.27 if self.bad(at) else 0.004):
            return math.inf
        if self.bad(at):
            return wait + max(1.0, r.gauss(3300, 900))
        return wait + (r.uniform(1500, 4000) if r.random() < 0.02 else r.gauss(self.distance, self.distance / 8))


def one(nodes, due, r, hedge):
    """A request: three tries at most, each at the best node that was not asked; with `hedge`, a second one of the first that is late."""
    left, waited = list(nodes), 0.0
    for k in range(3):
        best = min(left, key=lambda n: n.burden(due))
        left.remove(best)
        took = best.ask(due, r)
        if k == 0 and took > hedge:
            second = min(left, key=lambda n: n.burden(due))
            if not second.bad(due):
                took = min(took, hedge + second.ask(due, r))
        if took <= GIVEN_UP:
            return waited + took
        waited += GIVEN_UP
    return math.inf


def oracle(distances, rate_of_node, spells, rate, seconds, seed, hedge=math.inf, patience=10000):
    """[(due in s, ms)] of every request; one without an answer counts with all its client's patience."""
    r = random.Random(seed)
    nodes = [Node(d, rate_of_node, [(a, b) for k, a, b in spells if k == i]) for i, d in enumerate(distances)]
    at, rows = 0.0, []
    while at < seconds * 1000:
        rows.append((at / 1000, min(patience, one(nodes, at, r, hedge))))
        at += r.expovariate(rate / 1000)
    return rows


def mean_and_peak(rows, window, step=5):
    parts = {}
    for t, ms in rows:
        part = parts.setdefault(int(t / step), [0.0, 0])
        part[0] += ms
        part[1] += 1
    width, worst = max(1, int(window / step)), 0.0
    for first in range(max(parts) - width + 2):
        inside = [parts.get(k, (0.0, 0)) for k in range(first, first + width)]
        worst = max(worst, sum(ms for ms, _ in inside) / max(1, sum(n for _, n in inside)))
    return sum(ms for _, ms in rows) / len(rows), worst
