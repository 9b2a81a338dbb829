"""Looks at what ``docker compose up`` needs; none of it keeps ``homeport dev`` from working."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from typing import Any

import yaml

from homeport.dev.findings import Finding, Patient

COMPOSE_FILE = "docker-compose.yml"
# The last release that starts without an account.
LAST_FREE = "4.14.0"
_HEALTH = "http://127.0.0.1:4566/_localstack/health"


def docker(_: Patient) -> Iterator[Finding]:
    """Whether there is Docker with Compose."""
    if shutil.which("docker") is None:
        yield Finding(
            "note", "there is no Docker: only docker compose up needs it", "https://docs.docker.com/get-docker/"
        )
    elif not _runs("docker", "info"):
        yield Finding("note", "Docker is installed, but its engine does not answer", "start it for docker compose up")
    elif _runs("docker", "compose", "version") or _runs("docker-compose", "version"):
        yield Finding("ok", "docker compose up can run the stack in containers")
    else:
        yield Finding("note", "Docker has no Compose", "https://docs.docker.com/compose/install/")


def localstack(patient: Patient) -> Iterator[Finding]:
    """Whether the LocalStack of docker-compose.yml is one that starts, is here, and runs."""
    image = _image(patient)
    if image is None:
        return
    tag = image.rpartition(":")[2]
    if tag != LAST_FREE:
        yield Finding(
            "note",
            f"{COMPOSE_FILE} names {image}: releases after {LAST_FREE} do not start without an account",
            f"image: localstack/localstack:{LAST_FREE}, or set LOCALSTACK_AUTH_TOKEN",
        )
    version = _running()
    if version is not None:
        yield Finding("ok", f"LocalStack {version} answers on port 4566")
    elif _runs("docker", "image", "inspect", image):
        yield Finding("ok", f"the image {image} is here")
    elif _runs("docker", "info"):
        yield Finding("note", f"the image {image} is not here yet", "docker compose up gets it, online")


def _image(patient: Patient) -> str | None:
    try:
        services = yaml.safe_load((patient.root / COMPOSE_FILE).read_text())["services"].values()
        images = [str(service["image"]) for service in services if "image" in service]
    except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return None
    return next((image for image in images if "localstack/" in image), None)


def _running() -> str | None:
    try:
        with urllib.request.urlopen(_HEALTH, timeout=2) as reply:
            health: Any = json.load(reply)
        return str(health["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
