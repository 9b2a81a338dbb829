"""A client of the local services' HTTP APIs, for processes that start sooner without an SDK.

The services here take any signature, so that a request only names its service and region, as a signed one does.
https://docs.aws.amazon.com/general/latest/gr/sigv4-create-string-to-sign.html
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from homeport.http_client import HttpResponse, send_request

_TIMEOUT = 60.0


class ServiceError(Exception):
    """A service refused a call, or did not answer it.

    ``code`` is AWS's, and ``""`` where there was no answer, as ``reason`` is, the service's own message. ``status`` is
    0 then.
    """

    def __init__(self, message: str, code: str = "", reason: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.code, self.reason, self.status = code, reason, status


@dataclass(frozen=True, slots=True)
class ServiceClient:
    """A client of the services at ``endpoint``. ``timeout`` is seconds for each wait."""

    endpoint: str
    region: str
    timeout: float = _TIMEOUT

    def call(self, service: str, operation: str, body: Mapping[str, Any], *, version: str = "1.0") -> dict[str, Any]:
        """Call an operation of a JSON service: ``operation`` is ``AmazonSQS.SendMessage``. Raises ServiceError."""
        headers = {"X-Amz-Target": operation, "Content-Type": f"application/x-amz-json-{version}"}
        response = self._send(service, "POST", "/", headers, json.dumps(body).encode())
        found = _json(response.body)
        if response.status >= 300:
            code = str(found.get("__type", "")).rpartition("#")[2] or str(response.status)
            reason = str(found.get("message") or found.get("Message") or "")
            raise ServiceError(f"{operation}: {reason or code}", code, reason, response.status)
        return found

    def query(self, service: str, parameters: Mapping[str, str]) -> None:
        """Call an operation of a service that takes forms (SNS). Raises ServiceError."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = self._send(service, "POST", "/", headers, urlencode(parameters).encode())
        if response.status >= 300:
            raise ServiceError(f"{parameters['Action']}: {response.body[:500].decode(errors='replace')}")

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        """Put an object into a bucket. Raises ServiceError."""
        response = self._send("s3", "PUT", f"/{bucket}/{quote(key)}", {"Content-Type": "application/json"}, body)
        if response.status >= 300:
            raise ServiceError(f"PutObject: {response.body[:500].decode(errors='replace')}")

    def _send(self, service: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        scope = f"test/20200101/{self.region}/{service}/aws4_request"
        signed = {
            **headers,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "X-Amz-Date": "20200101T000000Z",
            "Content-Length": str(len(body)),
        }
        try:
            return send_request(self.endpoint, method, target, signed.items(), body, timeout=self.timeout)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ServiceError(f"{self.endpoint} does not answer: {error}") from error


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
