"""The one place where the gateway asks the outside world: issuers' documents over HTTP."""

from __future__ import annotations

from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    UnknownHandler,
)

# API Gateway itself gives up after 1.5 s (observed).
_PATIENCE = 1.5
_LARGEST = 1_000_000


def http_get(url: str, *, timeout: float = _PATIENCE) -> bytes:
    """The body behind an http or https URL; ``timeout`` is seconds for each wait.

    Raises OSError if there is no answer or no success, ValueError for any other URL and for bodies over
    1 MB.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError("not an http or https URL")
    try:
        with _opener().open(url, timeout=timeout) as response:
            body: bytes = response.read(_LARGEST + 1)
    except HTTPError as error:
        error.close()
        raise
    except HTTPException as error:
        raise OSError(f"not HTTP: {error!r}") from error
    if len(body) > _LARGEST:
        raise ValueError(f"over {_LARGEST} bytes")
    return body


def _opener() -> OpenerDirector:
    """Without the handlers for files and FTP, which a redirect could lead to."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPRedirectHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
