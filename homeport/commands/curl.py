"""``homeport curl``: send a request to the API that runs here, signed as one of the stage's callers."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from homeport.commands.arguments import (
    NO_DEV,
    NO_DEV_HINT,
    add_api,
    body_of,
    choose_dev,
    header_argument,
    read_chosen_project,
)
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.gateway.auth.sigv4 import AccessKey
    from homeport.http_client import HttpResponse

# Seconds: an API may take 29 of them to answer, longer where a debugger holds a function.
_TIMEOUT = 900.0
_EXPIRES = 300
_SAFE = "/?#[]@!$&'()*+,;=:%~"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport curl``."""
    parser.add_argument("method", type=str.upper, metavar="METHOD", help="GET, POST, …")
    parser.add_argument("path", metavar="PATH", help="the path below the stage, with a query: /items?limit=2")
    add_api(parser)
    parser.add_argument("--as", dest="caller", metavar="NAME", help="the caller of iam.callers who signs the request")
    parser.add_argument("-d", "--body", default="", metavar="TEXT|@FILE|@-", help="the body; with @ what a file holds")
    parser.add_argument(
        "-H", "--header", action="append", type=header_argument, default=[], metavar="'NAME: VALUE'", help="a header"
    )
    parser.add_argument(
        "--presign", action="store_true", help="print a URL with the signature of --as in it, and send nothing"
    )
    parser.add_argument(
        "--expires", type=int, default=_EXPIRES, metavar="SECONDS", help="how long that URL is valid (%(default)s)"
    )
    parser.add_argument("-i", "--include", action="store_true", help="print the status and the headers, too")


def run(options: argparse.Namespace) -> int:
    """Send the request and print the body of the response. Raises HomeportError."""
    from homeport.contract.signing import named_key
    from homeport.project.apis import choose_api

    dev = choose_dev(options)
    if dev is None:
        raise HomeportError(NO_DEV, NO_DEV_HINT)
    project = choose_api(read_chosen_project(options, options.stage), options.api)
    url = dev.apis.get(project.api.name, dev.url)
    key = named_key(project, options.caller) if options.caller else None
    if options.presign:
        print(_presigned_url(url, key, options))
        return 0
    _print(_send(url, key, options), include=options.include)
    return 0


def _send(url: str, key: AccessKey | None, options: argparse.Namespace) -> HttpResponse:
    from http.client import HTTPException

    from homeport.gateway.auth.sigv4 import signed_headers
    from homeport.gateway.http.message import Request
    from homeport.http_client import send_request

    base, body = urlsplit(url.rstrip("/")), body_of(options)
    target = _target(base, options.path)
    headers = _with_defaults([("Host", base.netloc), *options.header], body)
    if key is not None:
        request = Request(options.method, target, tuple(headers), body, "", "HTTP/1.1", time.time())
        headers += signed_headers(request, key)
    try:
        return send_request(f"{base.scheme}://{base.netloc}", options.method, target, headers, body, timeout=_TIMEOUT)
    except (OSError, HTTPException) as error:
        raise HomeportError(f"{url} does not answer: {error}", "see the terminal of homeport dev") from None


def _presigned_url(url: str, key: AccessKey | None, options: argparse.Namespace) -> str:
    """Return the URL of a request with a caller's signature. Raises HomeportError."""
    from homeport.gateway.auth.sigv4 import LONGEST_EXPIRY, presigned_target
    from homeport.gateway.http.message import Request

    if key is None:
        raise HomeportError("a URL is signed by a caller", "name one of iam.callers: --as NAME")
    if not 1 <= options.expires <= LONGEST_EXPIRY:
        raise HomeportError(f"a URL is valid for 1 to {LONGEST_EXPIRY} seconds", "choose another --expires")
    base = urlsplit(url.rstrip("/"))
    headers = (("Host", base.netloc),)
    request = Request(
        options.method, _target(base, options.path), headers, body_of(options), "", "HTTP/1.1", time.time()
    )
    target = presigned_target(request, key, options.expires)
    return f"{base.scheme}://{base.netloc}{target}"


def _target(base: SplitResult, path: str) -> str:
    return base.path + quote(path if path.startswith("/") else f"/{path}", safe=_SAFE)


def _with_defaults(headers: list[tuple[str, str]], body: bytes) -> list[tuple[str, str]]:
    given = {name.lower() for name, _ in headers}
    usual = [("User-Agent", "homeport"), ("Accept", "*/*")]
    if body:
        usual += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return [*headers, *(header for header in usual if header[0].lower() not in given)]


def _print(response: HttpResponse, *, include: bool) -> None:
    if include:
        lines = [
            f"HTTP/1.1 {response.status} {response.reason}",
            *(f"{name}: {text}" for name, text in response.headers),
        ]
        sys.stdout.write("\n".join(lines) + "\n\n")
        sys.stdout.flush()
    sys.stdout.buffer.write(response.body)
    sys.stdout.buffer.flush()
    if sys.stdout.isatty() and not response.body.endswith(b"\n"):
        sys.stdout.write("\n")
