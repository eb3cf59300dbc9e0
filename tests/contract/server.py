"""A Podium of our own, with a database to throw away and the sample contest in it."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

TOKEN = "contract-" + os.urandom(16).hex()
CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_S = 240


class Server:
    """Runs while its `with` block does."""

    def __init__(self, program):
        self.program = pathlib.Path(program).resolve()

    def __enter__(self):
        # A real disk, and a folder that the account of PostgreSQL can pass through.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="podium-contract.", dir="/var/tmp"))
        self.folder.chmod(0o711)
        self.log = self.folder / "server.log"
        ours = ("PODIUM_", "ROCKET_", "DATABASE_URL", "REDIS_URL")
        settings = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        settings |= {
            "PORT": "0",
            "ROCKET_ADDRESS": "127.0.0.1",
            "ROCKET_CONFIG": str(CHECKOUT / "Rocket.toml"),
            "PODIUM_DATA_DIR": str(self.folder / "data"),
            "PODIUM_ADMIN_TOKEN": TOKEN,
            "PODIUM_DEMO": "true",
        }
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.program], cwd=self.folder, env=settings, stdout=log, stderr=log
            )
        try:
            self.base = self.announced()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def announced(self):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"^ *Board *(http://[^/]*)/$", self.said(), re.MULTILINE)
            if found:
                return found[1]
            time.sleep(0.1)
        raise SystemExit(f"contract: the server is not ready:\n{self.said()}")

    def said(self):
        return self.log.read_text(errors="replace")

    def ask(self, method, path, body=None, token=TOKEN):
        """Sends a request under /api/v1/ that must succeed."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/api/v1/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)
