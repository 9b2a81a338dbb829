"""Checks that are switched off, and known findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.finding import Finding
from homeport.contract.run.baseline import BASELINE, read_baseline, write_baseline
from homeport.contract.run.settings import SETTINGS, CheckSettings, read_check_settings
from homeport.errors import HomeportError

KNOWN = ("put-replaces-all", "read-equals-write")


def finding(**given: Any) -> Finding:
    plain = {"check": "read-equals-write", "kind": "methods", "operation": "PUT /items/{itemId}"}
    return Finding(**{**plain, "promise": "p", "origin": "o", "happened": "h", **given})


def write_settings(root: Path, text: str) -> Path:
    file = root / SETTINGS
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return root


def test_a_check_is_switched_off_everywhere_or_on_one_operation(tmp_path: Path) -> None:
    text = '[off]\nput-replaces-all = "it merges"\n"read-equals-write on PUT /items/{itemId}" = "rounded"\n'
    settings = read_check_settings(write_settings(tmp_path, text), KNOWN)
    assert settings.checks_off == {"put-replaces-all": "it merges"}
    assert settings.reason(finding()) == "rounded"
    assert settings.reason(finding(operation="POST /items")) == ""
    assert settings.reason(finding(check="put-replaces-all", operation="PUT /x")) == "it merges"


def test_without_the_file_every_check_is_on(tmp_path: Path) -> None:
    assert read_check_settings(tmp_path, KNOWN) == CheckSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[off]\nput-replace-all = "x"', "switches off 'put-replace-all', which is no check"),
        ('[off]\nput-replaces-all = " "', "gives no reason for put-replaces-all"),
        ('[of]\nput-replaces-all = "x"', "unknown table 'of'"),
        ("[off", "checks.toml: "),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(HomeportError, match=r"checks\.toml") as error:
        read_check_settings(write_settings(tmp_path, text), KNOWN)
    assert message in str(error.value)


def test_known_findings_are_told_from_new_and_gone_ones(tmp_path: Path) -> None:
    old, gone = finding(subject="/name"), finding(subject="/price")
    write_baseline(tmp_path, [old, gone, finding(subject="/note", severity="warning")])
    assert len(json.loads((tmp_path / BASELINE).read_text())) == 2
    baseline = read_baseline(tmp_path)
    fresh = finding(subject="/tags")
    assert baseline.split([old, fresh]) == ([fresh], [old])
    assert baseline.gone([old, fresh]) == [gone.identity]


def test_a_damaged_baseline_is_an_error(tmp_path: Path) -> None:
    assert read_baseline(tmp_path).known == frozenset()
    write_baseline(tmp_path, [])
    (tmp_path / BASELINE).write_text("[{}]")
    with pytest.raises(HomeportError, match="damaged"):
        read_baseline(tmp_path)
