"""Validators made from pieces of a spec, and factories for those pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Literal

from homeport.project.integrations import LambdaProxy
from homeport.project.model import Api, Operation, Parameter, RequestBody, Source
from homeport.project.validators.generate import generate_validators

SOURCE = Source("openapi.yaml", 7)
Place = Literal["path", "query", "header", "cookie"]


def make_api(
    *,
    parameters: Sequence[Parameter] = (),
    body: Mapping[str, Any] | None = None,
    required: bool = True,
    schemas: Mapping[str, Any] | None = None,
    title: str = "Things",
) -> Api:
    """An API of one operation ``act``; ``body`` maps media types to schemas."""
    operation = Operation(
        id="act",
        method="POST",
        path="/things",
        integration=LambdaProxy("act"),
        source=SOURCE,
        parameters=tuple(parameters),
        body=None if body is None else RequestBody(required, body),
    )
    return Api(title, "1", (operation,), {}, document={"components": {"schemas": dict(schemas or {})}})


def make_parameter(place: Place, schema: Mapping[str, Any], name: str = "p", **settings: Any) -> Parameter:
    """A parameter; one in the path is required."""
    return Parameter(name, place, **{"required": place == "path", "schema": schema, **settings})


def load_validators(api: Api) -> ModuleType:
    """The generated module, from its source alone."""
    module = ModuleType("_validators")
    exec(compile(generate_validators(api), "_validators.py", "exec"), module.__dict__)
    return module


def make_validators(**pieces: Any) -> ModuleType:
    """The validators of ``make_api(**pieces)``."""
    return load_validators(make_api(**pieces))
