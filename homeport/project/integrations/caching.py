"""Response caching of REST APIs: what a stage caches, and the parameters by which an integration's responses differ.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from homeport.project.integrations.mapping_expressions import MappingExpression

CACHE_SIZES: Mapping[str, float] = {
    **{"0.5": 0.02, "1.6": 0.038, "6.1": 0.2, "13.5": 0.25},
    **{"28.4": 0.5, "58.2": 1.0, "118": 1.9, "237": 3.8},
}
"""The sizes of a cache in GB, with the dollars that an hour costs, used or not.

https://aws.amazon.com/api-gateway/pricing/, us-east-1, January 2026.
"""

LONGEST_TTL = 3600
DEFAULT_TTL = 300

UnauthorizedStrategy = Literal["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"]
UNAUTHORIZED_STRATEGIES: tuple[UnauthorizedStrategy, ...] = (
    "FAIL_WITH_403",
    "SUCCEED_WITH_RESPONSE_HEADER",
    "SUCCEED_WITHOUT_RESPONSE_HEADER",
)


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """Caching of the responses of some methods, as settings of methods have it; the defaults are AWS's.

    ``ttl`` is seconds, 0 for no caching. ``authorized`` is ``requireAuthorizationForCacheControl``: whether callers
    need a right to it for a fresh response by ``Cache-Control: max-age=0``; ``unauthorized`` is what the others get.
    ``encrypted`` has no meaning on this machine.
    https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html
    """

    enabled: bool = False
    ttl: int = DEFAULT_TTL
    encrypted: bool = False
    authorized: bool = True
    unauthorized: UnauthorizedStrategy = "SUCCEED_WITH_RESPONSE_HEADER"

    @property
    def caches(self) -> bool:
        """True where responses are kept at all."""
        return self.enabled and self.ttl > 0


@dataclass(frozen=True, slots=True)
class StageCache:
    """The cache of a stage. ``size`` is GB, a key of ``CACHE_SIZES``.

    ``methods`` are the settings of methods: by operationId, by route key (``GET /items``), and with ``*`` in place of
    the method or the path (``* /items``, ``* *``).
    """

    size: str
    methods: Mapping[str, CacheSettings] = field(default_factory=dict)

    def settings_of(self, method: str, path: str, operation: str = "") -> CacheSettings:
        """Return the settings of a method: of settings for all methods, only GET gets the caching."""
        names = [operation, f"{method} {path}", f"{method} *"]
        if method == "GET":
            names[2:2] = [f"* {path}"]
            names.append("* *")
        return next((self.methods[name] for name in names if name in self.methods), CacheSettings())


@dataclass(frozen=True, slots=True)
class CacheKey:
    """The parameters by whose values the cached responses of an integration differ, and its namespace.

    ``parameters`` are their names as written (``method.request.querystring.page``) with the expressions of their
    values. Integrations with one ``namespace`` share their cached responses; ``""`` is the method's own.
    """

    parameters: tuple[tuple[str, MappingExpression], ...] = ()
    namespace: str = ""

    @property
    def names(self) -> list[str]:
        """The parameters as they are written."""
        return [name for name, _ in self.parameters]


NO_CACHE_KEY = CacheKey()
