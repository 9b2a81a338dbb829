"""Nothing of the inspector is in what is deployed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from homeport.cloud.bundle import make_bundle
from homeport.cloud.template.build import build_template, render_template
from homeport.project.load import load_project

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_neither_the_code_nor_the_template_names_the_inspector(tmp_path: Path, stage: str) -> None:
    for part in ("service", "deploy"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    (tmp_path / ".homeport").mkdir()
    (tmp_path / ".homeport" / "inspector.db").write_text("recorded")
    project = load_project(tmp_path, stage)
    names = list(make_bundle(project, {}, {}).files)
    assert "service/handlers/get_item.py" in names
    assert all(name.startswith("service/") for name in names)
    for text in (
        render_template(build_template(project)),
        *((tmp_path / name).read_text() for name in _sources(names)),
    ):
        assert "homeport.recordings" not in text
        assert "inspector" not in text.lower()
        assert "X-Homeport-Token" not in text


def _sources(names: list[str]) -> list[str]:
    return [name for name in names if name.endswith(".py") and "_validators" not in name and "_functions" not in name]
