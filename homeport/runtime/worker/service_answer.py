"""Errors of services in the form of each protocol, as SDKs read them.

https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from xml.sax.saxutils import escape

_FORBIDDEN = 403
_BAD_REQUEST = 400


@dataclass(frozen=True)
class ServiceErrorAnswer:
    """An error of a service; ``service`` has botocore's name. ``status`` None: that of a denial in the protocol."""

    service: str
    code: str
    message: str
    status: int | None = None

    def encode(self, protocol: str) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of the error in a protocol, by botocore's name of it."""
        headers = {"x-amzn-RequestId": secrets.token_hex(16)}
        if protocol in ("query", "ec2"):
            kind = "Receiver" if self.status is not None and self.status >= 500 else "Sender"
            error = (
                f"<Error><Type>{kind}</Type><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
            )
            return self._response(_FORBIDDEN, headers, "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode())
        if protocol == "rest-xml":
            error = f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
            return self._response(_FORBIDDEN, headers, "application/xml", error.encode())
        if protocol == "smithy-rpc-v2-cbor":
            body = b"\xa2" + b"".join(map(_cbor_text, ("__type", self.code, "message", self.message)))
            return self._response(_BAD_REQUEST, {**headers, "smithy-protocol": "rpc-v2-cbor"}, "application/cbor", body)
        body = json.dumps({"__type": self.code, "message": self.message, "Message": self.message}).encode()
        headers["x-amzn-ErrorType"] = self.code
        if self.service == "sqs":
            # The error of SQS's older protocol: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
            headers["x-amzn-query-error"] = f"{self.code};Sender"
        status = _FORBIDDEN if protocol == "rest-json" else _BAD_REQUEST
        return self._response(
            status, headers, "application/x-amz-json-1.1" if protocol == "json" else "application/json", body
        )

    def _response(
        self, status: int, headers: dict[str, str], content_type: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        sent = {**headers, "Content-Type": content_type, "Content-Length": str(len(body))}
        return self.status if self.status is not None else status, sent, body


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data
