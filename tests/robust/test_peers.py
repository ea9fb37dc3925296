"""G6, G7: many clients that do little, and clients that leave."""
import asyncio
import os
import random
import resource
import subprocess
import sys
import time

from bench import SANITIZED, Load, amount, chat, eventually, fast, percentile, post
from rawup import Raw, wait_gone
from simlib import PATIENT
from test_lying_providers import JSON, SSE, event, sized, document


def test_g6_idle_and_slow_drip_clients(world):
    """Idle and dripping sockets cost the real requests nothing they notice."""
    world.sim.script({"default": {"words": 5, "chunks": 1}})
    gateway = world.gateway(chain="auth {}", workers=1)
    idle_n, drip_n, seconds = amount(2000, 10000), amount(200, 500), amount(4, 30)

    def measure():
        load = Load(gateway.port, n=4, pause=0.002).start()
        time.sleep(seconds)
        load.stop()
        assert not load.failed, load.failed[:3]
        return load

    alone = measure()
    before = gateway.rss()

    async def crowd():
        sockets = []
        for i in range(idle_n + drip_n):
            sockets.append(await asyncio.open_connection("127.0.0.1", gateway.port))
        drips = sockets[idle_n:]
        data = post(chat("slow"))
        loop = asyncio.get_running_loop()
        measured = loop.run_in_executor(None, measure)
        at = 0
        while not measured.done():
            for _, writer in drips:
                writer.write(data[at % len(data):at % len(data) + 1])
            at += 1
            await asyncio.sleep(0.25)
        crowded = gateway.rss()
        for _, writer in sockets:
            writer.close()
        return await measured, crowded

    among, crowded = asyncio.run(crowd())
    p99 = percentile(alone.times, 0.99), percentile(among.times, 0.99)
    each = (crowded - before) / (idle_n + drip_n)
    print(f"{alone.done / seconds:.0f} and {among.done / seconds:.0f} requests/s, p99 {p99[0] * 1000:.1f} and {p99[1] * 1000:.1f} ms, {each:.0f} bytes a socket")
    assert among.done > 10
    assert fast(p99[1], 2 * p99[0] + 0.05), p99
    if not SANITIZED:
        assert each < 6000, each


def upload_strangers(port, n, seconds):
    """strangers.py, with descriptors enough."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard > n + 100, hard
    return subprocess.Popen([sys.executable, os.path.join(os.path.dirname(__file__), "strangers.py"), str(port), str(n), str(seconds)],
                            stdout=subprocess.PIPE, text=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (hard,) * 2))


def test_g6_strangers_cost_nobody_anything(world):
    """A thousand connections with wrong keys upload 32 MiB each, slowly: everyone of them is told 401, and honest large requests are as quick
    as before and get no 503. Before: the same strangers at a gateway next door, since what they take of a small machine is not ours to save."""
    world.sim.script({"default": {"words": 5, "chunks": 1}})
    gateway, next_door = (world.gateway(chain="auth {}", workers=1) for _ in range(2))
    n, seconds = 1000, amount(4, 20)
    large = post(chat("x" * 2000000))

    def measure(port):
        strangers = upload_strangers(port, n, seconds + 3)
        time.sleep(2)
        load = Load(gateway.port, n=2, make=lambda i: large, pause=0.01).start()
        time.sleep(seconds)
        load.stop()
        assert not load.failed, load.failed[:3]
        return load, gateway.rss(), map(int, strangers.communicate(timeout=PATIENT)[0].split())

    alone, before, _ = measure(next_door.port)
    among, crowded, (told, other, broken) = measure(gateway.port)
    p99 = percentile(alone.times, 0.99), percentile(among.times, 0.99)
    print(f"{alone.done} and {among.done} requests, p99 {p99[0] * 1000:.1f} and {p99[1] * 1000:.1f} ms, {(crowded - before) >> 20} MiB; "
          f"told {told}, {other}, {broken}")
    assert told >= n and other == 0 and broken <= told / 100
    assert among.done > 10
    assert fast(p99[1], 2 * p99[0]), p99
    assert SANITIZED or crowded - before < 64 << 20, (before, crowded)


def play_slow(name, s, request):
    """Answers as the name says, and notes when the gateway hung up."""
    case = int(name.rsplit("-", 1)[1])
    raw_asked.add(case)
    if name.startswith("head"):
        pass
    elif name.startswith("stream"):
        s.sendall(SSE + event("one") + event("two"))
    elif name.startswith("document"):
        s.sendall(sized(document(), n=100000))
    raw_gone[case] = wait_gone(s, PATIENT)
    return False


raw_asked, raw_gone = set(), {}


def test_g7_client_gone_upstream_cancelled(world):
    """Before the head, in a stream, in a document; by FIN and by RST; and at random moments."""
    raw = Raw(play_slow)
    try:
        gateway = world.gateway(port=raw.port, workers=2)
        n, left, rng = amount(300, 10000), {}, random.Random(7)
        raw_asked.clear(), raw_gone.clear()

        async def one(i, gate):
            async with gate:
                kind = ("head", "stream", "document")[i % 3]
                reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
                writer.write(post(chat(f"do:{kind}-{i}:", stream=kind == "stream")))
                if kind == "stream" and i % 2:
                    await asyncio.wait_for(reader.readuntil(b"two"), PATIENT)
                else:
                    while i not in raw_asked:
                        await asyncio.sleep(0.005)
                    await asyncio.sleep(rng.random() * 0.05)
                left[i] = time.monotonic()
                writer.transport.abort() if rng.random() < 0.5 else writer.close()

        async def run():
            gate = asyncio.Semaphore(12)
            await asyncio.gather(*(one(i, gate) for i in range(n)))

        asyncio.run(run())
        eventually(lambda: len(raw_gone) == n, "every call cancelled")
        assert all(raw_gone.values()), "a call was not cancelled"
        took = [max(0.0, raw_gone[i] - left[i]) for i in left]
        p99 = percentile(took, 0.99)
        print(f"{len(took)} aborts: p50 {percentile(took, 0.5) * 1000:.1f}, p99 {p99 * 1000:.1f} ms")
        assert fast(p99, 0.1), p99
        gateway.settle()
        assert not raw.wrong, raw.wrong[:3]
    finally:
        raw.close()
