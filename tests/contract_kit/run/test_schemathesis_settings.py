"""A project's settings of schemathesis lie over the kit's."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from homeport.contract.fuzz.schemathesis_settings import CONFIG, DEFAULT_CONFIG, write_settings
from homeport.errors import HomeportError

USUAL = tomllib.loads(DEFAULT_CONFIG.read_text())


def _project(root: Path, text: str) -> Path:
    (root / CONFIG).parent.mkdir(parents=True)
    (root / CONFIG).write_text(text)
    return root


def test_a_project_without_settings_has_the_kits(tmp_path: Path) -> None:
    assert write_settings(tmp_path, tmp_path / "run") == DEFAULT_CONFIG


def test_settings_that_a_project_leaves_out_are_the_kits(tmp_path: Path) -> None:
    odd = 'wörd \\"quoted\\" \\u007f #'
    text = f"""
        [auth.openapi.desk]
        api_key = "{odd}"
        [checks]
        positive_data_acceptance.expected-statuses = ["2xx"]
        [[operations]]
        include-name = "GET /a"
        generation.max-examples = 5
        request-timeout = 1.5
    """
    file = write_settings(_project(tmp_path, text), tmp_path / "run", ["POST /b"])
    found, own = tomllib.loads(file.read_text()), tomllib.loads(text)
    assert found["auth"] == own["auth"]
    assert found["generation"] == USUAL["generation"]
    assert found["checks"] == {**USUAL["checks"], **own["checks"]}
    off = {"include-name": "POST /b", "checks": {"positive_data_acceptance": {"enabled": False}}}
    assert found["operations"] == [*own["operations"], off]


def test_settings_that_are_no_toml_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match=r"tests/contract/schemathesis.toml: Expected"):
        write_settings(_project(tmp_path, "[checks"), tmp_path / "run")
