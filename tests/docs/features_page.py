"""Write docs/features.md from the table of features: ``python -m tests.docs.features_page``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from homeport.project.features import Feature, ResourceType, resource_types

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
_HEAD = """\
# Features of AWS

What becomes of each property that CloudFormation has for API Gateway, Lambda and DynamoDB. This page is written by
`python -m tests.docs.features_page` from `homeport/project/features/`, and a test holds that table against AWS's own
resource schemas, property by property.

- **done**: emulated here and deployed;
- **made**: the kit sets it in the stack by itself;
- **deployed**: deployed as it is written, and named by `homeport dev` and `homeport check`, since it is not emulated;
- **rejected**: it cannot be set; `homeport check` says so at the line where it is tried.

A resource of deploy/resources.yaml whose type is not on this page is deployed, and named as not emulated.
"""
_RESOURCE = {
    "done": "In deploy/resources.yaml: emulated and deployed.",
    "deployed": "In deploy/resources.yaml: deployed, not emulated.",
    "rejected": "In deploy/resources.yaml: an error.",
}


def features_page() -> str:
    """Return the text of the page."""
    sections = ("\n".join(_section(found)) for _, found in sorted(resource_types().items()))
    return "\n".join((_HEAD, *sections))


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
