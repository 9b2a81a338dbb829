"""Trust of the libraries that a contract run uses in the certificate of ``homeport dev --tls``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from homeport.http_client import is_local, local_certificates

VARIABLE = "REQUESTS_CA_BUNDLE"
"""Where requests, and so schemathesis, look for authorities: https://requests.readthedocs.io/en/latest/user/advanced/"""


@contextmanager
def trusted_by_requests(url: str) -> Iterator[None]:
    """Let requests trust this user's local certificates meanwhile, where ``url`` is HTTPS on this machine.

    A bundle that the caller has chosen is left in force.
    """
    certificates = local_certificates()
    if urlsplit(url).scheme != "https" or not is_local(url) or VARIABLE in os.environ or not certificates:
        yield
        return
    with tempfile.NamedTemporaryFile("wb", prefix="homeport-", suffix=".pem") as bundle:
        bundle.write(b"\n".join(file.read_bytes() for file in (_public_authorities(), *certificates)))
        bundle.flush()
        os.environ[VARIABLE] = bundle.name
        try:
            yield
        finally:
            del os.environ[VARIABLE]


def _public_authorities() -> Path:
    # requests belongs to the extra `test`.
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return Path(DEFAULT_CA_BUNDLE_PATH)
