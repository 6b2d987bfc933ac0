"""HAProxy with deploy/haproxy.cfg, before a server that tells what it was sent.

With the app behind it: test_several_processes.py.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.visitors import ROOT
from tests.several import HAPROXY, free_port, needs_haproxy, needs_openssl, new_certificate

DEPLOY = ROOT / "deploy"
FRAMES = "https://moodle.example.org"
PATIENCE = 20.0  # seconds

pytestmark = needs_haproxy


class Teller(BaseHTTPRequestHandler):
    """Answers with the headers that came."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        told = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Proxy:
    """Where it listens, and what its certificate is."""

    port: int
    secure_port: int
    certificate: Path | None

    def get(
        self, path: str = "/", secure: bool = False, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, list[list[str]]]:
        """The answer, and the headers that reached the server behind."""
        connection: http.client.HTTPConnection
        if secure:
            trust = ssl.create_default_context(cafile=self.certificate)
            connection = http.client.HTTPSConnection(
                "localhost", self.secure_port, timeout=PATIENCE, context=trust
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, json.loads(body) if answer.status == 200 else []


@contextmanager
def proxied(environment: dict[str, str], certificate: Path | None = None) -> Iterator[Proxy]:
    """HAProxy with that environment and no other, on free ports."""
    assert HAPROXY is not None
    found = Proxy(free_port(), free_port(), certificate)
    with ExitStack() as ends, ThreadingHTTPServer(("127.0.0.1", 0), Teller) as behind:
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        ends.callback(behind.shutdown)
        own = {
            "PATH": os.environ["PATH"],
            "ARVIZ_BASE": "",
            **environment,
            "ARVIZ_BIND": f"127.0.0.1:{found.port}",
            "ARVIZ_BIND_TLS": f"127.0.0.1:{found.secure_port}",
            "ARVIZ_APP_1": f"127.0.0.1:{behind.server_address[1]}",
        }
        process = subprocess.Popen([HAPROXY, "-db", "-f", str(DEPLOY / "haproxy.cfg")], env=own)
        ends.callback(process.wait, 30)
        ends.callback(process.terminate)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", found.port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
        yield found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_certificate(tmp_path_factory.mktemp("tls"))


# Cookies and TLS ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", [{}, {"ARVIZ_FRAMES": "", "ARVIZ_CERTIFICATE": "", "ARVIZ_APP_2": ""}]
)
def test_without_frames_and_tls_the_cookie_goes_over_http_and_stays_on_this_site(
    given: dict[str, str],
) -> None:
    """A variable that is empty is one that is not there."""
    with proxied(given) as proxy:
        cookie = str(proxy.get()[0].headers["Set-Cookie"])
    assert {"SameSite=Lax", "HttpOnly"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_where_other_sites_show_the_app_the_cookie_goes_along() -> None:
    with proxied({"ARVIZ_FRAMES": FRAMES}) as proxy:
        cookie = str(proxy.get()[0].headers["Set-Cookie"])
    assert {"SameSite=None", "HttpOnly", "Secure"} <= set(cookie.split("; "))


@needs_openssl
@pytest.mark.parametrize(("frames", "same_site"), [("", "Lax"), (FRAMES, "None")])
def test_over_tls_the_cookie_never_goes_over_http(
    certificate: Path, frames: str, same_site: str
) -> None:
    given = {"ARVIZ_CERTIFICATE": str(certificate), "ARVIZ_FRAMES": frames}
    with proxied(given, certificate) as proxy:
        answer, reached = proxy.get(secure=True)
    cookie = str(answer.headers["Set-Cookie"])
    assert {f"SameSite={same_site}", "HttpOnly", "Secure"} <= set(cookie.split("; "))
    assert ["x-forwarded-proto", "https"] in reached


@needs_openssl
@pytest.mark.parametrize("host", ["localhost", "localhost:80", "[::1]", "[::1]:8501"])
@pytest.mark.parametrize("told", ["", "443", "8443"])
def test_http_leads_to_the_port_at_which_tls_is_reached(
    certificate: Path, host: str, told: str
) -> None:
    given = {"ARVIZ_CERTIFICATE": str(certificate), "ARVIZ_PORT_TLS": told}
    with proxied(given, certificate) as proxy:
        answer, _ = proxy.get("/arviz/nade?seed=3&model=a%20b", headers={"Host": host})
        port = told or str(proxy.secure_port)
    assert answer.status == 308
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    shown = "" if port == "443" else f":{port}"
    assert answer.headers["Location"] == f"https://{name}{shown}/arviz/nade?seed=3&model=a%20b"


# Headers -----------------------------------------------------------------------------------------


def test_what_a_visitor_says_of_other_proxies_does_not_reach_the_app() -> None:
    said = {
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "x-forwarded-port": "1",
        "Forwarded": "for=192.0.2.1;host=evil.example;proto=https",
        "X-Other": "kept",
    }
    with proxied({}) as proxy:
        _, reached = proxy.get(headers=said)
    forwarded = [each for each in reached if "forwarded" in each[0]]
    assert forwarded == [["x-forwarded-for", "127.0.0.1"]]
    assert ["x-other", "kept"] in reached


# The containers ----------------------------------------------------------------------------------


def filled_in(text: str, given: dict[str, str]) -> str:
    """A value of deploy/compose.yaml as Compose gives it: ${A:-else} and ${A:+where set}."""

    def value(found: re.Match[str]) -> str:
        name, how, other = found.groups()
        if how == "-":
            return given.get(name) or other
        return other if given.get(name) else ""

    return re.sub(r"\$\{(\w+):([-+])([^}]*)\}", value, text)


@needs_openssl
@pytest.mark.parametrize("name", ["proxy", "proxy-course"])
@pytest.mark.parametrize(
    ("frames", "tls", "expected"),
    [
        ("", False, {"SameSite=Lax"}),
        (FRAMES, False, {"SameSite=None", "Secure"}),
        ("", True, {"SameSite=Lax", "Secure"}),
        (FRAMES, True, {"SameSite=None", "Secure"}),
    ],
)
def test_the_proxy_of_the_containers_does_as_the_owner_says(
    certificate: Path, name: str, frames: str, tls: bool, expected: set[str]
) -> None:
    service: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))[
        "services"
    ][name]
    given = {"ARVIZ_FRAMES": frames, "ARVIZ_CERTIFICATE": str(certificate) if tls else ""}
    environment = {key: filled_in(value, given) for key, value in service["environment"].items()}
    mounts = [filled_in(each, given).split(":") for each in service["volumes"]]
    ports = [filled_in(each, given).split(":") for each in service["ports"]]
    published = {inside: outside for outside, inside in ports}
    assert published[environment["ARVIZ_BIND"].rpartition(":")[2]] == "80"
    assert published[environment["ARVIZ_BIND_TLS"].rpartition(":")[2]] == "443"
    inside = environment["ARVIZ_CERTIFICATE"]
    if tls:
        # Here what is mounted stands for where it is mounted.
        [environment["ARVIZ_CERTIFICATE"]] = [each[0] for each in mounts if each[1] == inside]
    for at in range(2, 9):
        environment.pop(f"ARVIZ_APP_{at}", None)
    with proxied(environment, certificate) as proxy:
        assert proxy.get()[0].status == (308 if tls else 200)
        if tls:
            led, _ = proxy.get(headers={"Host": "localhost:80"})
            assert led.headers["Location"] == "https://localhost/"
        cookie = set(str(proxy.get(secure=tls)[0].headers["Set-Cookie"]).split("; "))
    assert cookie & {"SameSite=Lax", "SameSite=None", "Secure"} == expected
