"""Answers of DynamoDB that never left this process, as its protocol has them on the wire.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any


class _Raw(BytesIO):
    """A body as botocore reads it from a connection."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """All of it, at once."""
        yield self.read()


def dynamodb_answer(url: str, status: int, content: Mapping[str, Any]) -> Any:
    """What botocore takes for the answer to a request."""
    from botocore.awsrequest import AWSResponse

    body = json.dumps(content).encode()
    headers: Any = {
        "Content-Type": "application/x-amz-json-1.0",
        "Content-Length": str(len(body)),
        # botocore compares it with the body.
        "x-amz-crc32": str(zlib.crc32(body)),
        "x-amzn-RequestId": secrets.token_hex(26).upper(),
    }
    return AWSResponse(url, status, headers, _Raw(body))
