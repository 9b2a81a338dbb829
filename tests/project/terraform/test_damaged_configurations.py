"""Configurations with parts cut out, put in and doubled: each is read or has errors, and none raises anything."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from homeport.project.load import read_project
from tests.project.terraform.test_resources import HTTP_API, REST_API

pytestmark = pytest.mark.unit

PIECES = [
    *("null", "true", "{", "}", "[", "]", '"', "${", "}", ".", "[*]", "count = ", "for_each = ", "each.key", "var.x"),
    *("(", ")", "?", ":", "=", "\n", "-1", "1e999", "<<EOT\n", "%{ if true }", "jsonencode(", "toset(", "...", "\x00"),
    *(
        "module.x",
        "range(1, 100000000)",
        "pow(10, 10000)",
        "1 / 0",
        '"%s"',
        "[1, 2]",
        "{ a = 1 }",
        "9" * 30,
        "list.1e9",
    ),
]


@pytest.mark.parametrize("seed", range(4))
def test_damaged_configuration_has_problems_and_raises_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        text = chance.choice((HTTP_API, REST_API))
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(text))
            end = min(len(text), start + chance.choice((0, 0, 1, 20)))
            text = text[:start] + chance.choice((*PIECES, "")) + text[end:]
        (tmp_path / "main.tf").write_text(text, encoding="utf-8")
        project, problems = read_project(tmp_path, environ={})
        assert project is not None or problems
        assert all(problem.file for problem in problems)
