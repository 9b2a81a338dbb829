"""``homeport template``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from homeport.cloud.template.build import build_template
from homeport.project.load import load_project
from tests.support.commands import assert_one_clear_line, homeport_here
from tests.support.project import notes_project

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("stage", ["prod", "rest"])
def test_the_command_prints_the_template_and_its_size(stage: str) -> None:
    done = homeport_here(ROOT, "template", "--stage", stage)
    assert done.returncode == 0
    template = json.loads(done.stdout)
    assert template == build_template(load_project(ROOT, stage, {}))
    said = f"homeport: {len(template['Resources'])} of 500 resources, {len(done.stdout.encode())} bytes"
    assert done.stderr.splitlines()[-1] == said


def test_an_unknown_stage_is_one_clear_line(tmp_path: Path) -> None:
    done = homeport_here(notes_project(tmp_path), "template", "--stage", "prdo")
    assert_one_clear_line(done, "deploy/stages.yaml:1: error: there is no stage 'prdo'", "the only stage is local")
    assert done.stdout == ""


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    assert_one_clear_line(
        homeport_here(tmp_path / "nowhere", "template", "--stage", "local"), "there is no such directory"
    )


def test_a_secret_that_is_not_set_is_one_clear_line(tmp_path: Path) -> None:
    root = notes_project(tmp_path, stages="stages: {prod: {environment: {WORD: '${HOMEPORT_TEST_UNSET}'}}}\n")
    done = homeport_here(root, "template", "--stage", "prod")
    assert_one_clear_line(done, "the variable HOMEPORT_TEST_UNSET is not set")


def test_a_project_that_aws_would_reject_has_no_template(tmp_path: Path) -> None:
    root = notes_project(tmp_path, stages="stages: {prod: {environment: {API_TOKEN: abc}}}\n")
    assert_one_clear_line(homeport_here(root, "template", "--stage", "prod"), "API_TOKEN looks like a secret")


def test_a_stage_must_be_named(tmp_path: Path) -> None:
    done = homeport_here(tmp_path, "template")
    assert done.returncode == 2
    assert re.search("no stage is given .--stage NAME", done.stderr)
