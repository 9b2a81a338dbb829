"""The variables of a mapping template, and its overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.gateway.mapping.input import Input
from homeport.gateway.mapping.util import Util
from homeport.vtl import DEFAULT_LIMITS, RenderLimits, Template, TemplateError
from homeport.vtl.limits import Meter


class ContextMap(dict[object, object]):
    """``$context`` and the maps in it: recorded with API Gateway, they print as nothing."""

    def print_parts(self, meter: Meter) -> Iterator[str]:
        """Yield nothing."""
        return iter(())


class OverrideMap(ContextMap):
    """A map of overrides. A template that overrides a parameter twice fails, as AWS documents.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
    """

    def __init__(self, *groups: str) -> None:
        super().__init__({group: OverrideMap() for group in groups})
        self._groups = groups
        self._overridden: set[object] = set()

    def __setitem__(self, key: object, value: object) -> None:
        name = key.lower() if isinstance(key, str) else key
        if name in self._overridden:
            raise TemplateError(f"the template overrides {key} twice, which is answered with 500 on AWS too")
        self._overridden.add(name)
        super().__setitem__(key, value)

    def begin_template(self) -> None:
        """Forget what an earlier template of the call has overridden."""
        self._overridden.clear()
        for group in self._groups:
            entries = self.get(group)
            if isinstance(entries, OverrideMap):
                entries.begin_template()


def _request_override() -> dict[str, Any]:
    return OverrideMap("path", "header", "querystring")  # type: ignore[return-value]


def _response_override() -> dict[str, Any]:
    return OverrideMap("header")  # type: ignore[return-value]


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
        for overrides in (self.request_override, self.response_override):
            if isinstance(overrides, OverrideMap):
                overrides.begin_template()
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
