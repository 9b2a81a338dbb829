"""CORS of ``http`` events: the OPTIONS methods that answer preflight requests.

https://www.serverless.com/framework/docs/providers/aws/events/apigateway#enabling-cors
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from homeport.project.serverless.rest_api.http_event import HttpEvent
from homeport.project.serverless.rest_api.paths import RestPaths
from homeport.project.serverless.service import Content, ServiceTemplate, is_set, text_of
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_HEADERS = (
    *("Content-Type", "X-Amz-Date", "Authorization", "X-Api-Key"),
    *("X-Amz-Security-Token", "X-Amz-User-Agent", "X-Amzn-Trace-Id"),
)
_ALL_METHODS = "DELETE,GET,HEAD,PATCH,POST,PUT"


class PathCors(NamedTuple):
    """The CORS settings of an event, or those of all events of a path."""

    origin: str
    origins: tuple[str, ...]
    headers: tuple[str, ...]
    methods: tuple[str, ...]
    credentials: bool
    max_age: str
    cache_control: str


def read_cors(event: HttpEvent) -> PathCors | None:
    """Return the CORS settings of an event, None if it has none."""
    cors = event.settings.at("cors")
    if not is_set(cors):
        return None
    settings = cors if isinstance(cors.value, dict) else cors._replace(value={})
    origins = tuple(_texts(settings.at("origins")))
    methods = [*(_texts(settings.at("methods")) or ["OPTIONS"])]
    methods += [word for word in ("OPTIONS", event.method) if word not in methods]
    return PathCors(
        origin=text_of(settings.at("origin")) or ("" if origins else "*"),
        origins=origins,
        headers=tuple(_texts(settings.at("headers"))) or _HEADERS,
        methods=tuple(methods),
        credentials=is_set(settings.at("allowCredentials")),
        max_age=text_of(settings.at("maxAge")),
        cache_control=text_of(settings.at("cacheControl")),
    )


def allowed_origin(cors: PathCors) -> str:
    """Return the origins that a response of a custom integration names."""
    return ",".join(cors.origins) or cors.origin


def add_preflights(events: Sequence[HttpEvent], paths: RestPaths, api: Any, template: ServiceTemplate) -> None:
    """Add the OPTIONS method of each path of which an event has CORS."""
    found: dict[str, PathCors] = {}
    places: dict[str, Cursor] = {}
    for event in events:
        cors = read_cors(event)
        if cors is not None:
            found[event.path] = _join(cors, found[event.path]) if event.path in found else cors
            places.setdefault(event.path, event.settings.at("cors"))
    for path, cors in found.items():
        at = places[path]
        place = paths.resource(path, at)
        properties = {
            "AuthorizationType": "NONE",
            "HttpMethod": "OPTIONS",
            "ResourceId": place.id,
            "RestApiId": api,
            **_preflight(cors),
        }
        template.add(f"ApiGatewayMethod{place.name}Options", "AWS::ApiGateway::Method", properties, at)


def _join(newer: PathCors, older: PathCors) -> PathCors:
    """Return the settings of two events of a path as one: lists joined, of single values the last."""
    return PathCors(
        origin=newer.origin,
        origins=_union(newer.origins, older.origins),
        headers=_union(newer.headers, older.headers),
        methods=_union(newer.methods, older.methods),
        credentials=newer.credentials or older.credentials,
        max_age=newer.max_age or older.max_age,
        cache_control=newer.cache_control or older.cache_control,
    )


def _preflight(cors: PathCors) -> Content:
    origins = cors.origins or (tuple(part.strip() for part in cors.origin.split(",")) if "," in cors.origin else ())
    methods = ",".join(cors.methods)
    headers = {
        "Access-Control-Allow-Origin": origins[0] if origins else cors.origin,
        "Access-Control-Allow-Headers": ",".join(cors.headers),
        "Access-Control-Allow-Methods": methods.replace("ANY", _ALL_METHODS),
    }
    if cors.credentials:
        headers["Access-Control-Allow-Credentials"] = "true"
    if cors.max_age:
        headers["Access-Control-Max-Age"] = cors.max_age
    if cors.cache_control:
        headers["Cache-Control"] = cors.cache_control
    response = {
        "StatusCode": "200",
        "ResponseParameters": {f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()},
        "ResponseTemplates": {"application/json": _echo_template(origins)},
    }
    return {
        "MethodResponses": [
            {"StatusCode": "200", "ResponseParameters": {f"method.response.header.{name}": True for name in headers}}
        ],
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": "{statusCode:200}"},
            "ContentHandling": "CONVERT_TO_TEXT",
            "IntegrationResponses": [response],
        },
    }


def _echo_template(origins: Sequence[str]) -> str:
    """Return a template that answers with the origin of the request where it is one of several."""
    if not origins:
        return ""
    patterns = [origin.replace(".", "[.]").replace("*", ".+") for origin in origins]
    test = " || ".join(f'$origin.matches("{pattern}")' for pattern in patterns)
    return (
        '#set($origin = $input.params("Origin"))\n#if($origin == "")#set($origin = $input.params("origin"))#end\n'
        f"#if({test})#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)#end"
    )


def _texts(cursor: Cursor) -> list[str]:
    if isinstance(cursor.value, str):
        return [cursor.value]
    return [text_of(entry) for entry in cursor.entries() if text_of(entry)]


def _union(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def placed_origin(cors: PathCors, at: Cursor) -> Placed:
    """Return the origin as a value of a mapping."""
    return Placed(f"'{allowed_origin(cors)}'", at)
