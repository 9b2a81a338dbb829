"""Save what the services hold into a file beside a snapshot of the tables, and load it.

The kit's own process of the services gives and takes the archive as a whole, so what is loaded replaces everything.
Names have the stage in them: an archive is loaded in the stage that it was saved in.
"""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from homeport.aws.embedded.archive import HEAD
from homeport.errors import EngineError, HomeportError

SUFFIX = ".services.tar.gz"
_TIMEOUT = 600.0
_PART = 1 << 20


class ForeignServicesError(HomeportError):
    """The services at the endpoint can't give or take an archive: they are another's, or they keep nothing."""


def save_services(endpoint: str, file: Path, stage: str) -> int:
    """Write what the services hold into ``file``, and return its size in bytes.

    Raises ForeignServicesError, and EngineError where they do not answer.
    """
    response = _order(endpoint, "Homeport.Save", json.dumps({"stage": stage}).encode())
    if response.headers.get_content_type() != "application/gzip":
        response.close()
        raise ForeignServicesError(f"the services at {endpoint} are not the kit's own process")
    file.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp lets only this user read the file, which may hold secrets.
    handle, draft = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            while part := response.read(_PART):
                out.write(part)
        Path(draft).replace(file)
    except (OSError, HTTPException) as error:
        raise EngineError(f"the services at {endpoint} could not be saved: {error}") from error
    finally:
        Path(draft).unlink(missing_ok=True)
        response.close()
    return file.stat().st_size


def load_services(endpoint: str, file: Path, stage: str) -> None:
    """Have the services hold what is in ``file`` and nothing else.

    Raises HomeportError for a damaged file or one of another stage, ForeignServicesError, and EngineError.
    """
    saved = saved_stage(file)
    if saved != stage:
        raise HomeportError(f"{file.name} has the services of stage {saved}, not of {stage}", f"--stage {saved}")
    with file.open("rb") as content:
        _order(endpoint, "Homeport.Load", content, file.stat().st_size).close()


def saved_stage(file: Path) -> str:
    """Return the stage in which a file was saved. Raises HomeportError."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            head = archive.extractfile(HEAD)
            return str(json.loads(head.read())["stage"]) if head is not None else ""
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError) as error:
        hint = "nothing was changed; delete it and save another"
        raise HomeportError(f"the snapshot {file} is damaged: {error}", hint) from error


def _order(endpoint: str, order: str, body: bytes | BinaryIO, size: int | None = None) -> HTTPResponse:
    place = urlsplit(endpoint)
    connection = HTTPConnection(place.hostname or "", place.port or 80, timeout=_TIMEOUT)
    length = size if size is not None else len(body) if isinstance(body, bytes) else 0
    try:
        connection.request(
            "POST", "/", body, {"X-Amz-Target": order, "Content-Length": str(length), "Connection": "close"}
        )
        response = connection.getresponse()
    except (OSError, HTTPException) as error:
        raise EngineError(
            f"the services at {endpoint} do not answer: {error}", "does homeport dev still run?"
        ) from error
    if response.status == 200:
        return response
    found: Any = {}
    with suppress(ValueError):
        found = json.loads(response.read())
    response.close()
    code = found.get("__type") if isinstance(found, dict) else None
    if code == "ArchiveError":
        raise ForeignServicesError(str(found.get("message")))
    raise ForeignServicesError(f"the services at {endpoint} are not the kit's own process")
