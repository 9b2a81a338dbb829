"""The WSGI environment of a request. https://peps.python.org/pep-3333/"""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from homeport.gateway.http.message import Request
from homeport.gateway.http.uri import split_target

REQUEST = "homeport.request"
"""The key of the ``Request``: the environment has no headers, since WSGI loses their case, order and duplicates."""
STREAM = "homeport.stream"
"""The key that the application sets where the body is to be sent as it comes."""


def wsgi_environ(request: Request, port: int, scheme: str = "http") -> dict[str, Any]:
    """Return the WSGI environment of a request, with itself under ``REQUEST``."""
    path, query = split_target(request.target)
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1") if "%" in path else path or "/",
        "QUERY_STRING": query,
        "REMOTE_ADDR": request.source_ip,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": request.protocol,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input": BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        REQUEST: request,
    }
