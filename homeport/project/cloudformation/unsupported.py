"""Resources of a stack that the kit does not emulate: each type is named once, with the functions that do without it.

``features/templates.yaml`` says which types are emulated, which change no answer, and which keep requests away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from homeport.errors import Problem
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.cloudformation.tables.table_rules import TABLE_TYPE
from homeport.project.cloudformation.tables.tables import GLOBAL_TABLE_TYPE
from homeport.project.features import find_resource_type, template_types
from homeport.project.model import Function
from homeport.project.source.cursor import Cursor

_AUTHORIZING = ("AWS::ApiGateway::Authorizer", "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Authorizer")
_AUTHORIZING_HTTP = "AWS::ApiGatewayV2::Api"
_MOST_NAMES = 6

_NAMED_OF_TABLES = (
    *("ImportSourceSpecification", "KinesisStreamSpecification", "ResourcePolicy"),
    *("StreamSpecification.ResourcePolicy", "VectorIndexes"),
)
"""Properties of tables whose absence a program notices; capacity, backups, tags and keys of KMS change no answer."""


_NOT_CALLED = (
    *("CapacityProviderConfig", "Code", "CodeSigningConfigArn", "DeadLetterConfig", "FunctionName", "KmsKeyArn"),
    *("Layers", "Role", "VpcConfig"),
)
"""Properties of functions that name resources for Lambda, not for the function's own calls."""


class _Relations(NamedTuple):
    """The functions that refer to resources of one type, and those that these refer to."""

    users: tuple[str, ...]
    started: tuple[str, ...]


def unsupported_resources(stack: CloudFormationStack, functions: Mapping[str, Function]) -> list[Problem]:
    """Return a warning for each type of resources that is not emulated, those first that keep requests away."""
    by_type: dict[str, list[StackResource]] = {}
    pools_authorize, protections = _pools_authorize(stack), dict(_protections(stack))
    for resource in stack.resources.values():
        if resource.logical_id not in protections and not _is_emulated(resource.type):
            by_type.setdefault(resource.type, []).append(resource)
    texts = {name: _function_text(name, function, stack) for name, function in functions.items()}
    related = {kind: _relations(found, texts, stack) for kind, found in by_type.items()}
    of_pool = template_types().of_pool
    alone = [
        kind for kind in by_type if related[kind] == _Relations((), ()) and not (kind in of_pool and pools_authorize)
    ]
    related_types = [kind for kind in by_type if related[kind] != _Relations((), ())]
    return [
        *(problem for problems in protections.values() for problem in problems),
        *(_related_problem(kind, by_type[kind], related[kind], kind in of_pool) for kind in related_types),
        *_alone_problem({kind: by_type[kind] for kind in alone}),
        *_table_properties(stack),
    ]


def _is_emulated(kind: str) -> bool:
    """Return whether a type is emulated, or changes no answer."""
    types = template_types()
    return any(_is_listed(kind, listed) for listed in (types.emulated, types.of_services, types.of_no_effect))


def _is_listed(kind: str, listed: Iterable[str]) -> bool:
    return kind in listed or f"{kind.rpartition('::')[0]}::*" in listed


def _related_problem(kind: str, found: list[StackResource], related: _Relations, of_pool: bool) -> Problem:
    parts = [f"{kind} is not emulated: {_some(each.logical_id for each in found)}"]
    hints, it = [], "it" if len(found) == 1 else "them"
    if related.users:
        verb = "refer" if len(related.users) > 1 else "refers"
        parts.append(f"{_some(related.users)} {verb} to {it} and can't call {it} here")
        hints.append("homeport token signs tokens of the pool" if of_pool else "")
    if related.started:
        parts.append(f"{'it' if len(found) == 1 else 'they'} would invoke {_some(related.started)} on AWS")
        hints.append(f"homeport invoke {related.started[0]} --event FILE does it here")
    return found[0].properties.position.warning("; ".join(parts), "; ".join(filter(None, hints)))


def _alone_problem(by_type: Mapping[str, list[StackResource]]) -> Iterator[Problem]:
    """Yield one warning for the types to which no function has a relation."""
    if by_type:
        first = next(iter(by_type.values()))[0]
        named = [
            f"{kind} ({found[0].logical_id if len(found) == 1 else len(found)})" for kind, found in by_type.items()
        ]
        yield first.properties.position.warning(
            f"not emulated, and no function refers to them: {', '.join(named)}", "fine if nothing here needs them"
        )


def _some(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    rest = len(found) - _MOST_NAMES
    return ", ".join(found) if rest <= 0 else f"{', '.join(found[:_MOST_NAMES])} and {rest} more"


def _relations(found: list[StackResource], texts: Mapping[str, str], stack: CloudFormationStack) -> _Relations:
    wanted = _pattern(name for resource in found for name in _identifiers(resource))
    users = tuple(name for name, text in texts.items() if wanted is not None and wanted.search(text))
    written = {text for resource in found for text in _texts(resource.properties.value)}
    return _Relations(users, tuple(name for name in texts if _names_function(written, stack.resources[name])))


def _names_function(written: Iterable[str], function: StackResource) -> bool:
    """Return whether a text is a function's name or has its ARN; its log group's name has the name, too."""
    arn = _pattern([function.arn])
    return any(text == function.physical_id or (arn is not None and arn.search(text)) for text in written)


def _identifiers(resource: StackResource) -> Iterator[str]:
    """Yield the names, ARNs and URLs by which others refer to a resource."""
    yield resource.physical_id
    yield from (value for value in resource.attributes.values() if isinstance(value, str))


def _pattern(identifiers: Iterable[str]) -> re.Pattern[str] | None:
    """Return the pattern of a text with one of some identifiers, not as a part of a longer name."""
    # Shorter ones (a zone's "-1", an empty attribute) would be found anywhere.
    known = {re.escape(name) for name in identifiers if len(name) > 3}
    return re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(known))})(?![\w-])") if known else None


def _function_text(name: str, function: Function, stack: CloudFormationStack) -> str:
    """Return the texts in which a function names what it calls: its properties, and its role's statements."""
    properties = stack.resources[name].properties.value
    own = {key: value for key, value in properties.items() if key not in _NOT_CALLED}
    return "\n".join(_texts([own, *function.policies]))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for key, inner in value.items():
                yield from _texts([key, inner])
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)


def _pools_authorize(stack: CloudFormationStack) -> bool:
    """Return whether an authorizer takes the tokens of a user pool of the stack."""
    pools = _pattern(name for pool in stack.of_type("AWS::Cognito::UserPool") for name in _identifiers(pool))
    authorizers = stack.of_type(*_AUTHORIZING, _AUTHORIZING_HTTP)
    return pools is not None and any(
        pools.search(text) for authorizer in authorizers for text in _texts(authorizer.properties.value)
    )


def _protections(stack: CloudFormationStack) -> Iterator[tuple[str, list[Problem]]]:
    """Yield the logical ids of resources that keep requests from an API on AWS, and the warnings that say of what."""
    protecting = template_types().protecting
    for resource in stack.of_type(*protecting):
        found = [
            at.position.warning(f"{resource.logical_id} ({resource.type}): {reason}", "it is in force on AWS only")
            for path, reason in protecting[resource.type].items()
            if _protects(at := _descend(resource.properties, path.partition("=")[0].split(".")), path.partition("=")[2])
        ]
        if found:
            yield resource.logical_id, found


def _protects(at: Cursor, wanted: str) -> bool:
    """Return whether a property has the ``wanted`` value, or any if that is ``""``."""
    if wanted:
        return wanted in (at.value if isinstance(at.value, list) else [at.value])
    return at.value not in (None, False, "false", [], {})


def _descend(cursor: Cursor, keys: Iterable[str]) -> Cursor:
    for key in keys:
        cursor = cursor.at(key)
    return cursor


def _table_properties(stack: CloudFormationStack) -> Iterator[Problem]:
    """Yield a warning for each property of tables that has a meaning on AWS only, and for replicas elsewhere."""
    features = _features_of_tables()
    for path in _NAMED_OF_TABLES:
        written = [(table, _descend(table.properties, path.split("."))) for table in stack.of_type(TABLE_TYPE)]
        found = [(table.logical_id, at) for table, at in written if at.value]
        if found:
            reason, hint = features[path]
            message = f"{path} of {_some(name for name, _ in found)} is not emulated: {reason}"
            yield found[0][1].position.warning(message, hint)
    for table in stack.of_type(GLOBAL_TABLE_TYPE):
        regions = [replica.at("Region").value for replica in table.properties.at("Replicas").entries()]
        if others := [region for region in regions if isinstance(region, str) and region != stack.region]:
            yield table.properties.at("Replicas").position.warning(
                f"{table.logical_id} has no replicas here in {_some(others)}", "items are not copied to them"
            )


@cache
def _features_of_tables() -> Mapping[str, tuple[str, str]]:
    found = find_resource_type(TABLE_TYPE)
    features = found.features if found is not None else {}
    return {path: (features[path].reason, features[path].hint) for path in _NAMED_OF_TABLES}
