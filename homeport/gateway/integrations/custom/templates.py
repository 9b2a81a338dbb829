"""The mapping templates of an integration: compiled once, chosen by media type, rendered for a call."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import essence
from homeport.gateway.integrations.custom.values import CallValues
from homeport.gateway.mapping import TemplateScope, render
from homeport.project.integrations.rest_api import Templates
from homeport.vtl import LimitExceeded, Template, TemplateError, parse

JSON = "application/json"


@dataclass(slots=True)
class Overrides:
    """Values that templates set on ``$context.requestOverride`` and ``responseOverride``, for both templates of a call.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
    """

    request: dict[str, Any] = field(default_factory=lambda: TemplateScope().request_override)
    response: dict[str, Any] = field(default_factory=lambda: TemplateScope().response_override)

    def request_values(self, place: str) -> dict[str, str]:
        """Return the parameters of a place (``header``) that were overridden; several values are a comma list."""
        return _texts(self.request.get(place))

    def response_headers(self) -> dict[str, str]:
        """Return the headers that were overridden."""
        return _texts(self.response.get("header"))

    def response_status(self) -> int | None:
        """Return the status that was set, None for none or one that can't end an exchange."""
        status = self.response.get("status")
        is_status = isinstance(status, int) and not isinstance(status, bool) and 200 <= status <= 599
        return status if is_status else None


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A mapping template; ``fault`` says why it can't be rendered, ``""`` where it can."""

    media_type: str
    template: Template | None
    fault: str = ""

    def render(self, body: str, values: CallValues, overrides: Overrides) -> str:
        """Return the template's text. Raises GatewayError (API_CONFIGURATION_ERROR), and BodyNotReadable."""
        if self.template is None:
            raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, self.fault)
        scope = TemplateScope(
            body=body,
            path=values.path,
            querystring=values.single_query,
            header=values.single_headers,
            context=values.context,
            stage_variables=values.stage_variables,
            request_override=overrides.request,
            response_override=overrides.response,
        )
        try:
            return render(self.template, scope)
        except (TemplateError, LimitExceeded) as error:
            reason = f"the template for {self.media_type} can't be rendered: {error}"
            raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason) from error


class CompiledTemplates:
    """The templates of an integration's request, or of one of its responses."""

    def __init__(self, templates: Templates, unknown: Container[str] = ()) -> None:
        """Compile the templates; those of the media types ``unknown`` fail each call, for only AWS knows them."""
        self._by_type = {
            essence(media_type): _unknown(media_type) if media_type in unknown else _compile(media_type, text)
            for media_type, text in templates
        }

    def __bool__(self) -> bool:
        return bool(self._by_type)

    def of(self, media_type: str) -> CompiledTemplate | None:
        """Return the template of a media type, whose parameters do not count; None without one."""
        return self._by_type.get(essence(media_type))

    def of_accepted(self, media_type: str | None) -> CompiledTemplate | None:
        """Return the template that a client gets: of what it accepts, else the one for JSON, else the first one."""
        chosen = self.of(media_type) if media_type is not None else None
        return chosen or self._by_type.get(JSON) or next(iter(self._by_type.values()), None)


def _compile(media_type: str, text: str) -> CompiledTemplate:
    try:
        return CompiledTemplate(media_type, parse(text))
    except TemplateError as error:
        return CompiledTemplate(media_type, None, f"the template for {media_type} is faulty: {error}")


def _unknown(media_type: str) -> CompiledTemplate:
    return CompiledTemplate(media_type, None, f"only AWS knows the template for {media_type}")


def _texts(values: Any) -> dict[str, str]:
    if not isinstance(values, Mapping):
        return {}
    return {str(name): _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
