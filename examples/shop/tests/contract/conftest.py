"""What the contract tests talk to: the API at HOMEPORT_URL, or a stack started for them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.contract.fixtures.stack import running_stack
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenRequest, mint

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def api() -> Iterator[str]:
    """The base URL of a running API."""
    if os.environ.get("HOMEPORT_URL"):
        yield os.environ["HOMEPORT_URL"].rstrip("/")
        return
    with running_stack(ROOT) as stack:
        yield stack.url


@pytest.fixture(scope="session")
def user() -> Callable[[str], dict[str, str]]:
    """Makes the header that says who asks: a token of the local issuer, which plays the user pool."""
    key = signing_key(ROOT / FOLDER)

    def headers(name: str) -> dict[str, str]:
        return {"Authorization": mint(TokenRequest(name, "id"), key, now=time.time(), token_id=name)}

    return headers
