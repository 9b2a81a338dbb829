"""A client of the Lambda API that the gateway serves (``runtime/lambda_api.py``): what a person invokes by hand.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from homeport.errors import HomeportError

# Seconds: a function runs for 15 minutes at most.
_LONGEST = 900.0
_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class FunctionAnswer:
    """The answer of a function: ``error`` is set where it failed, ``log`` is the end of its log."""

    payload: bytes
    error: str
    log: str


@dataclass(frozen=True, slots=True)
class FunctionClient:
    """A client of the Lambda API at ``url``. Functions are named by AWS's names of them."""

    url: str
    region: str

    def invoke(self, function: str, event: bytes) -> FunctionAnswer:
        """Invoke a function and wait for its end. Raises HomeportError."""
        headers, payload = self._send(function, event, "RequestResponse", _LONGEST)
        log = base64.b64decode(headers.get("X-Amz-Log-Result", "")).decode("utf-8", "replace")
        return FunctionAnswer(payload, headers.get("X-Amz-Function-Error", ""), log)

    def invoke_later(self, function: str, event: bytes) -> str:
        """Hand an event on for an asynchronous invocation, and return its id. Raises HomeportError."""
        headers, _ = self._send(function, event, "Event", _TIMEOUT)
        return headers.get("x-amzn-RequestId", "")

    def _send(self, function: str, event: bytes, kind: str, timeout: float) -> tuple[dict[str, str], bytes]:
        headers = {
            "Content-Type": "application/json",
            "X-Amz-Invocation-Type": kind,
            "X-Amz-Log-Type": "Tail",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20200101/{self.region}/lambda/aws4_request",
        }
        target = f"{self.url}/2015-03-31/functions/{quote(function)}/invocations"
        try:
            with urlopen(Request(target, event, headers, method="POST"), timeout=timeout) as response:
                return dict(response.headers.items()), response.read()
        except HTTPError as error:
            raise HomeportError(f"{function} was not invoked: {_message(error.read())}") from None
        except (URLError, OSError) as error:
            raise HomeportError(f"homeport dev does not answer at {self.url}: {error}") from None


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")
