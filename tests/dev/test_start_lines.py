"""The lines that say, before the first request, what a template's project needs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.dev.run import start_lines
from tests.support.sam_cases import COGNITO, GET, JWT, auth, sam
from tests.support.templates import ReadTemplate, read_template_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("kind", "authorizer"), [("Api", COGNITO), ("HttpApi", JWT)])
def test_local_tokens_are_named_with_whose_place_they_take(tmp_path: Path, kind: str, authorizer: object) -> None:
    found = _read(tmp_path, kind, {"Staff": authorizer})
    (line,) = start_lines(found.project)
    assert line.startswith("tokens for Api: homeport token prints one, which is taken here in place of")
    deployed = replace(found.project, stage=replace(found.project.stage, key="prod"))
    assert list(start_lines(deployed)) == ["tokens for Api: homeport token prints one"]


def _read(folder: Path, kind: str, authorizers: dict[str, object]) -> ReadTemplate:
    return read_template_text(folder, json.dumps(sam(kind, GET, auth("Staff", authorizers))))
