"""A permission that no request used is none too many where the function's code has a call that needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fuzz.code_calls import read_calls
from homeport.contract.report.privileges import PrivilegeProof, prove_privileges
from homeport.project.project import Project
from tests.support.spec import document, load, operation, write_document

_TABLES = """
Resources:
  HoldsTable: &table
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  ThingsTable: *table
"""
_TABLE_OBJECTS = """
import os
import boto3

database = boto3.resource("dynamodb")
holds = database.Table(os.environ.get("HOLDS_TABLE", "none"))
things = database.Table(os.environ["THINGS_TABLE"])
"""
_START = "from service import tables\n\ndef handler(event, context):\n"


def _project(root: Path, code: str, *actions: str, **files: str) -> Project:
    access: dict[str, Any] = {"access": {"HoldsTable": list(actions) or ["UpdateItem"]}}
    paths = {"/holds": {"post": operation(operationId="hold", **{"x-homeport": access})}}
    (root / "deploy").mkdir()
    (root / "deploy" / "resources.yaml").write_text(_TABLES)
    found = write_document(root, document(paths), handlers=("hold",))
    (root / "service" / "handlers" / "hold.py").write_text(code)
    for name, text in {"tables": _TABLE_OBJECTS, **files}.items():
        (root / "service" / f"{name}.py").write_text(text)
    return load(found)


def _proof(project: Project, *asked: str) -> PrivilegeProof:
    record = project.root / "record"
    record.mkdir()
    entry = '{"operation": "hold", "reply": {"status": 201}, "requestId": "1"}\n'
    (record / "exchanges.jsonl").write_text(entry)
    (record / "rights.jsonl").write_text("".join(f"{line}\n" for line in asked))
    return prove_privileges(project, [record], whole=True)


@pytest.mark.parametrize(
    "code",
    [
        "    tables.holds.update_item(Key={})\n",
        "    sweep()\n\ndef sweep():\n    own = tables.holds\n    own.update_item(Key={})\n",
        "    write({'Update': {'TableName': tables.holds.name}})\n",
        "    take = {'TableName': tables.holds.name}\n    write({'Update': take}, {'Put': {}})\n",
        "    tables.holds.meta.client.update_item(TableName=tables.holds.name)\n",
        "    repeat(tables.holds.update_item, Key={})\n",
        "    anything.update_item(Key={})\n",
        "    pass\n\n@app.get('/holds')\ndef route():\n    tables.holds.update_item(Key={})\n",
        "    Sweeper().run()\n\nclass Sweeper:\n    def run(self):\n        tables.holds.update_item(Key={})\n",
    ],
)
def test_call_that_no_request_came_to_makes_a_line_and_no_finding(tmp_path: Path, code: str) -> None:
    proof = _proof(_project(tmp_path, _START + code))
    line = next(number for number, one in enumerate((_START + code).splitlines(), 1) if "pdate" in one)
    assert proof.findings == ()
    assert proof.line.splitlines() == [
        "Least privilege: proven in part, 0 rights used",
        "Least privilege of hold: not proven that it needs UpdateItem on HoldsTable, for no request came to the call "
        f"at service/handlers/hold.py:{line}; test what does",
    ]


@pytest.mark.parametrize(
    "code",
    [
        "    tables.holds.get_item(Key={})\n",
        "    tables.things.update_item(Key={})\n",
        "    write({'Update': {'TableName': tables.things.name}})\n",
        "    return 1\n\ndef unused():\n    tables.holds.update_item(Key={})\n",
        "    return tables.holds.query\n\n@property\ndef update(self):\n    tables.holds.update_item(Key={})\n",
        "    return 1\n\nclass Sweeper:\n    def run(self):\n        tables.holds.update_item(Key={})\n",
    ],
)
def test_permission_without_a_call_that_can_run_is_one_too_many(tmp_path: Path, code: str) -> None:
    proof = _proof(_project(tmp_path, _START + code))
    assert [(one.check, one.subject) for one in proof.findings] == [("unused-permission", "hold UpdateItem HoldsTable")]
    assert proof.line == "Least privilege: violated, 0 rights used"


def test_call_in_a_module_that_the_handler_s_imports_is_found(tmp_path: Path) -> None:
    store = "from service.tables import holds\n\ndef expire():\n    holds.delete_item(Key={})\n"
    code = "from service import store\n\ndef handler(event, context):\n    store.expire()\n"
    project = _project(tmp_path, code, "DeleteItem", store=store)
    found = read_calls(project, project.api.functions["hold"]).find("DeleteItem", "HoldsTable")
    assert found is not None
    assert (found.file, found.line) == ("service/store.py", 4)


def test_call_that_names_no_table_says_nothing_where_the_action_was_used_on_another(tmp_path: Path) -> None:
    code = _START + "    anything.update_item(Key={})\n"
    calls = read_calls(project := _project(tmp_path, code), project.api.functions["hold"])
    assert calls.find("UpdateItem", "HoldsTable") is not None
    assert calls.find("UpdateItem", "HoldsTable", is_used=True) is None


def test_function_with_the_handler_s_own_decorator_is_another_handler(tmp_path: Path) -> None:
    code = """from service import tables

@route("POST")
def handler(event, context):
    return event["query"], event.query

@route("GET")
def other(event, context):
    tables.holds.update_item(Key={})
    tables.holds.query(KeyConditionExpression="")
"""
    calls = read_calls(project := _project(tmp_path, code), project.api.functions["hold"])
    assert calls.find("UpdateItem", "HoldsTable") is None
    assert calls.find("Query", "HoldsTable") is None


def test_key_of_any_dictionary_is_no_call(tmp_path: Path) -> None:
    code = _START + "    return {'': tables.holds.name, 'Scan': tables.holds.name}\n"
    calls = read_calls(project := _project(tmp_path, code), project.api.functions["hold"])
    assert calls.find("Scan", "HoldsTable") is None
