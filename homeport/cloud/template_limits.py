"""What a template, and the account it goes to, can hold.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.cloud.template_functions import reserved_concurrency
from homeport.errors import HomeportError
from homeport.spec.project import Project

INLINE_BYTES = 51_200
"""The largest template that goes into a request; a larger one goes through S3."""

LARGEST_BYTES = 1024 * 1024
MOST_RESOURCES = 500
UNRESERVED = 100
"""Concurrent executions that an account keeps for functions without a reservation."""

_GROUPING = "group operations with x-homeport: {function: NAME}"
_MOST: Mapping[str, tuple[int, str]] = {
    "Resources": (MOST_RESOURCES, _GROUPING),
    "Parameters": (200, "take some out of deploy/resources.yaml"),
    "Mappings": (200, "take some out of deploy/resources.yaml"),
    "Outputs": (200, f"take some out of deploy/resources.yaml, or {_GROUPING}"),
}


class TemplateError(HomeportError):
    """The stack would not fit into CloudFormation or into the account."""


def united(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Resources from several places as one. Raises TemplateError if two have the same logical id."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name in part.keys() & whole.keys():
            raise TemplateError(f"two resources of the stack would be {name!r}", "rename a function or a table")
        whole |= part
    return whole


def check_limits(template: Mapping[str, Any], text: str) -> None:
    """Raises TemplateError for a template that CloudFormation would not take."""
    for section, (most, cure) in _MOST.items():
        count = len(template.get(section, {}))
        if count > most:
            raise TemplateError(
                f"the stack would hold {count} {section.lower()}, more than CloudFormation's {most}", cure
            )
    size = len(text.encode())
    if size > LARGEST_BYTES:
        raise TemplateError(f"the template has {size} bytes, more than CloudFormation's {LARGEST_BYTES}", _GROUPING)


def check_concurrency(project: Project, account_limit: int | None) -> None:
    """Raises TemplateError if the functions reserve more than the account has to give."""
    reserved = sum(reserved_concurrency(f, project.stage) or 0 for f in project.api.functions.values())
    if account_limit is not None and reserved > max(account_limit - UNRESERVED, 0):
        raise TemplateError(
            f"the functions reserve {reserved} concurrent executions; of the account's {account_limit}, "
            f"{UNRESERVED} must stay unreserved",
            "lower reservedConcurrency, or ask AWS for a higher limit",
        )
