"""The functions of the notes: one table, one handler for each route."""

import base64
import json
import os
import uuid

import boto3

_table = boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])


def create(event, context):
    text = event["body"] or "{}"
    body = json.loads(base64.b64decode(text) if event.get("isBase64Encoded") else text)
    note = {"noteId": str(uuid.uuid4()), "text": str(body.get("text", ""))}
    _table.put_item(Item=note)
    return _answer(201, note)


def read(event, context):
    found = _table.get_item(Key={"noteId": event["pathParameters"]["noteId"]}).get("Item")
    return _answer(200, found) if found else _answer(404, {"message": "no such note"})


def list_all(event, context):
    return _answer(200, {"notes": sorted(_table.scan()["Items"], key=lambda note: note["text"])})


def delete(event, context):
    """Delete a note; the answer names the caller, as the authorizer knows it."""
    _table.delete_item(Key={"noteId": event["pathParameters"]["noteId"]})
    return _answer(200, {"deletedBy": event["requestContext"]["authorizer"]["principalId"]})


def _answer(status, body):
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "https://notes.example"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
