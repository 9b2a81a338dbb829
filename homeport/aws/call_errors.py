"""Errors of calls to the services on this machine, in words for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from homeport.errors import HomeportError


class ServiceCallError(HomeportError):
    """A service refused a call, or did not answer it."""


@contextmanager
def calls_in_words() -> Iterator[None]:
    """Turn an error of boto3 into one for a person. Raises ServiceCallError."""
    try:
        yield
    except ClientError as error:
        found = error.response.get("Error", {})
        raise ServiceCallError(f"{found.get('Code', 'error')}: {found.get('Message', error)}") from error
    except BotoCoreError as error:
        raise ServiceCallError(str(error)) from error
