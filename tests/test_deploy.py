"""The files of deploy/ fit each other and the app. What runs: test_several_processes.py."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from arviz_models.backend import backend
from tests.several import HAPROXY, needs_haproxy, starter

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
CONFIG = DEPLOY / "haproxy.cfg"
LEAST = {"ARVIZ_BIND": "127.0.0.1:9", "ARVIZ_BASE": "", "ARVIZ_APP_1": "127.0.0.1:9"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    return found


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    """Of Kubernetes."""
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [each for file in files for each in yaml.safe_load_all(file.read_text("utf-8"))]


@pytest.fixture(scope="module")
def pods(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    """What each Deployment starts, by its name."""
    found = [each for each in manifests if each["kind"] == "Deployment"]
    return {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in found}


@needs_haproxy
@pytest.mark.parametrize(
    "more",
    [
        {},
        {f"ARVIZ_APP_{at}": "127.0.0.1:9" for at in range(1, 9)},
        {"ARVIZ_FRAMES": "https://moodle.example.org", "ARVIZ_BASE": "/arviz"},
        {
            "ARVIZ_FRAMES": "",
            "ARVIZ_CERTIFICATE": "",
            **{f"ARVIZ_APP_{n}": "" for n in range(2, 9)},
        },
    ],
    ids=["one", "eight", "frames", "empty"],
)
def test_haproxy_understands_its_file_with_each_option(more: dict[str, str]) -> None:
    assert HAPROXY is not None
    environment = {"PATH": os.environ["PATH"], **LEAST, **more}
    found = subprocess.run(
        [HAPROXY, "-c", "-f", str(CONFIG)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert "WARNING" not in found.stderr


@pytest.mark.parametrize(("proxy", "profile"), [("proxy", "class"), ("proxy-course", "course")])
def test_the_proxy_of_the_containers_knows_all_that_its_file_asks_for(
    services: dict[str, Any], proxy: str, profile: str
) -> None:
    given = services[proxy]["environment"]
    assert services[proxy]["profiles"] == [profile]
    lines = CONFIG.read_text("utf-8").splitlines()
    rules = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    asked = set(re.findall(r"ARVIZ_\w+", rules))  # in a value, in a condition, as env(...)
    assert {"ARVIZ_FRAMES", "ARVIZ_CERTIFICATE", "ARVIZ_PORT_TLS"} <= asked
    processes = {
        name
        for name, service in services.items()
        if re.fullmatch(r"[a-z]+\d+", name) and service["profiles"] == [profile]
    }
    named = {value.split(":")[0] for name, value in given.items() if name.startswith("ARVIZ_APP_")}
    assert named == processes
    assert set(services[proxy]["depends_on"]) == processes
    assert asked - set(given) == {f"ARVIZ_APP_{at}" for at in range(len(processes) + 1, 9)}


def test_no_container_has_rights_or_writes_to_its_own_files(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert re.search(r"^USER 10001$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)


def test_no_secret_is_in_a_file(services: dict[str, Any], pods: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in service["environment"].items():
            if re.search("SECRET|TOKEN$", variable):
                assert re.fullmatch(r"\$\{ARVIZ_\w+:[?-].*\}", value), (name, variable)
    for name, pod in pods.items():
        for each in pod["containers"][0]["env"]:
            if re.search("SECRET|TOKEN$", each["name"]):
                assert each["valueFrom"].keys() == {"secretKeyRef"}, (name, each)


def test_the_image_has_all_that_the_app_reads_and_nothing_else() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ")]
    taken = {name for names in copied for name in names if not name.startswith(("--", "/"))}
    let_in = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = {line[1:] for line in let_in if line.startswith("!")}
    assert let_in[0] == "*"
    assert taken == allowed
    assert all((ROOT / name).exists() for name in taken)


def test_make_lint_looks_at_each_file_that_docker_or_kubernetes_reads() -> None:
    if (make := shutil.which("make")) is None:
        pytest.skip("needs make")
    lines = subprocess.run(
        [make, "-n", "lint"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout.splitlines()
    linters = ("hadolint", "check-jsonschema", "kubernetes-validate")
    looked_at = {
        file
        for line in lines
        for word in line.split()[1:]
        if Path(line.split()[0]).name in linters
        for file in ROOT.glob(word.rstrip("/") if not word.startswith("/") else "-")
        if file.is_file()
    }
    assert looked_at == {DEPLOY / "Dockerfile", *DEPLOY.rglob("*.yaml")}


def test_each_process_has_its_own_port_and_the_file_names_as_many_as_can_be_asked_for() -> None:
    text = CONFIG.read_text("utf-8")
    found = re.findall(r'server app(\d) "\$\{ARVIZ_APP_(\d)\}" cookie app(\d)', text)
    assert found == [(str(at),) * 3 for at in range(1, 9)]
    assert "MOST = 8 " in (DEPLOY / "several.py").read_text("utf-8")


def test_several_processes_leave_the_list_of_allowed_names_to_their_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A flag would take the place of .streamlit/config.toml and of Streamlit's variable."""
    several = starter(monkeypatch)
    monkeypatch.setattr(several.App, "start", lambda self: None)
    monkeypatch.setattr(several, "own_addresses", lambda: ["192.0.2.7", "2001:db8::7"])
    monkeypatch.setenv("ARVIZ_HOSTS", "192.0.2.1")
    for app in several.apps(2, "", []):
        assert not any("allowedHosts" in word for word in app.command)
        assert app.environment["ARVIZ_HOSTS"].split() == ["192.0.2.1", "192.0.2.7", "2001:db8::7"]


# What the words say ------------------------------------------------------------------------------


def test_the_memory_of_a_class_is_said_as_it_was_measured() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    [measured] = re.findall(r"^\| 50 \| 1 \|.*\| ([\d,]+) MB \|$", readme, re.MULTILINE)
    said = re.findall(r"held\s+([\d,]+)\s+MB", (ROOT / "docs/DEPLOYMENT.md").read_text("utf-8"))
    assert said and set(said) == {measured}


def test_what_community_cloud_sets_is_told_where_it_is_not_as_here() -> None:
    ours = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
    text = (ROOT / "docs/DEPLOYMENT.md").read_text("utf-8")
    forced = {
        "browser.gatherUsageStats": True,
        "client.showErrorDetails": False,
        "runner.fastReruns": True,
        "server.runOnSave": True,
        "server.enableXsrfProtection": True,
    }
    for option, value in forced.items():
        section, name = option.split(".")
        [told] = re.findall(
            rf"^\| `{option} = {str(value).lower()}` \| (.+) \|$", text, re.MULTILINE
        )
        differs = name in ours[section] and ours[section][name] != value
        assert told.startswith("here it is ") == differs, option
        assert told.startswith("nothing: ") != differs, option
    assert ours["server"]["fileWatcherType"] == "none"


# A cluster ---------------------------------------------------------------------------------------


def started(command: list[str]) -> str:
    """All that a container starts, in one line."""
    return " ".join(command)


def test_what_the_containers_are_told_is_what_the_code_asks_for(
    services: dict[str, Any], pods: dict[str, Any]
) -> None:
    files = [file for name in ("arviz_models", "pages") for file in (ROOT / name).rglob("*.py")]
    code = "\n".join(file.read_text("utf-8") for file in files)
    told = {name for service in services.values() for name in service.get("environment", {})}
    told |= {each["name"] for pod in pods.values() for each in pod["containers"][0]["env"]}
    own = {name for name in told if name.startswith("ARVIZ_")}
    assert {"ARVIZ_BACKEND", "ARVIZ_REPLICAS", "ARVIZ_WORKERS"} <= own
    of_the_proxy = {"ARVIZ_BIND", "ARVIZ_BASE", *(f"ARVIZ_APP_{at}" for at in range(1, 9))}
    of_the_proxy |= {"ARVIZ_BIND_TLS", "ARVIZ_PORT_TLS", "ARVIZ_CERTIFICATE"}
    assert [name for name in sorted(own - of_the_proxy) if f'"{name}"' not in code] == []


def test_app_and_cluster_meet_at_one_address(
    services: dict[str, Any],
    pods: dict[str, Any],
    manifests: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = {each["name"]: each.get("value") for each in pods["arviz-app"]["containers"][0]["env"]}
    heads = [each for each in manifests if each["metadata"]["name"] == "arviz-ray-head"]
    [head_service] = [each for each in heads if each["kind"] == "Service"]
    assert [each["port"] for each in head_service["spec"]["ports"]] == [6379]
    places = [
        (
            services["course1"]["environment"]["ARVIZ_BACKEND"],
            [services[name]["command"] for name in ("course1", "ray-worker")],
            services["ray-head"]["command"],
        ),
        (
            env["ARVIZ_BACKEND"],
            [pods[name]["containers"][0]["args"] for name in ("arviz-app", "arviz-ray-worker")],
            pods["arviz-ray-head"]["containers"][0]["args"],
        ),
    ]
    for asked, joins, head in places:
        monkeypatch.setenv("ARVIZ_BACKEND", asked)
        assert backend().kind == "ray"
        for join in joins:
            assert f"ray start --address={backend().address} " in started(join)
        assert "--head" in head
        assert f"--port={backend().address.rpartition(':')[2]}" in head
        assert "--include-dashboard=false" in head
        for command in [*joins, head]:
            assert "--disable-usage-stats" in started(command)


def test_there_is_a_core_for_each_replica_and_each_worker(
    services: dict[str, Any], pods: dict[str, Any], manifests: list[dict[str, Any]]
) -> None:
    """Otherwise some would wait for one for ever. How many machines, --scale tells Compose."""
    env = {each["name"]: each.get("value") for each in pods["arviz-app"]["containers"][0]["env"]}
    count = {
        each["metadata"]["name"]: each["spec"]["replicas"]
        for each in manifests
        if each["kind"] == "Deployment"
    }
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    [scale] = re.findall(r"--scale ray-worker=(\d+)", text)
    apps = sum(name.startswith("course") for name in services)
    for told, processes, machines, command in (
        (services["course1"]["environment"], apps, int(scale), services["ray-worker"]["command"]),
        (
            env,
            count["arviz-app"],
            count["arviz-ray-worker"],
            pods["arviz-ray-worker"]["containers"][0]["args"],
        ),
    ):
        [cores] = re.findall(r"--num-cpus=(\d+)", started(command))
        needed = int(told["ARVIZ_REPLICAS"]) + processes * int(told["ARVIZ_WORKERS"])
        assert machines * int(cores) >= needed


def test_no_pod_has_rights_or_writes_to_its_own_files(pods: dict[str, Any]) -> None:
    assert pods.keys() == {"arviz-app", "arviz-ray-head", "arviz-ray-worker"}
    for name, pod in pods.items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] == 10001, name
        assert pod["automountServiceAccountToken"] is False, name
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }, name
        there = {each["mountPath"] for each in container["volumeMounts"]}
        assert there == {"/tmp", "/dev/shm"}, name
        assert container["resources"]["limits"]["memory"], name


def test_visitors_reach_the_app_and_stay_with_a_process(
    manifests: list[dict[str, Any]], pods: dict[str, Any]
) -> None:
    found = {(each["kind"], each["metadata"]["name"]): each for each in manifests}
    service, ingress = found["Service", "arviz-app"], found["Ingress", "arviz"]
    container = pods["arviz-app"]["containers"][0]
    assert service["metadata"]["annotations"]["haproxy.org/cookie-persistence"] == "ARVIZ"
    assert service["spec"]["sessionAffinity"] == "ClientIP"
    [port] = container["ports"]
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    assert f"--server.port={port['containerPort']}" in started(container["args"])
    [rule] = ingress["spec"]["rules"]
    backend_of = rule["http"]["paths"][0]["backend"]["service"]
    assert backend_of == {"name": "arviz-app", "port": {"name": "http"}}
    allowed = {each["name"]: each.get("value") for each in container["env"]}
    assert allowed["STREAMLIT_SERVER_ALLOWED_HOSTS"] == rule["host"]
    config = CONFIG.read_text("utf-8")
    tunnel = found["ConfigMap", "haproxy-kubernetes-ingress"]["data"]["timeout-tunnel"]
    assert f"timeout tunnel {tunnel}" in config
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        get = container[probe]["httpGet"]
        assert f'{get["path"]}" ver' in config  # what HAProxy asks, too
        assert get["port"] == port["name"]
        assert get["httpHeaders"] == [{"name": "Host", "value": "localhost"}]  # see HostCheck


def test_only_pods_of_arviz_reach_the_cluster(manifests: list[dict[str, Any]]) -> None:
    [policy] = [
        each
        for each in manifests
        if (each["kind"], each["metadata"]["name"]) == ("NetworkPolicy", "arviz-ray")
    ]
    [chosen] = policy["spec"]["podSelector"]["matchExpressions"]
    assert set(chosen["values"]) == {"arviz-ray-head", "arviz-ray-worker"}
    [rule] = policy["spec"]["ingress"]
    assert rule["from"] == [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "arviz"}}}
    ]
