"""The variables of a mapping template, and its overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.gateway.mapping.input import Input
from homeport.gateway.mapping.util import Util
from homeport.vtl import DEFAULT_LIMITS, RenderLimits, Template
from homeport.vtl.limits import Meter


class ContextMap(dict[object, object]):
    """``$context`` and the maps in it: recorded with API Gateway, they print as nothing."""

    def print_parts(self, meter: Meter) -> Iterator[str]:
        """Yield nothing."""
        return iter(())


def _request_override() -> dict[str, Any]:
    return ContextMap(path=ContextMap(), header=ContextMap(), querystring=ContextMap())  # type: ignore[return-value]


def _response_override() -> dict[str, Any]:
    return ContextMap(header=ContextMap())  # type: ignore[return-value]


@dataclass(slots=True)
class TemplateScope:
    """The values that a template sees.

    ``path``, ``querystring`` and ``header`` are ``$input.params()``: decoded, headers with their names as the client
    wrote them. ``context`` is ``$context`` without the overrides. A template fills ``request_override`` (``path``,
    ``header``, ``querystring``) and ``response_override`` (``header``, ``status``); what a request template leaves
    there, the response template finds: hand both on.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
    """

    body: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    querystring: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    request_override: dict[str, Any] = field(default_factory=_request_override)
    response_override: dict[str, Any] = field(default_factory=_response_override)

    def variables(self) -> dict[str, object]:
        """Return the variables by the names that templates have for them."""
        context = _context_map(self.context)
        context["requestOverride"] = self.request_override
        context["responseOverride"] = self.response_override
        parameters = {"path": self.path, "querystring": self.querystring, "header": self.header}
        return {
            "input": Input(self.body, parameters),
            "util": Util(),
            "context": context,
            "stageVariables": dict(self.stage_variables),
        }


def render(template: Template, scope: TemplateScope, limits: RenderLimits = DEFAULT_LIMITS) -> str:
    """Return the text of a template. Raises BodyNotReadable, TemplateError and LimitExceeded."""
    return template.render(scope.variables(), limits)


def _context_map(values: Mapping[str, Any]) -> ContextMap:
    """Return a copy that a template may change."""
    return ContextMap(
        {key: _context_map(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    )
