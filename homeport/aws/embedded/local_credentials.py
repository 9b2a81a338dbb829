"""Credentials with which URLs and forms of S3 are signed here.

ministack checks such a signature, and when it ends, but knows only keys that its own IAM has issued. On this machine
each environment of a function has a key of its own, and all have the same secret.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

SECRET = "test"


def accept_local_credentials(s3: Any) -> None:
    """Have ministack's S3 check signatures with the secret of this machine, whatever the key."""
    s3.resolve_credential = _credential


def _credential(key: str, account: str, token: str = "") -> Any:
    return SimpleNamespace(access_key_id=key, secret_access_key=SECRET, session_token=token, account_id=account)
