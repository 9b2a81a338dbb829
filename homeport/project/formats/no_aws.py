"""The variables of a program of the owner's that is run to read a project, and may not reach AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

# Nothing answers there: a program that asks AWS all the same gets an error at once.
_NOWHERE = "http://127.0.0.1:9"

NO_AWS: Mapping[str, str] = MappingProxyType(
    {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": _NOWHERE,
    }
)
"""Credentials that open nothing, and an endpoint at which nothing answers.

https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
"""


def region_of(environ: Mapping[str, str]) -> str:
    """Return the region that the shell's variables name, or us-east-1."""
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
