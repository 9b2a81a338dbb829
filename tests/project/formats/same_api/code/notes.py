"""The functions of the notes: one table, one handler for each route."""

import base64
import json
import os
import uuid
from typing import Any

import boto3

Event = dict[str, Any]
Reply = dict[str, Any]

_table = boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])


def create(event: Event, context: object) -> Reply:
    text = event["body"] or "{}"
    body = json.loads(base64.b64decode(text) if event.get("isBase64Encoded") else text)
    note = {"noteId": str(uuid.uuid4()), "text": str(body.get("text", ""))}
    _table.put_item(Item=note)
    return _answer(201, note)


def read(event: Event, context: object) -> Reply:
    found = _table.get_item(Key={"noteId": event["pathParameters"]["noteId"]}).get("Item")
    return _answer(200, found) if found else _answer(404, {"message": "no such note"})


def list_all(event: Event, context: object) -> Reply:
    return _answer(200, {"notes": sorted(_table.scan()["Items"], key=lambda note: str(note["text"]))})


def delete(event: Event, context: object) -> Reply:
    """Delete a note; the answer names the caller, as the authorizer knows it."""
    _table.delete_item(Key={"noteId": event["pathParameters"]["noteId"]})
    return _answer(200, {"deletedBy": event["requestContext"]["authorizer"]["principalId"]})


def _answer(status: int, body: object) -> Reply:
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "https://notes.example"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
