"""What it costs to be seen: instructions a request with the access log, the last requests and traces, and without, under callgrind: so that what
else the machine does is not measured."""
import os
import re
import subprocess

import pytest
import wire
from bench import eventually, post
from gateway import STANDARD, Gateway
from simlib import BUILD
from test_traces import Collector

BODY = b'{"model":"gpt-5.2","messages":[{"role":"user","content":"' + b"x" * 1000 + b'"}]}'
MOST = 32000  # instructions; a guard against growth: there were 26,100, of which 13,600 were for traces


class Counted(Gateway):
    """A gateway under callgrind."""

    def start(self, seconds=120, wait=True):
        out = os.path.join(self.folder, "callgrind.out")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", os.path.join(BUILD, "yuzui"), "run", "-c", os.path.join(self.folder, "yuzui.lua")],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, cwd=self.folder)
        self.wait_for(self.port, seconds)
        return self

    def ask_many(self, n):
        c = wire.Client(self.port)
        for _ in range(n):
            c.send(post(BODY))
            assert c.read(lambda a: a.complete) and c.answer.status == 200
            c.next()
        c.close()

    def instructions(self):
        self.process.terminate()
        assert self.process.wait(120) == 0
        with open(os.path.join(self.folder, "callgrind.out"), encoding="utf-8") as f:
            return int(re.search(r"^summary: (\d+)", f.read(), re.M).group(1))


def cost(sim, settled, *config, **more):
    """Instructions a request: of many less those of few, which have the start and the end in them too."""
    sums = []
    for n in (200, 1000):
        gateway = Counted(*config, sim_port=sim.port, **more).start()
        gateway.ask_many(n)
        settled(n)
        sums.append(gateway.instructions())
        gateway.remove()
    return (sums[1] - sums[0]) / 800


@pytest.mark.skipif("asan" in BUILD, reason="a sanitizer under valgrind")
def test_cost(running_sim):
    """The access log, the last requests with their trees, and traces of every request together."""
    collector = Collector()
    running_sim.reset()
    running_sim.script({"default": {"words": 5, "chunks": 1}})

    def sent(n):
        before = settled_before[0]
        eventually(lambda: len({s[0] for s in collector.spans}) >= before + n, "all traces")
        settled_before[0] = len({s[0] for s in collector.spans})
    settled_before = [0]
    blind = cost(running_sim, lambda n: None, 'listen "127.0.0.1:${port}"\nworkers(1)\n' + STANDARD + "log { access = false }\nchain { auth {}, retry {} }\n", head=False)
    logged = cost(running_sim, lambda n: None, STANDARD + 'log { file = "access.log" }\nchain { auth {}, retry {} }\n', workers=1)
    seen = cost(running_sim, sent, STANDARD + f'log {{ file = "access.log" }}\nchain {{ otlp {{ url = "http://127.0.0.1:{collector.port}/v1/traces" }}, auth {{}}, retry {{}} }}\n', workers=1)
    collector.close()
    print(f"off {blind:.0f} instructions a request; access log and last requests {logged - blind:+.0f}; traces of every request besides {seen - logged:+.0f}")
    assert seen - blind <= MOST
