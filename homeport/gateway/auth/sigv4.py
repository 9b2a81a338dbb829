"""Signature Version 4: the signature of a request, in its Authorization header or its query string, and its check.

A check signs the received request again. Everything here is pure: the clock and the secret are arguments.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from homeport.gateway.http.message import Request
from homeport.gateway.http.uri import percent_decode, split_target
from homeport.http_headers import header_values

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "execute-api"
TERMINATOR = "aws4_request"
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_CLOCK_SKEW = timedelta(minutes=5)
_SCOPE_PARTS = 5
_HEADER_PARTS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
LONGEST_EXPIRY = 604_800
_UNRESERVED = "-_.~"
_SPACES = re.compile(r" +")

Kind = Literal["missing", "incomplete", "unknown", "invalid"]


class SignatureError(Exception):
    """A request whose signature is not accepted; the text is AWS's message. ``help`` is for the developer's log.

    ``kind``: ``missing`` (there is none), ``incomplete`` (it can't be read), ``unknown`` (an unknown access key) and
    ``invalid``.
    """

    def __init__(self, kind: Kind, message: str, help: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.help = help


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as a request has it. ``timestamp`` is that of the request, ``date`` that of the credential's scope.

    ``expires`` is the number of seconds that a presigned URL is valid, None for a header. ``token`` is that of
    temporary credentials, ``""`` without one.
    """

    access_key: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    value: str
    timestamp: str
    expires: int | None = None
    token: str = ""

    @property
    def scope(self) -> str:
        """The scope of the credential."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


def read_signature(request: Request) -> Signature:
    """Return the signature of a request. Raises SignatureError for a request without a readable one."""
    header = request.header("authorization")
    if header is not None:
        return _of_header(request, header)
    parameters = dict(_query_pairs(request))
    if not any(name in parameters for name in _QUERY_PARTS[:3]):
        raise SignatureError("missing", "Missing Authentication Token")
    return _of_query(parameters)


def _of_header(request: Request, header: str) -> Signature:
    first, _, rest = header.strip().partition(" ")
    parts: dict[str, str] = {}
    for part in map(str.strip, (rest or first).split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            raise SignatureError(
                "incomplete",
                f"'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'.",
            )
        parts[name] = value
    missing = [f"Authorization header requires '{name}' parameter." for name in _HEADER_PARTS if name not in parts]
    timestamp = request.header("x-amz-date") or _http_date(request.header("date"))
    if timestamp is None:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing or timestamp is None:
        raise SignatureError("incomplete", f"{' '.join(missing)} Authorization={header}")
    if first != ALGORITHM:
        raise SignatureError("incomplete", f"Unsupported AWS 'algorithm': '{first}'.")
    return Signature(
        *_credential(parts["Credential"]),
        signed_headers=tuple(parts["SignedHeaders"].lower().split(";")),
        value=parts["Signature"],
        timestamp=timestamp,
        token=request.header("x-amz-security-token") or "",
    )


def _of_query(parameters: dict[str, str]) -> Signature:
    missing = [name for name in (*_QUERY_PARTS, "X-Amz-Expires") if name not in parameters]
    if missing:
        text = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise SignatureError("incomplete", f"{text} Re-examine the query-string parameters.")
    expires = parameters["X-Amz-Expires"]
    if not (expires.isascii() and expires.isdecimal() and len(expires) < 10 and int(expires) <= LONGEST_EXPIRY):
        raise SignatureError("incomplete", f"X-Amz-Expires must be less than a week (in seconds); got '{expires}'.")
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        raise SignatureError("incomplete", f"Unsupported AWS 'algorithm': '{parameters['X-Amz-Algorithm']}'.")
    return Signature(
        *_credential(parameters["X-Amz-Credential"]),
        signed_headers=tuple(parameters["X-Amz-SignedHeaders"].lower().split(";")),
        value=parameters["X-Amz-Signature"],
        timestamp=parameters["X-Amz-Date"],
        expires=int(expires),
        token=parameters.get("X-Amz-Security-Token", ""),
    )


def _credential(text: str) -> tuple[str, str, str, str, str]:
    parts = text.split("/")
    if len(parts) != _SCOPE_PARTS:
        example = "keyid/date/region/service/term"
        message = f"Credential must have exactly 5 slash-delimited elements, e.g. {example}, got '{text}'."
        raise SignatureError("incomplete", message)
    key, date, region, service, terminator = parts
    return key, date, region, service, terminator


def _http_date(text: str | None) -> str | None:
    """Return a ``Date`` header as a timestamp, None if there is none that can be read."""
    if text is None:
        return None
    if re.fullmatch(r"\d{8}T\d{6}Z", text):
        return text
    try:
        return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").strftime(_TIMESTAMP)
    except ValueError:
        return None


def check_signature(signature: Signature, request: Request, secret: str, region: str, now: float) -> None:
    """Check the signature of a request for API Gateway in a region. Raises SignatureError."""
    _check_scope(signature, region)
    _check_time(signature, datetime.fromtimestamp(now, UTC))
    if not {"host"} <= set(signature.signed_headers):
        raise SignatureError("invalid", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    # Clients differ about what in a query string they encode before they sign it.
    canonical = [_canonical_request(signature, request, query) for query in _canonical_queries(request)]
    wanted = [_sign(text, signature, secret) for text in canonical]
    found = [hmac.compare_digest(each.encode(), signature.value.encode("utf-8", "replace")) for each in wanted]
    if not any(found):
        message = (
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
        raise SignatureError("invalid", message, f"the canonical request is {canonical[0]!r}")


def _check_scope(signature: Signature, region: str) -> None:
    faults = []
    if signature.terminator != TERMINATOR:
        faults.append(f"Credential should be scoped with a valid terminator: '{TERMINATOR}'. ")
    if signature.region != region:
        faults.append(f"Credential should be scoped to a valid region, not '{signature.region}'. ")
    if signature.service != SERVICE:
        faults.append(f"Credential should be scoped to correct service: '{SERVICE}'. ")
    if signature.date != signature.timestamp[:8]:
        faults.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signature.date}' != '{signature.timestamp[:8]}', from '{signature.timestamp}'."
        )
    if faults:
        raise SignatureError("invalid", "".join(faults))


def _check_time(signature: Signature, now: datetime) -> None:
    try:
        signed = datetime.strptime(signature.timestamp, _TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        message = f"Date must be in ISO-8601 'basic format'. Got '{signature.timestamp}'. See https://en.wikipedia.org/wiki/ISO_8601"
        raise SignatureError("incomplete", message) from None
    lifetime = _CLOCK_SKEW if signature.expires is None else timedelta(seconds=signature.expires)
    minutes = f"{lifetime.total_seconds() / 60:.0f} min." if signature.expires is None else f"{signature.expires} sec."
    shown, first, last = (each.strftime(_TIMESTAMP) for each in (now, now - lifetime, now + _CLOCK_SKEW))
    if signed < now - lifetime:
        message = f"Signature expired: {signature.timestamp} is now earlier than {first} ({shown} - {minutes})"
        raise SignatureError("invalid", message)
    if signed > now + _CLOCK_SKEW:
        message = f"Signature not yet current: {signature.timestamp} is still later than {last} ({shown} + 5 min.)"
        raise SignatureError("invalid", message)


def _sign(canonical: str, signature: Signature, secret: str) -> str:
    digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
    text = "\n".join((ALGORITHM, signature.timestamp, signature.scope, digest))
    key = f"AWS4{secret}".encode()
    for part in signature.scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _canonical_request(signature: Signature, request: Request, query: str) -> str:
    lines = [f"{name}:{_canonical_values(request, name)}\n" for name in signature.signed_headers]
    payload = hashlib.sha256(request.body).hexdigest()
    parts = (
        request.method,
        canonical_path(request),
        query,
        "".join(lines),
        ";".join(signature.signed_headers),
        payload,
    )
    return "\n".join(parts)


def canonical_path(request: Request) -> str:
    """Return the path of a request as it is signed: without dot segments and double slashes, and encoded once more."""
    segments: list[str] = []
    path = split_target(request.target)[0] or "/"
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    joined = "/" + "/".join(segments)
    slash = "/" if segments and path.endswith(("/", "/.", "/..")) else ""
    return quote(f"{joined}{slash}".encode("latin-1", "replace"), safe="/~")


def _canonical_queries(request: Request) -> Iterator[str]:
    raw = [(name, value) for name, value in _raw_pairs(request) if name != "X-Amz-Signature"]
    encoded = [(_encode(percent_decode(name)), _encode(percent_decode(value))) for name, value in raw]
    for pairs in dict.fromkeys((tuple(sorted(encoded)), tuple(sorted(raw)))):
        yield "&".join(f"{name}={value}" for name, value in pairs)


def _encode(text: str) -> str:
    return quote(text, safe=_UNRESERVED)


def _raw_pairs(request: Request) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in split_target(request.target)[1].split("&") if part)
    return [(name, value) for name, _, value in parts]


def _query_pairs(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in _raw_pairs(request):
        yield percent_decode(name), percent_decode(value)


def _canonical_values(request: Request, name: str) -> str:
    values = header_values(request.headers, name)
    return ",".join(_SPACES.sub(" ", value.strip()) for value in values)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The credentials with which a request is signed; ``token`` is that of temporary ones."""

    access_key: str
    secret: str
    region: str
    token: str = ""


def signed_headers(request: Request, credentials: AccessKey) -> list[tuple[str, str]]:
    """Return the headers that sign a request, at the time at which it was ``received``: it must have a Host header."""
    timestamp = datetime.fromtimestamp(request.received, UTC).strftime(_TIMESTAMP)
    added = [("X-Amz-Date", timestamp), *([("X-Amz-Security-Token", credentials.token)] if credentials.token else [])]
    dated = _with_headers(request, added)
    names = tuple(sorted({name.lower() for name, _ in dated.headers if _is_signed(name.lower())}))
    signature = _signature_of(credentials, timestamp, names)
    query = next(_canonical_queries(dated))
    value = _sign(_canonical_request(signature, dated, query), signature, credentials.secret)
    scope = f"Credential={credentials.access_key}/{signature.scope}, SignedHeaders={';'.join(names)}"
    return [*added, ("Authorization", f"{ALGORITHM} {scope}, Signature={value}")]


def presigned_target(request: Request, credentials: AccessKey, expires: int) -> str:
    """Return the target of a request with its signature in the query, valid for ``expires`` seconds.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    timestamp = datetime.fromtimestamp(request.received, UTC).strftime(_TIMESTAMP)
    signature = replace(_signature_of(credentials, timestamp, ("host",)), expires=expires)
    pairs = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{signature.scope}",
        "X-Amz-Date": timestamp,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": "host",
        **({"X-Amz-Security-Token": credentials.token} if credentials.token else {}),
    }
    added = "&".join(f"{name}={_encode(value)}" for name, value in pairs.items())
    target = f"{request.target}{'&' if '?' in request.target else '?'}{added}"
    unsigned = replace(request, target=target)
    query = next(_canonical_queries(unsigned))
    value = _sign(_canonical_request(signature, unsigned, query), signature, credentials.secret)
    return f"{target}&X-Amz-Signature={value}"


def _is_signed(name: str) -> bool:
    return name in ("host", "content-type") or name.startswith("x-amz-")


def _signature_of(credentials: AccessKey, timestamp: str, names: Sequence[str]) -> Signature:
    date, region = timestamp[:8], credentials.region
    return Signature(credentials.access_key, date, region, SERVICE, TERMINATOR, tuple(names), "", timestamp)


def _with_headers(request: Request, added: Sequence[tuple[str, str]]) -> Request:
    return Request(
        request.method,
        request.target,
        (*request.headers, *added),
        request.body,
        request.source_ip,
        request.protocol,
        request.received,
    )
