"""What an operator meets in the first hour: a port that is taken, and what the commands say to him."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from gateway import Gateway  # noqa: E402
from simlib import PATIENT, free_port  # noqa: E402

SERVE = 'listen "127.0.0.1:PORT" { OPTIONS }\nadmin "127.0.0.1:${admin}"\nchain {}\n'


def gateway(port, options=""):
    g = Gateway(SERVE.replace("PORT", str(port)).replace("OPTIONS", options), head=False, workers=None)
    g.port = port
    return g


def test_a_used_port_is_refused():
    port = free_port()
    with gateway(port):
        second = gateway(port)
        try:
            second.start(wait=False)
            assert second.process.wait(PATIENT) == 1
            assert f"cannot listen on 127.0.0.1:{port}: another process, perhaps a yuzui, listens there already" in second.log()
            assert "reuse_port = true" in second.log()
        finally:
            second.remove()


def test_a_port_may_be_shared():
    port = free_port()
    with gateway(port, "reuse_port = true") as first, gateway(port, "reuse_port = true") as second:
        assert first.process.poll() is None and second.process.poll() is None


def test_a_reload_keeps_its_own_ports():
    port = free_port()
    with gateway(port) as g:
        g.write_config(SERVE.replace("PORT", str(port)).replace("127.0.0.1:%d" % port, ":%d" % port).replace("OPTIONS", ""))
        ok, text = g.reload()
        assert ok, text


@pytest.mark.parametrize("busy", [True, False])
def test_a_reload_to_a_used_port_changes_nothing(busy):
    port, other = free_port(), free_port()
    with gateway(other) as neighbour, gateway(port) as g:
        g.write_config(SERVE.replace("PORT", str(neighbour.port if busy else free_port())).replace("OPTIONS", ""))
        ok, text = g.reload()
        assert ok is not busy, text
        assert ("listens there already" in text) is busy
