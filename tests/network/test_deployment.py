"""That what we deploy is what we test, and opens one door only."""

import re
import tomllib

import pytest
import yaml
from django.conf import settings

from network.operations import jobs, running


def text(name):
    return (settings.BASE_DIR / name).read_text()


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(text("docker-compose.yml"))["services"]


def test_only_the_proxy_has_a_port_and_it_is_one(services):
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert ports == {"proxy": ["${KITH_PORT:-443}:443"]}


def test_every_lasting_service_is_watched_and_comes_back(services):
    lasting = {name: service for name, service in services.items() if name != "prepare"}

    assert all(service["restart"] == "unless-stopped" for service in lasting.values())
    assert all("healthcheck" in service for service in lasting.values())


def test_passwords_come_from_outside_and_each_service_has_its_own(services):
    everything = text("docker-compose.yml")
    secrets = set(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*):\?", everything))

    assert secrets == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY"}
    assert not re.search(r"\$\{\w*(PASSWORD|SECRET)\w*(:-[^}]*)?\}", everything)
    assert set(secrets) <= set(re.findall(r"^(\w+)=$", text("deploy/env.example"), re.M))


def test_the_database_and_the_broker_are_reached_from_inside_alone(services):
    assert services["postgres"]["networks"] == services["redis"]["networks"] == ["back"]


def test_the_database_is_made_as_the_embedded_one(services):
    from network.operations.servers import INITDB

    made_with = services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()

    assert {flag for flag in INITDB if flag.startswith("--") and flag != "--no-sync"} <= set(
        made_with
    )


def test_some_worker_listens_to_every_queue(services):
    heard = [
        queue
        for name in ("worker", "bulk")
        for argument in services[name]["command"]
        if argument.startswith("--queues=")
        for queue in argument.removeprefix("--queues=").split(",")
    ]

    assert sorted(heard) == sorted(jobs.QUEUES)
    assert ",".join(jobs.QUEUES) in running.WORKER


def test_workers_run_without_what_made_them_go_silent(services):
    for command in (running.WORKER, services["worker"]["command"], services["bulk"]["command"]):
        assert {"--without-gossip", "--without-mingle"} <= set(command)


def test_the_image_runs_as_an_ordinary_user_and_serves_as_make_run_does():
    image = text("Dockerfile")

    assert re.findall(r"^USER (\w+)", image, re.M) == ["kith"]
    serve = re.search(r"^CMD (\[.*\])$", image, re.M).group(1)
    for word in ("network.config.web", "--workers", "2", "--respawn-failed-workers"):
        assert f'"{word}"' in serve
        assert word in running.WEB


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_its_hash_and_no_address(name):
    locked = text(name)
    packages = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", locked, re.M | re.S)

    assert len(packages) > 50
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in locked


def test_the_lock_holds_what_the_project_asks_for():
    project = tomllib.loads(text("pyproject.toml"))
    asked = {
        re.match(r"[A-Za-z0-9-]+", need).group().lower()
        for need in project["project"]["dependencies"]
    }
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[.*?\])?==", text("requirements.lock"), re.M))

    assert asked <= locked
