"""The wheel of Homeport in a new project, so that other machines find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.scaffold.init import find_starter, next_steps, starter_projects, write_project
from homeport.scaffold.kit_wheel import KitSource, kit_source
from tests.support.scaffold import make_project

pytestmark = pytest.mark.unit
NAME = "homeport-1.2.0+local-py3-none-any.whl"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    file = tmp_path / "built here" / NAME
    file.parent.mkdir()
    file.write_bytes(b"a wheel")
    return file


def test_a_wheel_comes_along_and_is_named_by_its_place_in_the_project(wheel: Path, tmp_path: Path) -> None:
    kit = kit_source(f"homeport[local,test,deploy] @ {wheel.as_uri()}")
    root = write_project("my-api", tmp_path, kit, find_starter("blank", None, starter_projects()), None)
    assert (root / "requirements.txt").read_text().splitlines()[-1] == f"./vendor/{NAME}[local,test,deploy]"
    assert (root / "vendor" / NAME).read_bytes() == b"a wheel"


@pytest.mark.parametrize(
    "requirement",
    [
        "homeport[local]==1.2.0",
        "homeport[local] @ file:///src",
        "homeport[local] @ file:///gone/homeport-1.2.0-py3-none-any.whl",
        "homeport[local] @ git+https://example.com/homeport.git@abc",
        "homeport[local] @ https://example.com/homeport-1.2.0-py3-none-any.whl",
    ],
)
def test_any_other_source_stays_the_requirement_that_it_is(requirement: str) -> None:
    assert kit_source(requirement) == KitSource(requirement)


def test_next_steps_lead_to_a_request_that_works(tmp_path: Path) -> None:
    assert next_steps(make_project(tmp_path, "my-api")) == [
        "next: cd my-api && make dev",
        "then, in a second terminal: curl http://127.0.0.1:8080/tasks",
    ]
    assert next_steps(make_project(tmp_path, "empty", "blank")) == [
        "next: cd empty && homeport add createThing POST /things",
        "then: make dev",
    ]


@pytest.mark.parametrize("source", [name for name in starter_projects() if name != "blank"])
def test_each_project_to_start_from_has_a_first_request(source: str, tmp_path: Path) -> None:
    assert next_steps(make_project(tmp_path, "my-api", source))[-1].startswith("then, in a second terminal: curl ")
