"""The part of an item that a projection names.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .tree import AttributeValue, Path
from .update import changed_values


def project(item: AttributeValue, paths: Iterable[Path]) -> dict[str, Any]:
    """Return what an item has at the paths, in maps and lists as deep as they are; elements of a list close up."""
    return changed_values(paths, item)
