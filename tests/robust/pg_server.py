"""A PostgreSQL, of the newest version installed, for all tests of a run: each takes a database of its own. It refuses to run as root: then it runs
as nobody."""
import glob
import os
import shutil
import subprocess
import tempfile
import time

from simlib import PATIENT


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    return found[-1] if found else None


class Postgres:
    @staticmethod
    def available():
        """In CI there must be one: then the tests run, and fail, without it."""
        return "CI" in os.environ or programs() is not None

    def __init__(self, folder=None):
        self.folder = tempfile.mkdtemp(prefix="yuzui-pg-", dir=folder)
        os.chmod(self.folder, 0o777)
        self.url = f"postgresql:///postgres?host={self.folder}&user=yuzui"
        self.process = None

    def run(self, *words, **more):
        user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
        return subprocess.Popen([os.path.join(programs(), words[0]), *words[1:]], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user, **more)

    def start(self):
        data = os.path.join(self.folder, "data")
        if not os.path.exists(data):
            assert self.run("initdb", "-D", data, "-A", "trust", "-U", "yuzui", "-E", "UTF8", "--locale=C", "--no-sync").wait() == 0
        self.process = self.run("postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off")
        end = time.monotonic() + PATIENT
        while self.run("pg_isready", "-h", self.folder, "-U", "yuzui").wait() != 0:
            assert self.process.poll() is None and time.monotonic() < end, "PostgreSQL does not start"
            time.sleep(0.05)
        return self

    def database(self):
        """The URL of a new one, which its test may break."""
        name = f"t{time.monotonic_ns()}"
        assert self.run("createdb", "-h", self.folder, "-U", "yuzui", name).wait() == 0
        return self.url.replace("/postgres?", f"/{name}?")

    def stop(self):
        if self.process:
            self.process.send_signal(2)  # closes all connections, and ends
            self.process.wait()
        self.process = None

    def remove(self):
        if self.process:
            self.process.send_signal(3)  # ends at once: nobody reads its files any more
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
