"""The variables of functions, ``x-homeport: {environment: …}``, their values worked out for a stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.project.cloudformation.function_values import as_text
from homeport.project.cloudformation.policies import evaluate, known_names
from homeport.project.model import LOCAL_ACCOUNT, Api, Resources, Stage


def with_environments(api: Api, stage: Stage, resources: Resources) -> Api:
    """Return the API with the variables of its functions. One whose value only AWS knows is left out."""
    names = known_names(stage, resources, LOCAL_ACCOUNT)
    functions = {
        name: replace(function, environment=dict(_worked_out(function.written_environment, names)))
        if function.written_environment
        else function
        for name, function in api.functions.items()
    }
    return replace(api, functions=functions)


def _worked_out(written: Mapping[str, Any], names: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in written.items():
        found = evaluate(value, names)
        if found is not None and not isinstance(found, list):
            yield name, as_text(found)
