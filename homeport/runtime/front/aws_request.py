"""A request to AWS as any SDK sends it: who signed it, and which operation of which service it asks for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

# Signature version 4a signs for several regions, and its scope has none.
_CREDENTIAL = re.compile(r"Credential=([^/,\s]*)/\d+/(?:([^/,\s]+)/)?([^/,\s]+)/aws4_request")
_DYNAMODB_TARGET = re.compile(r"(DynamoDB|DynamoDBStreams)_20120810\.([A-Za-z]{1,64})")
# https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
_RPC_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)$")


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """A request to AWS. ``target`` is that of HTTP, ``headers`` are by their names in lower case.

    ``access_key`` and ``region`` are ``""`` in a request that is not signed; ``service`` is the one that it is signed
    for (``s3``), else what is to be seen of it.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    access_key: str
    region: str
    service: str

    @property
    def is_dynamodb(self) -> bool:
        """Return whether it is for DynamoDB or DynamoDB Streams."""
        return self.service == "dynamodb"

    @property
    def is_presigned(self) -> bool:
        """Return whether it is a URL of S3 that was signed: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"""
        query = parse_qs(urlsplit(self.target).query)
        return "authorization" not in self.headers and not query.keys().isdisjoint(("X-Amz-Signature", "Signature"))

    @property
    def operation(self) -> str:
        """Return the operation (``GetItem``), or the method and the path where the SDK does not name it."""
        if target := self.headers.get("x-amz-target"):
            return target.rpartition(".")[2]
        url = urlsplit(self.target)
        if found := _RPC_PATH.search(url.path):
            return found[2]
        form = self.body.decode("latin-1") if self.content_type == "application/x-www-form-urlencoded" else ""
        # JavaScript's SDK names the operations of REST protocols so.
        named = parse_qs(form).get("Action") or parse_qs(url.query).get("x-id")
        return named[0] if named else f"{self.method} {url.path}"

    @property
    def content_type(self) -> str:
        """Return the media type of the body, without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def dynamodb_operation(self) -> tuple[str, bool] | None:
        """Return the operation, and whether it is one of DynamoDB Streams; None where it names no operation."""
        found = _DYNAMODB_TARGET.fullmatch(self.headers.get("x-amz-target", ""))
        return (found[2], found[1] == "DynamoDBStreams") if found else None

    def json_body(self) -> dict[str, Any]:
        """Return the body as an object of JSON. Raises ValueError for another one."""
        content = json.loads(self.body or b"{}")
        if not isinstance(content, dict):
            raise ValueError("the body is not an object")
        return content


def aws_request(first_line: str, headers: Mapping[str, str], body: bytes) -> AwsRequest:
    """Return the request of a message."""
    method, _, rest = first_line.partition(" ")
    target = rest.rpartition(" ")[0]
    # A URL that is signed has it in its query.
    scope = headers.get("authorization") or unquote(target.partition("?")[2]).replace(
        "X-Amz-Credential=", "Credential="
    )
    found = _CREDENTIAL.search(scope)
    key, region, service = (found[1], found[2] or "", found[3]) if found else ("", "", _service_of_unsigned(headers))
    return AwsRequest(method, target, headers, body, key, region, service)


def _service_of_unsigned(headers: Mapping[str, str]) -> str:
    target = headers.get("x-amz-target", "")
    return "dynamodb" if target.startswith("DynamoDB") else target.partition(".")[0] or "such service"
