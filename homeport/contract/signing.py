"""Signatures of a run's requests to routes with AWS_IAM, by the callers of the stage (``iam.callers``)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from homeport.errors import HomeportError
from homeport.gateway.assembly import deployment_of
from homeport.gateway.auth.iam import access_key_of, callers_of
from homeport.gateway.auth.sigv4 import AccessKey, signed_headers
from homeport.gateway.http.message import Request
from homeport.project.model import Operation
from homeport.project.names import did_you_mean
from homeport.project.project import Project


def caller_keys(project: Project, operation: Operation) -> tuple[AccessKey, ...]:
    """Return the keys of the callers who may call an operation with AWS_IAM, in the order of the stage."""
    if not operation.iam:
        return ()
    deployment = deployment_of(project.api, project.stage)
    found = callers_of(project.stage.iam, deployment, operation.method, operation.path)
    return tuple(access_key_of(one, project.stage.region) for one in found)


def named_key(project: Project, name: str) -> AccessKey:
    """Return the key of a caller of the project's stage by its name. Raises HomeportError."""
    caller = project.stage.iam.get(name)
    if caller is None:
        known = ", ".join(project.stage.iam) or "none"
        hint = did_you_mean(name, project.stage.iam) or f"the callers are: {known}"
        raise HomeportError(f"stage {project.stage.key!r} has no caller {name!r}", hint)
    return access_key_of(caller, project.stage.region)


def sign(
    key: AccessKey, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes
) -> list[tuple[str, str]]:
    """Return the headers that sign a request now. It has to be sent with the Host header that is among them."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = [*headers, ("Host", parts.netloc)]
    return [named[-1], *signed_headers(Request(method, target, tuple(named), body, "", "HTTP/1.1", time.time()), key)]
