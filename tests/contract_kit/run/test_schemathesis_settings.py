"""A project's settings of schemathesis lie over the kit's."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from schemathesis.config import SanitizationConfig
from schemathesis.core.output.sanitization import is_sensitive_key

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


def _masks(settings: dict[str, Any], name: str) -> bool:
    """Return whether schemathesis masks the value of a header or parameter in its reports."""
    config = SanitizationConfig.from_dict(settings["output"]["sanitization"])
    return is_sensitive_key(name, config.keys_to_sanitize, config.sensitive_markers)


def test_reports_hide_credentials_and_nothing_that_is_only_called_alike() -> None:
    plain = ("author", "page_token", "Idempotency-Key", "sort_key", "session_id")
    secret = ("Authorization", "X-API-Key", "Cookie")
    assert [name for name in (*plain, *secret) if _masks(USUAL, name)] == list(secret)


def test_reports_hide_what_a_run_says(tmp_path: Path) -> None:
    file = write_settings(tmp_path, tmp_path / "run", hidden=("x-word",))
    found = tomllib.loads(file.read_text())
    assert [name for name in ("X-Word", "Authorization", "author") if _masks(found, name)] == ["X-Word"]
