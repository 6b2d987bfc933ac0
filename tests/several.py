"""Several processes of the app as `make run WORKERS=2` starts them, for tests."""

from __future__ import annotations

import http.client
import importlib.util
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.visitors import ROOT

BASE = "/arviz"
PATIENCE = 120.0  # seconds
HAPROXY = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
REQUIRED = os.environ.get("ARVIZ_REQUIRE_BROWSER") == "1"  # in CI nothing may be missing
needs_haproxy = pytest.mark.skipif(HAPROXY is None and not REQUIRED, reason="needs haproxy")
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None and not REQUIRED, reason="needs openssl")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_certificate(folder: Path) -> Path:
    """A .pem with a certificate for this machine, signed by itself, and its key."""
    assert OPENSSL is not None
    found, key = folder / "both.pem", folder / "key.pem"
    subprocess.run(
        [
            *(OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key)),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", str(found)),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with found.open("a", encoding="ascii") as file:
        file.write(key.read_text("ascii"))
    return found


def starter(patch: pytest.MonkeyPatch) -> ModuleType:
    """deploy/several.py, imported; forgotten when the test ends."""
    spec = importlib.util.spec_from_file_location("several", ROOT / "deploy" / "several.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    patch.setitem(sys.modules, "several", found)  # a dataclass looks there
    spec.loader.exec_module(found)
    return found


@dataclass
class Running:
    """What is started.

    Attributes:
        port: of http://127.0.0.1.
        process: the one that starts and watches the others.
        log: the file with what they all print.
        secure_port: of https://localhost; 0 without a certificate.
        trust: believes that certificate.
    """

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    secure_port: int = 0
    trust: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        if self.trust is not None:
            return f"https://localhost:{self.secure_port}{BASE}"
        return f"http://127.0.0.1:{self.port}{BASE}"

    def children(self) -> list[int]:
        """Ids of the processes of the app."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                command = (folder / "cmdline").read_text()
            except OSError:  # it has ended
                continue
            if int(parent) == self.process.pid and "streamlit" in command:
                found.append(int(folder.name))
        return sorted(found)

    def connection(self) -> http.client.HTTPConnection:
        """Over TLS where there is a certificate."""
        if self.trust is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        return http.client.HTTPSConnection(
            "localhost", self.secure_port, timeout=30, context=self.trust
        )

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """The answer, read."""
        connection = self.connection()
        connection.request("GET", BASE + path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def said_to(self, text: bytes, seconds: float = 20.0) -> bytes:
        """What is answered to these bytes, over http."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as line:
            line.sendall(text)
            return line.recv(200)

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if self.get("/_stcore/health").status == 200:
                    return
            except OSError:
                pass
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)


@contextmanager
def several(*options: str, workers: int = 2, **environment: str) -> Iterator[Running]:
    """Some processes of the app behind HAProxy, at a base path; ended on exit.

    Args:
        options: more of `streamlit run`.
        workers: how many processes.
        environment: more variables. With ARVIZ_CERTIFICATE, see `new_certificate`, it is over TLS.
    """
    port = free_port()
    trust, secure_port = None, 0
    if certificate := environment.get("ARVIZ_CERTIFICATE"):
        trust, secure_port = ssl.create_default_context(cafile=certificate), free_port()
        environment["ARVIZ_BIND_TLS"] = f"127.0.0.1:{secure_port}"
    command = [sys.executable, "deploy/several.py", "--workers", str(workers)]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "several.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "--bind", f"127.0.0.1:{port}", "--base", BASE, *options],
                cwd=ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            found = Running(port, process, log, secure_port, trust)
            found.wait_until_healthy()
            yield found
        finally:
            process.terminate()
            process.wait(30)
            print(log.read_text("utf-8", errors="replace")[-10_000:])
