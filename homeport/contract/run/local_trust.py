"""Trust of the libraries that a contract run uses in the certificate of ``homeport dev --tls``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from homeport.contract.fuzz.schemathesis_run import AUTHORITIES_VARIABLE
from homeport.http_client import is_local, local_certificates


@contextmanager
def trusted_by_requests(url: str) -> Iterator[None]:
    """Let requests also trust this user's local certificates meanwhile, where ``url`` is HTTPS on this machine."""
    certificates = local_certificates()
    if urlsplit(url).scheme != "https" or not is_local(url) or not certificates:
        yield
        return
    before = os.environ.get(AUTHORITIES_VARIABLE)
    with tempfile.NamedTemporaryFile("wb", prefix="homeport-", suffix=".pem") as bundle:
        bundle.write(b"\n".join(file.read_bytes() for file in (*_authorities(before), *certificates)))
        bundle.flush()
        os.environ[AUTHORITIES_VARIABLE] = bundle.name
        try:
            yield
        finally:
            del os.environ[AUTHORITIES_VARIABLE]
            os.environ.update({AUTHORITIES_VARIABLE: before} if before is not None else {})


def _authorities(chosen: str | None) -> tuple[Path, ...]:
    """Return the file that the caller has chosen, else that of requests. The variable may also name a folder."""
    # requests belongs to the extra `test`.
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return (Path(chosen) if chosen and Path(chosen).is_file() else Path(DEFAULT_CA_BUNDLE_PATH),)
