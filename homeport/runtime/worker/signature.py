"""Signature V4 where nobody reads it.

The embedded engine looks at the region that a request is signed for, never at the signature, which is a sixth of what
a boto3 call costs a function. A request to it gets an Authorization header of the usual form, with zeros for the
signature. Whatever goes elsewhere is signed by botocore, and so is everything while botocore logs what it signs.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from __future__ import annotations

import functools
import logging
from datetime import UTC, datetime
from typing import Any

_LOG = logging.getLogger("botocore.auth")
_NONE = "0" * 64


def spare(endpoint: str) -> None:
    """Have every botocore client of this process leave out the signature of what it sends to ``endpoint``, a URL."""
    from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth

    usual = SigV4Auth.add_auth
    addressed = endpoint.rstrip("/") + "/"

    @functools.wraps(usual)
    def add_auth(self: Any, request: Any) -> None:
        needed = type(self) is not SigV4Auth or self.credentials is None or _LOG.isEnabledFor(logging.DEBUG)
        if needed or not request.url.startswith(addressed):
            usual(self, request)
            return
        request.context["timestamp"] = datetime.now(UTC).strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.scope(request)}, "
            f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={_NONE}"
        )

    # mypy takes a method of a class for constant.
    type.__setattr__(SigV4Auth, "add_auth", add_auth)
