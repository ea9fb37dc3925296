"""Strangers, in a process of their own so that they take no time from who measures: N connections with wrong keys that upload 32 MiB each.

strangers.py PORT N SECONDS: piece by piece, as fast as once in 0.25 s; whoever is refused comes back. Prints how many were told 401, how many
another status, and how many got no answer before the connection broke.
"""
import asyncio
import os
import sys
import time

HEAD = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer sk-stranger-%d\r\nContent-Type: application/json\r\n"
        b"Content-Length: 33554432\r\n\r\n")
PIECE = b"x" * 65536
PATIENT = 60  # s
counts = {"401": 0, "other": 0, "broken": 0}


async def upload(port, i):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(HEAD % i)
        answer = asyncio.ensure_future(reader.readline())
        while not answer.done():
            writer.write(PIECE)
            await asyncio.wait({answer}, timeout=0.25)
        counts["401" if b" 401 " in answer.result() else "other" if answer.result() else "broken"] += 1
    except OSError:
        counts["broken"] += 1
    finally:
        writer.close()


async def stranger(port, i, end):
    """The first answer is waited for, however long others keep the processor."""
    first = end + PATIENT
    while time.monotonic() < max(end, first):
        try:
            await asyncio.wait_for(upload(port, i), max(0.01, max(end, first) - time.monotonic()))
            first = 0
        except asyncio.TimeoutError:
            pass
        except OSError:
            await asyncio.sleep(0.1)


async def main(port, n, seconds):
    end = time.monotonic() + seconds
    await asyncio.gather(*(stranger(port, i, end) for i in range(n)))

os.nice(19)  # on a small machine: what they cost the gateway counts, not what they cost the processor
asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
print(counts["401"], counts["other"], counts["broken"])
