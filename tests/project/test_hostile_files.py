"""Files of a project that mean harm: nothing outside of it is read, nothing unfolds or recurses without end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.spec import RESOURCES, SPEC, errors, write_project

OPERATION = """\
  /x:
    get:
      operationId: {operation}
      x-homeport: {{handler: {handler!r}}}
      responses: {{"200": {{description: OK}}}}
"""


def problems_of(root: Path, *, spec: str = SPEC, stages: str | None = None, resources: str = RESOURCES) -> str:
    """Return the problems that reading such a project reports, in one text."""
    (root / "outside.py").write_text("def handler(event, context): ...\n")
    (root / "outside.yaml").write_text("type: string\nsecret: hunter2\n")
    project = write_project(root / "project", spec=spec, stages=stages, resources=resources)
    return "\n".join(errors(project, "local", {}))


HANDLERS = ["../outside.handler", "/etc/passwd", "..outside.handler", "service/handlers/../../../outside.py"]


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_is_a_module_of_the_project(tmp_path: Path, handler: str) -> None:
    spec = SPEC.replace("paths:\n", "paths:\n" + OPERATION.format(operation="x", handler=handler), 1)
    assert f"the handler {handler!r} names no module of Python or Node.js" in problems_of(tmp_path, spec=spec)


@pytest.mark.parametrize("operation", ["../../outside", "get/../../outside", "/etc/passwd"])
def test_an_operation_id_may_not_be_a_path(tmp_path: Path, operation: str) -> None:
    spec = SPEC.replace("paths:\n", "paths:\n" + OPERATION.format(operation=operation, handler="x"), 1)
    assert f"the operationId {operation!r} can't name a handler" in problems_of(tmp_path, spec=spec)


OUTSIDE = ["../outside.yaml", "../outside.yaml#/secret", "file:///etc/passwd", "http://127.0.0.1:9/x", "/etc/passwd"]


@pytest.mark.parametrize("reference", OUTSIDE)
def test_a_reference_out_of_the_file_is_an_error(tmp_path: Path, reference: str) -> None:
    parameter = f'      parameters: [{{name: a, in: query, schema: {{$ref: "{reference}"}}}}]\n      responses:'
    spec = SPEC.replace("paths:\n", "paths:\n" + OPERATION.format(operation="x", handler="x"), 1)
    problems = problems_of(tmp_path, spec=spec.replace("      responses:", parameter, 1))
    assert f"the reference {reference!r} leads out of this file" in problems
    assert "hunter2" not in problems


@pytest.mark.parametrize("name", ["../../outside", "/etc/x", "a/b", "", ".hidden", "a\nb"])
def test_a_stage_name_may_not_be_a_path(tmp_path: Path, name: str) -> None:
    problems = problems_of(tmp_path, stages=f"stages: {{{name!r}: {{}}, local: {{}}}}\n".replace("'", '"'))
    assert f"{name!r} can't name a stage" in problems


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
MERGES = "m0: &m0 {k: x}\n" + "".join(
    f"m{n}: &m{n} {{<<: *m{n - 1}, a: *m{n - 1}, b: *m{n - 1}}}\n" for n in range(1, 40)
)
BOMBS = {
    "a billion laughs": (LAUGHS, "unfold to more than"),
    "merges upon merges": (MERGES, "unfold to more than"),
    "deep lists": ("[" * 100_000, "levels deep"),
    "deep maps": ("{a: " * 100_000, "levels deep"),
    "deep blocks": ("".join(" " * depth + "a:\n" for depth in range(1500)), "levels deep"),
    "a value within itself": ("a: &a [*a]\n", "would never end"),
    "an integer of a million digits": ("a: " + "9" * 1_000_000 + "\n", "too long"),
    "a number beyond all": ("a: 1e999999999\n", "too large"),
    "a Python object": ("a: !!python/object/apply:os.system ['touch x']\n", "python/object/apply:os.system"),
    "seven megabytes": ("# " + "x" * 7_000_000 + "\n", "more than the"),
}


@pytest.mark.parametrize("place", ["spec", "stages", "resources"])
@pytest.mark.parametrize(("text", "problems"), BOMBS.values(), ids=BOMBS)
def test_deeply_nested_or_unfolding_yaml_is_rejected_quickly(
    tmp_path: Path, place: str, text: str, problems: str
) -> None:
    begun = time.process_time()
    assert problems in problems_of(tmp_path, **{place: text})
    assert time.process_time() - begun < 5


JSON_BOMBS = {"deep": "[" * 100_000, "long": '{"a": ' + "9" * 1_000_000 + "}"}


@pytest.mark.parametrize("text", JSON_BOMBS.values(), ids=JSON_BOMBS)
def test_deeply_nested_json_is_rejected_quickly(tmp_path: Path, text: str) -> None:
    root = write_project(tmp_path)
    (root / "openapi.yaml").unlink()
    (root / "openapi.json").write_text(text)
    begun = time.process_time()
    assert errors(root, "local", {})
    assert time.process_time() - begun < 5


CIRCLES = {
    "to itself": "    Loop: {$ref: '#/components/schemas/Loop'}\n",
    "to each other": (
        "    Loop: {$ref: '#/components/schemas/Other'}\n    Other: {$ref: '#/components/schemas/Loop'}\n"
    ),
}


@pytest.mark.parametrize("schemas", CIRCLES.values(), ids=CIRCLES)
def test_a_reference_in_a_circle_is_an_error(tmp_path: Path, schemas: str) -> None:
    body = "{content: {application/json: {schema: {$ref: '#/components/schemas/Loop'}}}}"
    operation = OPERATION.format(operation="x", handler="x").replace("get:", f"post:\n      requestBody: {body}")
    spec = (
        "openapi: 3.0.3\ninfo: {title: Loop, version: '1'}\ncomponents:\n  schemas:\n"
        + schemas
        + "paths:\n"
        + operation
    )
    assert "#/components/schemas/" in problems_of(tmp_path, spec=spec)
