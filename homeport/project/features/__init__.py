"""Features of AWS: what becomes of each property of the resources of API Gateway, Lambda and DynamoDB.

The YAML files beside this module are the table; docs/features.md shows it. Each property of a type stands below one of

- ``done``: it is emulated and deployed, with the test that shows its emulation;
- ``made``: the kit itself sets it in the template;
- ``deployed``: it is deployed as it is written, and named at start, below the reason why it is not emulated;
- ``rejected``: it can't be set, below the reason, which ends in what to do instead: ``reason; hint``.

``A(B C) D.E`` are the properties ``A``, ``A.B``, ``A.C`` and ``D.E``. ``resource`` says the same of a resource of the
type in deploy/resources.yaml, and ``made by`` what the kit makes one of. ``settings`` has the place where the owner
sets a property, ``keys`` further words that people may write for a rejected one. ``in the definition`` lists those that
reach API Gateway inside of a REST API's definition and so have no resource of their own in a template.

That is about projects of the kit's own shape; templates.yaml is about resources of a template that is run in place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor
from homeport.project.source.yaml_text import read_yaml

Fate = Literal["done", "made", "deployed", "rejected"]

FILES: Mapping[str, str] = {
    "AWS::ApiGateway": "apigateway.yaml",
    "AWS::DynamoDB": "dynamodb.yaml",
    "AWS::Lambda": "lambda.yaml",
    "AWS::WAFv2": "apigateway.yaml",
}
"""The file of the table that has the resource types which begin so."""

_PART = re.compile(r"[A-Za-z0-9.]+|[()]")


class Feature(NamedTuple):
    """A property of a resource type by its path (``SSESpecification.SSEType``), and what becomes of it."""

    path: str
    fate: Fate
    reason: str = ""
    hint: str = ""
    setting: str = ""
    proof: str = ""


class ResourceType(NamedTuple):
    """A resource type. ``fate`` is that of a resource in deploy/resources.yaml; ``features`` are by path."""

    name: str
    fate: Fate
    reason: str
    hint: str
    made_by: str
    in_definition: frozenset[str]
    features: Mapping[str, Feature]
    keys: Mapping[str, Feature]


class TemplateTypes(NamedTuple):
    """Resource types of a template that is run in place, by what becomes of them; templates.yaml lists them.

    A name that ends in ``::*`` stands for each type of a service. ``protecting`` has the reasons by type and property.
    ``of_services`` are made in the services that run beside the API.
    """

    emulated: frozenset[str]
    of_services: frozenset[str]
    of_no_effect: frozenset[str]
    of_pool: frozenset[str]
    protecting: Mapping[str, Mapping[str, str]]


def property_paths(text: str) -> Iterator[str]:
    """Yield the paths of properties: ``A(B C) D.E`` is ``A``, ``A.B``, ``A.C``, ``D.E``."""
    above, last = [""], ""
    for part in _PART.findall(text):
        if part == "(":
            above.append(f"{last}.")
        elif part == ")":
            above.pop()
        else:
            last = f"{above[-1]}{part}"
            yield last


def find_resource_type(name: str) -> ResourceType | None:
    """Return a resource type by its name, None if the table does not have it."""
    file = next((file for start, file in FILES.items() if name.startswith(start)), None)
    return _read(file).get(name) if file is not None else None


def resource_types() -> dict[str, ResourceType]:
    """Return the whole table by name."""
    return {name: found for file in dict.fromkeys(FILES.values()) for name, found in _read(file).items()}


@cache
def template_types() -> TemplateTypes:
    """Return what becomes of the resource types of a template."""
    written = _load("templates.yaml")
    emulated, of_services, of_no_effect, of_pool = (
        frozenset(written[name].split()) for name in ("emulated", "made in a service", "of no effect here", "of a pool")
    )
    return TemplateTypes(emulated, of_services, of_no_effect, of_pool, written["protecting"])


def words(name: str) -> tuple[str, ...]:
    """Return a list of words.yaml: words of AWS."""
    return tuple(word_table(name).split())


def word_table(name: str) -> Any:
    """Return an entry of words.yaml as it is written."""
    return _load("words.yaml")[name]


@cache
def _load(file: str) -> dict[str, Any]:
    loaded: dict[str, Any] = read_yaml((Path(__file__).parent / file).read_text(encoding="utf-8")).value
    return loaded


@cache
def _read(file: str) -> dict[str, ResourceType]:
    return {name: _resource_type(name, written) for name, written in _load(file).items()}


def _resource_type(name: str, written: Mapping[str, Any]) -> ResourceType:
    settings = written.get("settings", {})
    features = {
        feature.path: feature._replace(setting=settings.get(feature.path, "")) for feature in _features(written)
    }
    reason, _, hint = written.get("reason", "").partition("; ")
    return ResourceType(
        name,
        written["resource"],
        reason,
        hint,
        written.get("made by", ""),
        frozenset(property_paths(written.get("in the definition", ""))),
        features,
        {key: features[path] for key, path in written.get("keys", {}).items()},
    )


def _features(written: Mapping[str, Any]) -> Iterator[Feature]:
    # A container stands before its parts, and is what most of them are.
    for path in property_paths(written.get("made", "")):
        yield Feature(path, "made")
    for fate in ("rejected", "deployed"):
        for reason, properties in written.get(fate, {}).items():
            text, _, hint = reason.partition("; ")
            for path in property_paths(properties):
                yield Feature(path, fate, text, hint)
    for properties, proof in written.get("done", {}).items():
        for path in property_paths(properties):
            yield Feature(path, "done", proof=proof)


def check_keys(cursor: Cursor, known: Collection[str], subject: str) -> None:
    """Report every key of a map of settings that is not ``known``; one of AWS that the kit refuses by its reason."""
    for key, child in cursor.items():
        if key in known:
            continue
        if feature := _rejected_settings().get(key.lower()):
            child.error(f"{key}: {feature.reason}", feature.hint or "remove it")
        elif setting := _settings_elsewhere().get(key.lower()):
            child.error(f"{key} is not set in {subject}", f"set {setting}")
        else:
            child.error(f"unknown key {key!r} in {subject}", did_you_mean(key, known))


@cache
def _settings_elsewhere() -> dict[str, str]:
    """Return the places of settings, by their own names and by those of AWS in lower case."""
    features = [feature for found in resource_types().values() for feature in found.features.values()]
    placed = [feature for feature in features if "stages.yaml" in feature.setting or "x-homeport." in feature.setting]
    own = {feature.setting.partition(" in ")[0].lower(): feature.setting for feature in placed}
    return {**{feature.path.rpartition(".")[2].lower(): feature.setting for feature in placed}, **own}


@cache
def _rejected_settings() -> dict[str, Feature]:
    """Return the rejected properties of what the kit makes, by the words for them in lower case."""
    found: dict[str, Feature] = {}
    for resource_type in resource_types().values():
        words = dict(resource_type.keys)
        if resource_type.made_by:
            own = {path: it for path, it in resource_type.features.items() if it.fate == "rejected" and "." not in path}
            words = {**own, **words}
        for word, feature in words.items():
            found.setdefault(word.lower(), feature)
    return found
