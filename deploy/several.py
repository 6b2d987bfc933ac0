"""Several processes of the app behind HAProxy: `make run WORKERS=2`.

One process runs the scripts of all its sessions on one core. Here HAProxy gives each visitor to one
of several processes, and the visitor stays there (deploy/haproxy.cfg). A process that ends is
started again; its sessions come back on another, at the state in their address.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
CONFIG = Path(__file__).resolve().with_name("haproxy.cfg")
MOST = 8  # processes that deploy/haproxy.cfg knows
STARTS_WITHIN = 90.0  # seconds
LOOK = 0.5  # seconds between two looks whether all still run
ENDS_WITHIN = 10.0  # seconds
MISSING = """\
HAProxy is not installed: it is what shares the visitors among several processes.
  Debian, Ubuntu: sudo apt-get install haproxy
  macOS:          brew install haproxy
Without WORKERS, `make run` starts one process and needs no HAProxy.
"""


class Stop(Exception):  # noqa: N818 - it is no fault
    """Someone has asked to end."""


@dataclass
class App:
    """One process of the app.

    Attributes:
        port: on 127.0.0.1.
        command: that starts it.
        environment: of it.
    """

    port: int
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment)

    def wait_until_healthy(self, base: str) -> None:
        """
        Raises:
            SystemExit: it has ended, or does not answer.
        """
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                url = f"http://127.0.0.1:{self.port}{base}/_stcore/health"
                urllib.request.urlopen(url, timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"The app did not start on port {self.port}; see its words above.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own_addresses() -> list[str]:
    """Addresses of this machine, which the processes cannot see: they listen on loopback."""
    found = set()
    with suppress(OSError):  # a host name that nobody knows
        found = {str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None)}
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells the way out, if there is one
        found.add(probe.getsockname()[0])
    return sorted(found)


def apps(count: int, base: str, options: Sequence[str]) -> list[App]:
    """Start that many processes."""
    environment = {
        # What one process has signed, another has to accept.
        "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32),
        **os.environ,
        # Not as --server.allowedHosts: that would take the place of the owner's own list, in
        # .streamlit/config.toml or STREAMLIT_SERVER_ALLOWED_HOSTS.
        "ARVIZ_HOSTS": " ".join([*os.environ.get("ARVIZ_HOSTS", "").split(), *own_addresses()]),
        # Each has workers of its own for training: together no more than cores.
        "ARVIZ_WORKERS": os.environ.get("ARVIZ_WORKERS")
        or str(max(1, (os.cpu_count() or 1) // count)),
    }
    found = []
    for _ in range(count):
        port = free_port()
        command = [
            *(sys.executable, "-m", "streamlit", "run", "app.py"),
            *("--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}"),
            *(f"--server.baseUrlPath={base.strip('/')}",) * bool(base),
            *options,
        ]
        found.append(App(port, command, environment))
    return found


def proxy(haproxy: str, bind: str, base: str, ports: Sequence[int]) -> subprocess.Popen[bytes]:
    """HAProxy before these processes."""
    environment = {**os.environ, "ARVIZ_BIND": bind, "ARVIZ_BASE": base}
    environment |= {f"ARVIZ_APP_{at}": f"127.0.0.1:{port}" for at, port in enumerate(ports, 1)}
    environment["ARVIZ_BIND_TLS"] = environment.get("ARVIZ_BIND_TLS") or ":443"
    return subprocess.Popen([haproxy, "-db", "-f", str(CONFIG)], env=environment)


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End them, the stubborn by force."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + ENDS_WITHIN
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def watch(started: Sequence[App], before: subprocess.Popen[bytes]) -> None:
    """Start again what ends, as long as HAProxy runs.

    Raises:
        SystemExit: HAProxy has ended.
    """
    while before.poll() is None:
        time.sleep(LOOK)
        for app in started:
            if (code := app.process.poll()) is not None:
                print(f"The process on port {app.port} has ended ({code}): it is started again.")
                app.start()
    raise SystemExit(f"HAProxy has ended ({before.returncode}); see its words above.")


def stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, required=True, help=f"processes, 1 to {MOST}")
    parser.add_argument("--bind", default="127.0.0.1:8501", help="where HAProxy listens: :80")
    parser.add_argument("--base", default="", help="base path: /arviz")
    given, options = parser.parse_known_args(arguments)  # what it does not know is Streamlit's
    if not 1 <= given.workers <= MOST:
        parser.error(f"WORKERS is from 1 to {MOST}; {given.workers} was asked for")
    base = f"/{given.base.strip('/')}" if given.base.strip("/") else ""
    haproxy = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if haproxy is None:
        raise SystemExit(MISSING)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    started: list[App] = []
    before: list[subprocess.Popen[bytes]] = []
    try:
        started += apps(given.workers, base, options)
        for app in started:
            app.wait_until_healthy(base)
        before.append(proxy(haproxy, given.bind, base, [app.port for app in started]))
        host, _, port = given.bind.rpartition(":")
        print(f"{given.workers} processes behind http://{host or 'localhost'}:{port}{base}/")
        watch(started, before[0])
    except Stop:
        pass
    finally:
        end([*before, *(app.process for app in started)])


if __name__ == "__main__":
    main()
