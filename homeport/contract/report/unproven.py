"""Functions of which a run can't say what they do not need: an operation of theirs was never answered with success.

An operation that is only refused may not have come to what it does: no resource could be made, or none was in the
state that it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from homeport.contract.fuzz.least_privilege import every_exchange
from homeport.project.project import Project

_MOST_OPERATIONS = 3


def unproven_functions(project: Project, records: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """Return the operations that no stack of a run answered with 2XX or 3XX, by the functions that serve them.

    ``records`` are the folders of the exchange logs.
    """
    answered = {
        entry["operation"]
        for record in records
        for entry in every_exchange(record)
        if 200 <= entry["reply"]["status"] < 400
    }
    found = {
        name: tuple(one for one in function.operations if one not in answered)
        for name, function in project.api.functions.items()
    }
    return {name: operations for name, operations in found.items() if operations}


def unproven_lines(unproven: Mapping[str, tuple[str, ...]], unused: Iterable[str]) -> Iterator[str]:
    """Yield a line for each function of ``unused``, which did not use a permission, that is ``unproven``."""
    for function in sorted(set(unused) & unproven.keys()):
        operations = unproven[function]
        more = len(operations) - _MOST_OPERATIONS
        shown = ", ".join(operations[:_MOST_OPERATIONS]) + (f" and {more} more" if more > 0 else "")
        verb = "were" if len(operations) > 1 else "was"
        yield (
            f"Least privilege of {function}: not proven, for {shown} {verb} never answered with success; "
            "test what needs its permissions that were not used"
        )
