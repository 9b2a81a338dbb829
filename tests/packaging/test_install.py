"""How the kit is installed today, and how a version is released."""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest
import yaml

from homeport.environment import install_hint, kit_requirement

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

pytestmark = pytest.mark.unit


class Installed(Distribution):
    """An installation of version 1.2.0 with the note that pip leaves of its origin."""

    def __init__(self, origin: dict[str, Any] | None) -> None:
        self._files = {"METADATA": "Name: homeport\nVersion: 1.2.0\n", "direct_url.json": json.dumps(origin or {})}

    def read_text(self, filename: str) -> str | None:
        return self._files.get(filename)

    def locate_file(self, path: Any) -> Any:
        return Path(path)


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "homeport[local]==1.2.0"),
        ({"url": "file:///d/homeport-1.2.0.whl", "archive_info": {}}, "homeport[local] @ file:///d/homeport-1.2.0.whl"),
        ({"url": "file:///src", "dir_info": {"editable": True}}, "homeport[local] @ file:///src"),
        (
            {"url": "https://example.com/homeport.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "homeport[local] @ git+https://example.com/homeport.git@abc",
        ),
    ],
)
def test_a_requirement_names_the_place_that_the_kit_came_from(origin: dict[str, Any] | None, requirement: str) -> None:
    assert kit_requirement("local", Installed(origin)) == requirement


def test_the_hint_for_an_extra_is_no_name_of_an_index() -> None:
    assert re.fullmatch(r"pip install 'homeport\[test\] @ file://[^']+'", install_hint("test"))


def steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in yaml.safe_load(workflow.read_text())["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: str(path.stem))
def test_a_workflow_runs_targets_that_the_makefile_has(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    run = [name for step in steps(workflow) for name in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))]
    assert run
    assert set(run) - targets == set()


RELEASE = ROOT / ".github" / "workflows" / "release.yml"


def _jobs_using(action: str) -> dict[str, Any]:
    jobs = yaml.safe_load(RELEASE.read_text())["jobs"].items()
    return {name: job for name, job in jobs if any(action in step.get("uses", "") for step in job["steps"])}


def test_jobs_with_an_identity_run_no_code_and_no_secret_reaches_a_release() -> None:
    jobs = yaml.safe_load(RELEASE.read_text())["jobs"]
    with_identity = {name for name, job in jobs.items() if "id-token" in job.get("permissions", {})}
    assert with_identity == {*_jobs_using("pypi-publish"), *_jobs_using("attest-build-provenance")}
    assert all("run" not in step for name in with_identity for step in jobs[name]["steps"])
    assert "secrets." not in RELEASE.read_text()


def test_a_release_waits_for_a_tag_its_tests_and_reviewers() -> None:
    jobs = yaml.safe_load(RELEASE.read_text())["jobs"]
    [publishing] = _jobs_using("pypi-publish").values()
    assert publishing["environment"]["name"] == "pypi"
    needed, waiting = [], [publishing["needs"]]
    while waiting:
        needed.append(waiting.pop())
        waiting += [jobs[needed[-1]]["needs"]] if "needs" in jobs[needed[-1]] else []
    assert needed == ["attest", "test", "build"]
    writing = [name for name, job in jobs.items() if "write" in job.get("permissions", {}).values()]
    assert all(jobs[name]["if"] == "github.event_name == 'push'" for name in writing)
