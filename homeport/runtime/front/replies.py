"""The replies that the front makes itself, as SDKs read them: errors of DynamoDB, and services that are not there."""

from __future__ import annotations

import html
import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.runtime.front.aws_request import AwsRequest
from homeport.runtime.worker.authorization import DynamoDBAnswer
from homeport.runtime.worker.aws_calls import NOT_EMULATED

_NOT_EMULATED_CODE = "NotEmulatedError"
# No SDK repeats a request after this status: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_NOT_IMPLEMENTED = 501
_SERVICE_ERROR = "com.amazon.coral.service"
_DYNAMODB_ERROR = "com.amazonaws.dynamodb.v20120810"


@dataclass(frozen=True, slots=True)
class FrontReply:
    """A response to an SDK, without the headers of the connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def content(self) -> dict[str, Any]:
        """Return the body as an object of JSON, an empty one where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def with_content(self, content: Mapping[str, Any]) -> FrontReply:
        """Return the same with another body, for which its checksum holds."""
        body = json.dumps(content, separators=(",", ":")).encode()
        changed = {"x-amz-crc32": str(zlib.crc32(body))} if "x-amz-crc32" in self.headers else {}
        return FrontReply(self.status, {**self.headers, **changed}, body)


def answer_reply(answer: DynamoDBAnswer) -> FrontReply:
    """Return an answer of DynamoDB, with the headers and the body that a function of Python gets."""
    headers, body = answer.encode()
    return FrontReply(answer.status, headers, body)


def _service_error(status: int, code: str, message: str) -> FrontReply:
    return answer_reply(DynamoDBAnswer(status, {"__type": f"{_SERVICE_ERROR}#{code}", "message": message}))


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
def not_signed() -> FrontReply:
    """Return the reply to a request that is not signed."""
    return _service_error(400, "MissingAuthenticationTokenException", "Request is missing Authentication Token")


def unknown_key(access_key: str) -> FrontReply:
    """Return the reply to a request that is signed with an access key of no environment."""
    message = (
        "The security token included in the request is invalid. homeport knows a function by the credentials of its "
        f"environment, as AWS does, and {access_key} are not these: make the client without credentials"
    )
    return _service_error(400, "UnrecognizedClientException", message)


def bad_request(reason: str) -> FrontReply:
    """Return the reply to what is no request of HTTP/1.1."""
    return _service_error(400, "SerializationException", f"This is not HTTP/1.1: {reason}")


def unknown_operation() -> FrontReply:
    """Return the reply to a request that names no operation of DynamoDB."""
    return _service_error(400, "UnknownOperationException", "X-Amz-Target names no operation of DynamoDB")


def not_serialized(operation: str) -> FrontReply:
    """Return the reply to a request whose body is not what the operation takes."""
    return _service_error(400, "SerializationException", f"The body is no request of {operation}")


def too_large() -> FrontReply:
    """Return the reply to a request over 16 MB."""
    return _service_error(413, "RequestEntityTooLargeException", "The request is over 16 MB")


def engine_unreachable(url: str, reason: str) -> FrontReply:
    """Return the reply where DynamoDB does not answer. SDKs repeat the request, as after any error of the server."""
    message = f"homeport: DynamoDB at {url} does not answer ({reason}): is it running?"
    return answer_reply(DynamoDBAnswer(500, {"__type": f"{_DYNAMODB_ERROR}#InternalServerError", "message": message}))


def not_emulated(request: AwsRequest) -> FrontReply:
    """Return the reply to a request for a service that is not there, in the form of its protocol."""
    where = f"AWS in {request.region}" if request.region else "AWS"
    message = NOT_EMULATED.format(service=request.service, operation=request.operation, url=where)
    if "smithy-protocol" in request.headers:
        headers, body = _cbor_error(message)
    elif request.content_type == "application/x-www-form-urlencoded" or request.service in _XML:
        headers, body = {"Content-Type": "text/xml"}, _xml_error(request.service, message).encode()
    else:
        content = {"__type": _NOT_EMULATED_CODE, "message": message}
        kind = request.content_type if "x-amz-json" in request.content_type else "application/json"
        headers, body = {"Content-Type": kind, "x-amzn-ErrorType": _NOT_EMULATED_CODE}, json.dumps(content).encode()
    return FrontReply(_NOT_IMPLEMENTED, {**headers, "x-amzn-RequestId": secrets.token_hex(16)}, body)


# The services whose protocol is REST with XML.
_XML = frozenset({"s3", "s3express", "s3-outposts", "route53", "cloudfront"})


def _xml_error(service: str, message: str) -> str:
    error = f"<Error><Code>{_NOT_EMULATED_CODE}</Code><Message>{html.escape(message, quote=False)}</Message></Error>"
    if service.startswith("s3"):
        return error
    return f"<Response><Errors>{error}</Errors></Response>" if service == "ec2" else _error_response(error)


def _error_response(error: str) -> str:
    return f"<ErrorResponse>{error}</ErrorResponse>"


def _cbor_error(message: str) -> tuple[dict[str, str], bytes]:
    """Return headers and body of an error in smithy's protocol: a map of two texts, in CBOR (RFC 8949)."""
    texts = ("__type", _NOT_EMULATED_CODE, "message", message)
    body = b"\xa2" + b"".join(map(_cbor_text, texts))
    return {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, body


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data
