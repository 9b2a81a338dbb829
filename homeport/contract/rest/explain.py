"""The model of an API as lines for people: ``homeport test --explain``. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.rest.resource import ApiModel


def explain_model(model: ApiModel) -> Iterator[str]:
    """Yield what a run knows of an API, and why."""
    for resource in model.resources:
        yield f"{resource.name}: {resource.item}"
