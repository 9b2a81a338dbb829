"""What docker-compose.yml promises on paper; that it runs is shown by ``make test-compose``."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]


def test_every_setting_is_in_the_example_with_its_default() -> None:
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    example = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == example


def test_localstack_is_the_last_release_without_an_account() -> None:
    assert SERVICES["localstack"]["image"] == "localstack/localstack:4.14.0"
    assert SERVICES["localstack"]["environment"] == {
        "SERVICES": "${LOCALSTACK_SERVICES:-dynamodb}",
        "EAGER_SERVICE_LOADING": "1",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "PERSISTENCE": "1",
    }


def test_ports_are_published_on_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:${") for port in ports)


def test_containers_of_our_images_cannot_change_them() -> None:
    built = {name: service for name, service in SERVICES.items() if "build" in service}
    assert built.keys() == {"api", "light", "contract", "admin"}
    for service in built.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


def test_only_the_api_and_its_dynamodb_start_by_themselves() -> None:
    assert {name for name, service in SERVICES.items() if "profiles" not in service} == {"localstack", "api"}
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == {
        "light": ["light"],
        "contract": ["contract"],
        "admin": ["admin"],
    }
