"""Expressions as Terraform itself works them out, where its program is on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project.terraform.test_expressions import CASES

pytestmark = pytest.mark.stack


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs the program terraform")
def test_expressions_have_the_values_that_terraform_itself_gives_them(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context): ...\n", encoding="utf-8")
    (tmp_path / "main.tf").write_text("locals {\n  some = 1\n}\n", encoding="utf-8")
    cases = {text: value for text, value in CASES.items() if "\n" not in text}
    # The program prints the last of several lines alone.
    typed = f"jsonencode([{', '.join(f'jsonencode({text})' for text in cases)}])"
    ended = subprocess.run(
        ["terraform", "console"], input=typed, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=True
    )
    answers = json.loads(json.loads(ended.stdout))
    assert dict(zip(cases, answers, strict=True)) == cases
