"""DynamoDB for the services: a module in place of ministack's own, which sends to the DynamoDB in use.

Step Functions calls it: https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html
"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT = 60.0
_OPERATIONS = {
    "_put_item": "PutItem",
    "_get_item": "GetItem",
    "_delete_item": "DeleteItem",
    "_update_item": "UpdateItem",
}


def tables_module(name: str, url: str | None, region: str) -> ModuleType:
    """Return the module that ministack imports as ``name``; ``url`` is DynamoDB's endpoint, None: there is none."""
    module = ModuleType(name)

    def send(target: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        return _send(url, region, target, body)

    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any
    ) -> tuple[int, dict[str, str], bytes]:
        return await asyncio.to_thread(send, headers.get("x-amz-target", ""), body)

    def calling(operation: str) -> Any:
        return lambda data: send(f"DynamoDB_20120810.{operation}", json.dumps(data).encode())

    module.__dict__.update({name: calling(operation) for name, operation in _OPERATIONS.items()})
    module.__dict__.update(handle_request=handle_request, get_state=lambda: None, reset=lambda: None)
    return module


def _send(url: str | None, region: str, target: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    if url is None:
        return _error("ResourceNotFoundException", "no DynamoDB runs here: start homeport dev without --dynamodb none")
    place = urlsplit(url)
    connect = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = connect(place.hostname or "", place.port, timeout=_TIMEOUT)
    signed = (
        f"AWS4-HMAC-SHA256 Credential=test/20200101/{region}/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
    )
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0", "Authorization": signed}
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        return response.status, {"Content-Type": "application/x-amz-json-1.0"}, response.read()
    except (OSError, http.client.HTTPException) as error:
        return _error("InternalServerError", f"DynamoDB at {url} does not answer: {error}")
    finally:
        connection.close()


def _error(code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    body = json.dumps({"__type": code, "message": message}).encode()
    return (500 if code == "InternalServerError" else 400), {"Content-Type": "application/x-amz-json-1.0"}, body
