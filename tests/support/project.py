"""Small projects for tests, written into a temporary folder."""

from __future__ import annotations

import textwrap
from pathlib import Path

SPEC = """
openapi: 3.0.3
info: {title: Notes, version: 1.0.0}
paths:
  /notes/{noteId}:
    get:
      operationId: getNote
      parameters: [{name: noteId, in: path, required: true, schema: {type: string}}]
      x-homeport: {access: {NotesTable: [GetItem]}}
      responses: {"200": {description: The note.}}
    put:
      operationId: putNote
      parameters: [{name: noteId, in: path, required: true, schema: {type: string}}]
      x-homeport: {access: {NotesTable: [PutItem]}}
      responses: {"204": {description: Kept.}}
"""

RESOURCES = """
Resources:
  NotesTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: noteId, AttributeType: S}]
      KeySchema: [{AttributeName: noteId, KeyType: HASH}]
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
"""

GET_NOTE = """
import os
import boto3

table = boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])

def handler(event, context):
    found = table.get_item(Key={"noteId": event["pathParameters"]["noteId"]}).get("Item")
    return {"statusCode": 200, "body": found["text"]} if found else {"statusCode": 404, "body": "none"}
"""

PUT_NOTE = """
import os
import boto3

table = boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])

def handler(event, context):
    table.put_item(Item={"noteId": event["pathParameters"]["noteId"], "text": event["body"]})
    return {"statusCode": 204}
"""


def write_files(root: Path, files: dict[str, str]) -> Path:
    """Write texts by relative path, outdented."""
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))
    return root


def notes_project(root: Path, **changed: str) -> Path:
    """A project that keeps notes; ``changed`` replaces its ``spec``, ``resources``, ``stages``, ``get_note``…"""
    return write_files(
        root,
        {
            "openapi.yaml": changed.get("spec", SPEC),
            "deploy/resources.yaml": changed.get("resources", RESOURCES),
            "deploy/stages.yaml": changed.get("stages", "stages: {local: {}}\n"),
            "service/handlers/get_note.py": changed.get("get_note", GET_NOTE),
            "service/handlers/put_note.py": changed.get("put_note", PUT_NOTE),
        },
    )
