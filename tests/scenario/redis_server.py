"""A Redis for one test."""
import os
import shutil
import signal
import socket
import subprocess
import time

from simlib import PATIENT


class Redis:
    def __init__(self, port):
        self.port = port
        self.process = None

    @staticmethod
    def available():
        """Is there a server to test with? In CI there must be: then the tests run, and fail, without it."""
        return "CI" in os.environ or shutil.which("redis-server") is not None

    def start(self, *options):
        end = time.monotonic() + PATIENT
        while True:
            if not self.process or self.process.poll() is not None:  # at first, or when its port was not free yet
                self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", *options],
                                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as s:
                    s.sendall(b"PING\r\n")
                    if s.recv(16).startswith((b"+PONG", b"-NOAUTH")):
                        return
            except OSError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.02)

    def stop(self):
        """At once, as a crash would."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)
