"""What a folder's project is, and the options with which it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.cli import make_parser
from homeport.commands.arguments import inputs_of
from homeport.project.load import is_template_project
from homeport.project.project import ProjectInputs

INPUTS = ProjectInputs("sam.yaml", "api.yaml", (("Stage", "prod"), ("Note", "a=b")), (("Network-Id", "vpc-1"),))


def test_inputs_survive_the_way_to_another_process() -> None:
    assert ProjectInputs.from_text(INPUTS.to_text()) == INPUTS
    assert ProjectInputs.from_text("") == ProjectInputs()


@pytest.mark.parametrize("command", ["dev", "check", "test", "invoke f", "event f", "token", "logs", "doctor"])
def test_options_of_a_command_line_are_read_as_they_are_written(command: str) -> None:
    options = make_parser().parse_args([*command.split(), *INPUTS.to_options()])
    assert inputs_of(options) == INPUTS


@pytest.mark.parametrize(
    ("files", "template", "found"),
    [
        (["openapi.yaml"], "", False),
        (["template.yaml"], "", True),
        (["template.json"], "", True),
        (["openapi.yaml", "template.yaml"], "", True),
        (["openapi.yaml", "template.yaml", "deploy/stages.yaml"], "", False),
        (["openapi.yaml", "template.yaml", "service/handlers/a.py"], "", False),
        (["openapi.yaml", "template.yaml", "deploy/stages.yaml"], "template.yaml", True),
        (["template.yaml", "deploy/stages.yaml"], "", True),
        ([], "", False),
    ],
)
def test_template_is_the_project_unless_an_openapi_yaml_has_the_kits_own_shape(
    tmp_path: Path, files: list[str], template: str, found: bool
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("Resources: {}\n" if "template" in name else "openapi: 3.0.1\n")
    assert is_template_project(tmp_path, ProjectInputs(template)) is found


def test_openapi_yaml_with_the_kits_extension_is_the_project(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    (tmp_path / "openapi.yaml").write_text("openapi: 3.0.1\nx-homeport: {}\n")
    assert not is_template_project(tmp_path)
