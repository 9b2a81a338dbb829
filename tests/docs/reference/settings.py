"""The pages of keys: deploy/stages.yaml, ``x-homeport`` and API Gateway's extensions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import EitherValue, ElsewhereValue, ListValue, MapValue
from homeport.project.openapi.extension_keys import (
    AUTHORIZER_SECTION,
    CORS_CONFIGURATION,
    GATEWAY_RESPONSE,
    INTEGRATION_SECTION,
    JWT_CONFIGURATION,
    REQUEST_VALIDATOR,
    RESPONSE_TYPES,
)
from homeport.project.openapi.extensions import EXTENSIONS
from homeport.project.openapi.policy_statement import STATEMENT, StatementValue
from homeport.project.openapi.x_homeport_keys import DOCUMENT, FUNCTION, OPERATION, PATH
from homeport.project.stages.keys import FILE, STAGE
from tests.docs.reference.markdown import anchor, page, table

_HEAD = ("Key", "Value", "Default", "Meaning")


def stages_page() -> str:
    """Return the page of deploy/stages.yaml."""
    lead = """
Where an API lives, and how. A stage starts from `defaults`, key by key; `null` takes a default away. `${NAME}` in a
text stands for a variable of the shell or of `.env`, and `$${NAME}` for the text itself. An unknown key is an error
that names the nearest. The stage `local` is what `homeport dev` runs, and needs no entry.
"""
    return page("deploy/stages.yaml", lead, _section("The file", FILE, {}), _sections("A stage", STAGE))


def x_homeport_page() -> str:
    """Return the page of ``x-homeport``."""
    lead = """
`x-homeport` in `openapi.yaml` has what AWS keeps elsewhere: the settings of functions, and what contract tests should
know. It may stand in an operation, beside an authorizer, in a path, and at the top of the document.
"""
    return page(
        "x-homeport",
        lead,
        _sections("Of an operation", OPERATION),
        _section("Beside an authorizer", FUNCTION, {}, brief=True),
        _section("Of a path", PATH, {}),
        _section("Of the document", DOCUMENT, {}),
        ["A function of the document has the keys of an operation, without `function`, `resource` and `throttle`.", ""],
    )


def extensions_page() -> str:
    """Return the page of API Gateway's extensions."""
    lead = """
[AWS's extensions of OpenAPI](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html)
in `openapi.yaml`: the places where each may stand, and what becomes of it. All others are errors. Integrations are
described [on a page of their own](../integrations.md).
"""
    rows = [
        (
            f"`{name}`",
            ", ".join(it.places),
            f"refused: {it.unsupported}; {it.hint}" if it.unsupported else it.about,
        )
        for name, it in EXTENSIONS.items()
    ]
    types = ", ".join(f"`{name}`" for name in RESPONSE_TYPES)
    return page(
        "API Gateway's extensions",
        lead,
        table(("Extension", "Place", "Meaning"), rows),
        _section("x-amazon-apigateway-integration", INTEGRATION_SECTION, {}),
        _section("x-amazon-apigateway-authorizer", AUTHORIZER_SECTION, {}),
        _section("jwtConfiguration", JWT_CONFIGURATION, {}),
        _section("x-amazon-apigateway-cors", CORS_CONFIGURATION, {}),
        _section("x-amazon-apigateway-request-validators", REQUEST_VALIDATOR, {}),
        _section("x-amazon-apigateway-gateway-responses", GATEWAY_RESPONSE, {}),
        [f"The types are {types}.", ""],
    )


def _sections(heading: str, section: Section) -> Iterator[str]:
    """Yield a section and all that are inside of it, each below a heading."""
    inside = dict(_inner("", section))
    headings = {id(one): path for path, one in inside.items()}
    yield from _section(heading, section, headings)
    for path, one in inside.items():
        if headings[id(one)] == path:
            yield from _section(path, one, headings)


def _inner(path: str, section: Section) -> Iterator[tuple[str, Section]]:
    for key in section.keys:
        for suffix, found in _sections_of(key.value):
            place = f"{path}{key.name}{suffix}"
            yield place, found
            yield from _inner(f"{place}.", found)


def _sections_of(value: Any) -> Iterator[tuple[str, Section]]:
    """Yield the sections that a value holds, each with the part of its path that stands for names and positions."""
    match value:
        case Section():
            yield "", value
        case StatementValue():
            yield "", STATEMENT
        case MapValue():
            yield from ((f".NAME{suffix}", found) for suffix, found in _sections_of(value.of))
        case ListValue():
            yield from ((f"[]{suffix}", found) for suffix, found in _sections_of(value.of))
        case EitherValue():
            yield from _sections_of(value.of_kind)
            yield from _sections_of(value.otherwise)


def _section(heading: str, section: Section, headings: dict[int, str], *, brief: bool = False) -> Iterator[str]:
    yield f"## {heading}"
    yield ""
    if brief:
        names = ", ".join(f"`{name}`" for name in section.names)
        yield from ("The keys " + names + ", as those of an operation.", "")
        return
    keys = [key for key in section.keys if not isinstance(key.value, ElsewhereValue)]
    yield from table(_HEAD, ((f"`{key.name}`", _type(key, headings), _default(key), _meaning(key)) for key in keys))


def _type(key: SectionKey, headings: dict[int, str]) -> str:
    found = next(iter(_sections_of(key.value)), None)
    words = key.value.words()
    if found is None or id(found[1]) not in headings:
        return words
    return f"{words}: [keys](#{anchor(headings[id(found[1])])})"


def _default(key: SectionKey) -> str:
    if key.needed:
        return "needed"
    if key.absent:
        return key.absent
    match key.default:
        case None:
            return ""
        case bool():
            return f"`{str(key.default).lower()}`"
        case float() if key.default.is_integer():
            return f"`{int(key.default)}`"
        case _:
            return f"`{key.default}`"


def _meaning(key: SectionKey) -> str:
    flavor = {"http": " HTTP APIs alone.", "rest": " REST APIs alone.", "": ""}[key.flavor]
    source = f" [AWS]({key.source})" if key.source else ""
    return f"{key.about}{flavor}{source}"
