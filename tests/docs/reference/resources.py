"""The page of deploy/resources.yaml, from the structures and the table of features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from homeport.project.features import resource_types, template_types
from homeport.project.source.structure import structures
from tests.docs.reference.markdown import page, table

_LEAD = """
A fragment of CloudFormation with the resources of a stage, which the kit merges into the stack. Tables become DynamoDB
tables here, queues, buckets and the like are made in
[the services that run beside the API](../running.md#other-services-of-aws), and [triggers](../triggers.md) invoke
functions. Functions of CloudFormation are worked out; `homeport check` names each resource that is deployed and not
emulated.
"""
_FATES = {
    "done": "emulated and deployed",
    "deployed": "deployed, not emulated",
    "rejected": "an error: the kit makes it itself, or can't",
}
_TABLE = "a table's properties"


def resources_page() -> str:
    """Return the page."""
    return page(
        "deploy/resources.yaml",
        _LEAD,
        ["## The file", "", f"Its sections are {_codes(structures()['a resources file'].fields)}.", ""],
        [f"A resource has {_codes(structures()['a resource'].fields)}.", ""],
        ["## Types of resources", ""],
        table(("Types", "What becomes of them"), _types()),
        ["[Features of AWS](../features.md) has every property of API Gateway, Lambda and DynamoDB.", ""],
        *(_structure(name) for name in _tables()),
    )


def _types() -> Iterator[tuple[str, str]]:
    types = resource_types()
    for fate, words in _FATES.items():
        names = [name for name, found in types.items() if found.fate == fate]
        if names:
            yield _codes(names), words
    yield _codes(template_types().of_services), "made in the services that run beside the API, and deployed"
    yield "any other", "deployed, and named as not emulated"


def _tables() -> list[str]:
    """Return the structures of a table, the table itself first."""
    found, waiting = [], [_TABLE]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            waiting += [
                other for type in structures()[name].fields.values() for other in structures() if type.endswith(other)
            ]
    return found


def _structure(name: str) -> Iterator[str]:
    structure = structures()[name]
    heading = "AWS::DynamoDB::Table" if name == _TABLE else name[:1].upper() + name[1:]
    yield from (f"## {heading}", "")
    rows = (
        (f"`{field}`", _type(type), "needed" if field in structure.needed else "")
        for field, type in structure.fields.items()
    )
    yield from table(("Property", "Value", ""), rows)


_WORDS = {"free": "as CloudFormation has it", "flag": "`true` or `false`", "integer": "a whole number"}


def _type(type: str) -> str:
    if type.startswith("one of "):
        return " or ".join(f"`{word}`" for word in type.removeprefix("one of ").split())
    if type == "list of free":
        return "a list"
    for start, words in (("full list of ", "a list with an entry at least"), ("list of ", "a list")):
        if type.startswith(start):
            return f"{words}: {_type(type.removeprefix(start))}"
    return _WORDS.get(type, type)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
