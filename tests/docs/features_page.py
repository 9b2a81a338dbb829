"""Write docs/features.md from the table of features: ``python -m tests.docs.features_page``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from homeport.project.features import Feature, ResourceType, resource_types, template_types

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
_HEAD = """\
# Features of AWS

What becomes of each property that CloudFormation has for API Gateway, Lambda and DynamoDB. This page is written by
`python -m tests.docs.features_page` from `homeport/project/features/`, and a test compares that table with AWS's own
resource schemas, property by property.

- **done**: emulated here and deployed;
- **made**: the kit sets it in the stack by itself;
- **deployed**: deployed as it is written, and named by `homeport dev` and `homeport check`, since it is not emulated;
- **rejected**: it cannot be set; `homeport check` says so at the line where it is tried.

A resource of deploy/resources.yaml whose type is not on this page is deployed, and named as not emulated.

What stands below is about projects with an openapi.yaml and deploy/resources.yaml. A template that runs in place has
other rules, at the end of this page.
"""
_TEMPLATES = """\
## Templates that run in place

Each type of resources that is not emulated is named once at start, with the functions that refer to it and those that
it would invoke. Properties of tables that a program would miss are also named: imports, policies, Kinesis streams and
vector indexes.

| Types | |
|---|---|
"""
_RESOURCE = {
    "done": "In deploy/resources.yaml: emulated and deployed.",
    "deployed": "In deploy/resources.yaml: deployed, not emulated.",
    "rejected": "In deploy/resources.yaml: an error.",
}


def features_page() -> str:
    """Return the text of the page."""
    sections = ("\n".join(_section(found)) for _, found in sorted(resource_types().items()))
    return "\n".join((_HEAD, *sections, *_templates()))


def _templates() -> Iterator[str]:
    """Yield the section about templates."""
    types = template_types()
    yield _TEMPLATES.rstrip("\n")
    yield f"| {_codes(types.emulated)} | emulated |"
    yield f"| {_codes(types.of_services)} | made in the services that run beside the API |"
    yield f"| {_codes(types.of_no_effect)} | not named: they change no answer |"
    yield f"| {_codes(types.of_pool)} | named if no authorizer takes the pool's tokens, or a function refers to it |"
    for kind, reasons in types.protecting.items():
        for path, reason in reasons.items():
            yield f"| `{kind}` with `{path}` | named: {reason} |"
    yield ""


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _section(found: ResourceType) -> Iterator[str]:
    yield f"## {found.name}\n"
    made_by = f" The kit makes it from {found.made_by}." if found.made_by else ""
    yield f"{_RESOURCE[found.fate]}{made_by}\n"
    yield "| Property | | |"
    yield "|---|---|---|"
    features = sorted(found.features.values(), key=lambda it: (it.fate, _remark(it), it.path))
    for (fate, remark), group in groupby(features, key=lambda it: (it.fate, _remark(it))):
        yield f"| {', '.join(f'`{path}`' for path in _outermost([it.path for it in group]))} | {fate} | {remark} |"
    yield ""


def _remark(feature: Feature) -> str:
    if feature.reason:
        return f"{feature.reason}; {feature.hint}" if feature.hint else feature.reason
    return feature.setting


def _outermost(paths: list[str]) -> list[str]:
    """Return the paths that are no part of another of them."""
    return [path for path in paths if path.rpartition(".")[0] not in paths]


if __name__ == "__main__":
    PAGE.write_text(features_page(), encoding="utf-8")
