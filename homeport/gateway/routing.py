"""The router: a tree of the API's routes, made once; each request takes one walk down it.

Slashes before the stage collapse; those after it do for the match, not in the full path.

HTTP APIs prefer a route without a greedy variable to any with one, then compare segment by segment from the left:
static, ``{param}``, ``{proxy+}``; ``$default`` takes the rest. An empty last segment (a trailing slash) is a segment
as any other: it matches ``{param}`` and ``{proxy+}``, not a route that ends before it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html

REST APIs walk their tree of resources: static, ``{param}``, ``{proxy+}`` at each level. A resource that lacks the
method or the child does not end the search: the next sibling is tried. Trailing slashes are ignored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from homeport.gateway.auth.sigv4 import SignatureError, read_signature
from homeport.gateway.context import Exchange, Match, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.uri import percent_decode, split_target
from homeport.project.model import Flavor, Operation

# The methods that ANY stands for; API Gateway knows no others.
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


@dataclass(frozen=True, slots=True)
class _Route:
    operation: Operation
    names: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    static: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    methods: dict[str, _Route] = field(default_factory=dict)
    greedy: dict[str, _Route] = field(default_factory=dict)


Found = tuple[_Route, list[str]]


class ApiMapping(NamedTuple):
    """The mapping of a custom domain to the stage; ``base_path`` begins with a slash, or is ``""``.

    API Gateway takes the base path away, and the stage is not in the path.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
    """

    domain: str
    base_path: str

    def is_host(self, host: str) -> bool:
        """Return whether a host is the domain; ``*.example.com`` stands for one label before the rest."""
        if self.domain.startswith("*."):
            return bool(host) and host.lower().partition(".")[2] == self.domain[2:]
        return host.lower() == self.domain

    def path_below(self, path: str) -> str | None:
        """Return the part of a path after the base path, None if it is not below it."""
        if path == self.base_path or path.startswith(f"{self.base_path}/"):
            return _one_slash(path[len(self.base_path) :]) or "/"
        return None


class Router:
    """The routes of one API in one stage."""

    def __init__(
        self, operations: Iterable[Operation], flavor: Flavor, stage: str, mapping: ApiMapping | None = None
    ) -> None:
        """Build the tree. ``stage`` is API Gateway's stage name, ``$default`` for none in the path."""
        self._flavor = flavor
        self._mapping = mapping
        self._prefix = "" if stage == "$default" else f"/{stage}"
        self._root = _Node()
        self._default: _Route | None = None
        for operation in operations:
            self._add(operation)

    def locate(self, target: str) -> tuple[str, str]:
        """Return the path of a request target without the stage, and with it. Raises GatewayError (NO_STAGE)."""
        path = _one_slash(split_target(target)[0])
        return _one_slash(self._without_stage(path)) or "/", path or "/"

    def match(self, method: str, target: str, host: str = "") -> Match | None:
        """Return the route of a request, None if there is none. Raises GatewayError (NO_STAGE).

        A request reaches the custom domain by its host, or at any other host by a route below its base path.
        """
        mapping = self._mapping
        if mapping is None:
            return self._match(method, *self.locate(target))
        full_path, at_domain = _one_slash(split_target(target)[0]), mapping.is_host(host)
        path = mapping.path_below(full_path) if at_domain or mapping.base_path else None
        if path is None and at_domain:
            raise GatewayError(GatewayResponseType.NO_STAGE, f"the path is not below {mapping.base_path}/")
        found = self._match(method, path, full_path, mapping.base_path) if path is not None else None
        if found is not None or at_domain or (path is not None and not self._has_stage(full_path)):
            return found
        return self._match(method, *self.locate(target))

    def _match(self, method: str, path: str, full_path: str, base_path: str | None = None) -> Match | None:
        found = self._find(method, path)
        if found is None:
            return None
        route, values = found
        return Match(route.operation, dict(zip(route.names, values, strict=True)), path, full_path, base_path)

    def _has_stage(self, path: str) -> bool:
        return not self._prefix or path == self._prefix or path.startswith(f"{self._prefix}/")

    def _without_stage(self, path: str) -> str:
        if self._has_stage(path):
            return path[len(self._prefix) :]
        raise GatewayError(GatewayResponseType.NO_STAGE, f"the path does not start with the stage, {self._prefix}/")

    def _add(self, operation: Operation) -> None:
        if operation.path == "/$default":
            self._default = _Route(operation, ())
            return
        names: list[str] = []
        node = self._root
        greedy = False
        for segment in _segments(operation.path, self._flavor):
            if not (segment.startswith("{") and segment.endswith("}")):
                node = node.static.setdefault(percent_decode(segment), _Node())
                continue
            greedy = segment.endswith("+}")
            names.append(segment[1:-2] if greedy else segment[1:-1])
            if not greedy:
                node.parameter = node.parameter or _Node()
                node = node.parameter
        methods = node.greedy if greedy else node.methods
        methods[operation.method] = _Route(operation, tuple(names))

    def _find(self, method: str, path: str) -> Found | None:
        if method not in METHODS or not path.startswith("/"):
            return None
        segments = _segments(path, self._flavor)
        if self._flavor == "rest":
            return _walk(self._root, segments, 0, method, True)
        found = _walk(self._root, segments, 0, method, False) or _walk(self._root, segments, 0, method, True)
        if found is None and self._default is not None:
            return self._default, []
        return found


def match(router: Router) -> Step:
    """Return the step that finds the route; an exchange without one passes, since a CORS preflight needs none.

    The step raises GatewayError (NO_STAGE).
    """

    def step(exchange: Exchange) -> Exchange:
        found = router.match(exchange.request.method, exchange.request.target, exchange.context.domain_name)
        return Exchange(exchange.request, exchange.context, found, exchange.trace)

    return step


def require_route(exchange: Exchange) -> Exchange:
    """Reject a request without a route: raises GatewayError (NO_ROUTE)."""
    exchange.require_match()
    return exchange


def require_rest_route(exchange: Exchange) -> Exchange:
    """Reject a request without a route; a REST API reads its Authorization header first, which is no signature often.

    Raises GatewayError (NO_ROUTE, INCOMPLETE_SIGNATURE).
    """
    if exchange.match is None and exchange.request.header("authorization") is not None:
        try:
            read_signature(exchange.request)
        except SignatureError as error:
            raise GatewayError(
                GatewayResponseType.INCOMPLETE_SIGNATURE, "there is no route", message=str(error)
            ) from None
    return require_route(exchange)


def _one_slash(path: str) -> str:
    # Recorded for REST APIs; for HTTP APIs it is observed that `//test` reaches `GET /test`.
    return "/" + path.lstrip("/") if path.startswith("/") else path


def _segments(path: str, flavor: Flavor) -> list[str]:
    if flavor == "http":
        return path[1:].split("/")
    trimmed = path[1:].rstrip("/")
    return trimmed.split("/") if trimmed else []


def _walk(node: _Node, segments: list[str], depth: int, method: str, greedy: bool) -> Found | None:
    """Return the best route under ``node`` for the rest of the path, with the values of its variables.

    A node is reached by one path only, so a walk visits each at most once, and none deeper than the routes are.
    """
    if depth == len(segments):
        route = node.methods.get(method) or node.methods.get("ANY")
        return (route, []) if route else None
    segment = segments[depth]
    child = node.static.get(percent_decode(segment)) if node.static else None
    found = _walk(child, segments, depth + 1, method, greedy) if child else None
    if found is None and node.parameter is not None:
        found = _walk(node.parameter, segments, depth + 1, method, greedy)
        found = (found[0], [segment, *found[1]]) if found else None
    if found is None and greedy and node.greedy:
        route = node.greedy.get(method) or node.greedy.get("ANY")
        if route:
            return route, ["/".join(segments[depth:])]
    return found
