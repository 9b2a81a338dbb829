"""Batch requests of which DynamoDB leaves a part unprocessed.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from typing import Any

Items = dict[str, Any]

_TOLD = ("Content-Type", "X-Amz-Target")


def split_batch(
    operation: str, requested: Mapping[str, Any], tables: Collection[str], share: float
) -> tuple[Items, Items]:
    """A batch's ``RequestItems`` as what is processed and what is left: a share, rounded up, at the end of each table.

    ``tables`` are the names of those that it is about.
    """
    kept: Items = {}
    left: Items = {}
    for name, part in requested.items():
        entries = part["Keys"] if operation == "BatchGetItem" else part
        count = math.ceil(len(entries) * share) if name in tables else 0
        for target, some in ((kept, entries[: len(entries) - count]), (left, entries[len(entries) - count :])):
            if some:
                target[name] = {**part, "Keys": some} if operation == "BatchGetItem" else some
    return kept, left


def send_anew(request: Any, body: bytes) -> Any:
    """The answer to a request with this body, signed with what the function's role has."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session

    told = {name: _text(request.headers[name]) for name in _TOLD if name in request.headers}
    anew = AWSRequest(method=request.method, url=request.url, data=body, headers=told)
    token = os.environ.get("AWS_SESSION_TOKEN")
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], token)
    SigV4Auth(credentials, "dynamodb", os.environ["AWS_REGION"]).add_auth(anew)
    session = URLLib3Session()
    try:
        return session.send(anew.prepare())
    finally:
        session.close()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
