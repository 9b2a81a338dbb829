"""cfn-lint knows CloudFormation's resource schemas: it has nothing to say about any template."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from homeport.cloud.template.build import build_template, render_template
from homeport.project.load import load_project
from tests.support.template import ENVIRON, FEATURES, project_of

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]
LINT = str(Path(sys.executable).with_name("cfn-lint"))
# Those of the examples are looked at in tests/examples.
STAGES = {f"stage {name}": name for name in yaml.safe_load((ROOT / "deploy" / "stages.yaml").read_text())["stages"]}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What cfn-lint says about every template, by its name."""
    folder = tmp_path_factory.mktemp("templates")
    for name, made in FEATURES.items():
        template = build_template(project_of(folder / "projects" / name, made))
        (folder / f"{name}.json").write_text(render_template(template))
    for name, stage in STAGES.items():
        (folder / f"{name}.json").write_text(render_template(build_template(load_project(ROOT, stage, {}))))
    files = [str(file) for file in sorted(folder.glob("*.json"))]
    command = [LINT, "--regions", "us-east-1", "--format", "json", "--template", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in range(0, 16), done.stderr
    found: dict[str, list[str]] = {Path(file).stem: [] for file in files}
    for match in json.loads(done.stdout):
        found[Path(match["Filename"]).stem].append(f"{match['Rule']['Id']} {match['Message']}")
    return found


@pytest.mark.parametrize("name", [*FEATURES, *STAGES])
def test_cfn_lint_reports_nothing(name: str, complaints: dict[str, list[str]]) -> None:
    assert complaints[name] == []


def test_cfn_lint_would_say_what_is_wrong(tmp_path: Path) -> None:
    template = build_template(project_of(tmp_path / "project", FEATURES["plain http"]))
    template["Resources"]["ApiStage"]["Properties"]["Speed"] = 1
    (tmp_path / "t.json").write_text(render_template(template))
    command = [LINT, "--template", str(tmp_path / "t.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "'Speed' was unexpected" in done.stdout


def test_the_secrets_of_every_feature_are_known() -> None:
    assert set(ENVIRON) == {word for text in map(repr, FEATURES.values()) for word in ENVIRON if f"${{{word}}}" in text}
