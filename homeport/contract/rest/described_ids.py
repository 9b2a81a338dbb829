"""Ids that descriptions tell of: ``from`` is "The householdId that gives", ``itemId`` "An item of `from`". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.rest.names import singular
from homeport.contract.rest.random_value import whole_schema
from homeport.contract.rest.resource import ApiModel, Resource
from homeport.contract.rest.shapes import Document, body_schema, kinds_of, shape_of
from homeport.project.model import Operation

_FORMS = ("pattern", "format")
_QUOTED = re.compile(r"`(\w+)`")


@dataclass(frozen=True, slots=True)
class DescribedId:
    """A property that holds the id of a ``resource``. ``above`` is the property with the one above it, ``""``: none."""

    resource: Resource
    above: str = ""


def described_ids(operation: Operation, model: ApiModel) -> dict[str, DescribedId]:
    """Return the properties of an operation's body whose descriptions say of which resource they hold the id."""
    document = model.document
    properties = shape_of(body_schema(operation), document).properties
    found = {}
    for name, schema in properties.items():
        whole = whole_schema(schema, document)
        words = " ".join(str(whole.get("description") or "").split())
        owner = (
            next(_find_named(words, whole, model), None)
            if kinds_of(schema, document) <= {"string", "integer"}
            else None
        )
        if owner is not None:
            quoted = (one for one in _QUOTED.findall(words) if one in properties and one != name)
            found[name] = DescribedId(owner, next(quoted, "") if owner.parents else "")
    return found


def _find_named(words: str, schema: Mapping[str, Any], model: ApiModel) -> Iterator[Resource]:
    for resource in model.resources:
        if not resource.item or resource.single or resource.keyed_by or not resource.id_parameter:
            continue
        noun = re.escape(singular(resource.name.rpartition("/")[2]))
        of_it = rf"\b{re.escape(resource.id_parameter)}\b|\bids? of (an?|the|this|that|one|another)( other)? {noun}\b"
        is_named = re.search(of_it, words, re.IGNORECASE) is not None
        begins = re.match(rf"(the |an? |another )?{noun}\b", words, re.IGNORECASE) is not None
        if is_named or (begins and _has_form(schema, resource, model.document)):
            yield resource


def _has_form(schema: Mapping[str, Any], resource: Resource, document: Document) -> bool:
    """Return whether values of a schema have the form of a resource's ids, which is their own."""
    forms = [
        whole_schema(one.schema, document)
        for operation in resource.operations
        for one in operation.parameters
        if one.place == "path" and one.name == resource.id_parameter
    ]
    return any(key in schema and schema[key] == form.get(key) for form in forms for key in _FORMS)
