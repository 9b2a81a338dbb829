"""The kit names nothing of any example: no operation, table, schema or word of their paths."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.examples import EXAMPLES, ROOT

_EMPTY = EXAMPLES / "blank"
_FOLDERS = sorted(folder for folder in EXAMPLES.iterdir() if (folder / "openapi.yaml").is_file())
PROJECTS = [ROOT, *(folder for folder in _FOLDERS if folder != _EMPTY)]
# It lists the projects by their names.
_STARTERS = ROOT / "homeport" / "scaffold" / "starters.py"

# Words that any program of this kind has, or that AWS, HTTP and OpenAPI have given a meaning of their own.
GENERIC = {
    "amount": "a word of properties that count or measure",
    "admin": "the compose profile with a browser of tables, and its folder",
    "category": "a word of logs and problems",
    "cursor": "CSS's word",
    "day": "a usage plan's period",
    "deleteitem": "DynamoDB's action",
    "createtask": "asyncio's function",
    "description": "OpenAPI's and argparse's word",
    "error": "a word of everything",
    "feed": "what a reader of frames is given",
    "gatewayerror": "what API Gateway itself answers: a schema of its body, and the error that leads to it",
    "getitem": "DynamoDB's action",
    "hour": "a unit of time",
    "item": "DynamoDB's word for what a table holds",
    "items": "DynamoDB's and JSON schema's word, and Python's dict.items()",
    "name": "a word of everything",
    "nothing": "a word of messages",
    "order": "how things are ordered; what the worker parent is told to do",
    "orders": "how things are ordered; what the worker parent is told to do",
    "price": "what AWS asks for a resource",
    "problem": "RFC 9457, and the kit's own reports",
    "product": "what factors make, and itertools' function",
    "proxy": "API Gateway's greedy variable",
    "quantity": "a word of properties that count",
    "rank": "how findings and values are ordered",
    "route": "API Gateway's word",
    "stats": "CloudWatch's metrics have them",
    "status": "HTTP's word, and AWS's of tables",
    "task": "asyncio's and Step Functions' word",
    "tasks": "asyncio's and Step Functions' word",
    "tags": "OpenAPI's and CloudFormation's word, and YAML's",
    "time": "a word of everything",
    "version": "a word of everything",
    "violation": "the validators' word",
}


def names(project: Path) -> Iterator[str]:
    """What the project calls its paths' parts, operations, tables, indexes and schemas."""
    spec = yaml.safe_load((project / "openapi.yaml").read_text())
    for path, item in spec["paths"].items():
        yield from (part.strip("{}+") for part in path.split("/") if part)
        yield from (operation["operationId"] for operation in item.values() if "operationId" in operation)
    yield from spec.get("components", {}).get("schemas", {})
    yield from re.findall(r"^  (\w+Table):$", (project / "deploy" / "resources.yaml").read_text(), re.MULTILINE)


def spoken(project: Path) -> dict[str, str]:
    """The names as code may spell them, small and without separators, with the name itself."""
    found = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in names(project)}
    return {plain: name for plain, name in found.items() if plain not in GENERIC}


def words(file: Path) -> Iterator[tuple[int, str]]:
    """The identifiers of a module's code and the words of its texts, comments and documentation left out."""
    previous = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(file.read_text()).readline):
        documentation = token.type == tokenize.STRING and previous in (tokenize.NEWLINE, tokenize.INDENT, tokenize.NL)
        if token.type in (tokenize.NAME, tokenize.STRING) and not documentation:
            for word in re.findall(r"[A-Za-z][A-Za-z0-9_-]*", token.string):
                yield token.start[0], re.sub(r"[_-]", "", word.lower())
        if token.type != tokenize.COMMENT:
            previous = token.type


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: str(project.relative_to(ROOT)))
def test_the_kit_names_nothing_of(project: Path) -> None:
    known = spoken(project)
    assert known
    named = [
        f"{file.relative_to(ROOT)}:{line}: {known[word]}"
        for file in sorted((ROOT / "homeport").rglob("*.py"))
        for line, word in words(file)
        if word in known and not (file == _STARTERS and word == project.name)
    ]
    assert named == []


def test_every_generic_word_is_one_that_a_project_and_the_kit_both_use() -> None:
    used = {re.sub(r"[^a-z0-9]", "", name.lower()) for project in PROJECTS for name in names(project)}
    spelt = {word for file in (ROOT / "homeport").rglob("*.py") for _, word in words(file)}
    assert set(GENERIC) - (used & spelt) == set()


def test_a_name_is_found_however_it_is_spelt(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text('"""getThing"""\nget_thing = 1  # getThing\nx = "/things/GET-THING"\n')
    assert [(line, word) for line, word in words(file) if word == "getthing"] == [(2, "getthing"), (3, "getthing")]


def test_the_projects_are_read_whole() -> None:
    everything: Any = {project.name: spoken(project) for project in PROJECTS[1:]}
    assert {"shop", "hits"} <= everything.keys()
    assert everything["hits"]["counthit"] == "countHit"
    assert everything["shop"]["shoptable"] == "ShopTable"
