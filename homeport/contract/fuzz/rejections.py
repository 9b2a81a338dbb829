"""A run that authorization or a throttle kept out: none of its requests reached what the contract promises. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from homeport.contract.fuzz.results import Statistics
from homeport.errors import HomeportError
from homeport.issuer.trust import trust_of
from homeport.project.model import Authorizer
from homeport.project.project import Project

_THROTTLED = 429
_REJECTED = frozenset((401, 403, _THROTTLED))
"""API Gateway's own answers to a request without the right credentials, and to one too many.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

_MOST_NAMED = 5


def rejection_lines(statistics: Statistics, project: Project) -> Iterator[str]:
    """Yield why a run is no pass and what to do, where every answer was a rejection or none came; nothing otherwise."""
    by_operation: defaultdict[str, set[int]] = defaultdict(set)
    for operation, status in statistics.statuses:
        by_operation[operation].add(status)
    statuses = set().union(*by_operation.values())
    if not statuses:
        yield "not a pass: no operation of the document was asked"
        return
    if not statuses <= _REJECTED:
        rejected = [operation for operation, found in by_operation.items() if found <= _REJECTED]
        if rejected:
            yield f"not tested, every answer was a rejection ({_codes(statuses & _REJECTED)}): {list_names(rejected)}"
        return
    count = sum(statistics.statuses.values())
    yield f"not a pass: each of the {count} answers was a rejection ({_codes(statuses)}), nothing behind it was tested"
    if statuses == {_THROTTLED}:
        yield "  raise the throttle or the quota of the stage or of the key's usage plan, or test a stage without them"
        return
    for hint in dict.fromkeys(_hints(project)):
        yield f"  {hint}"


def is_rejected(statistics: Statistics) -> bool:
    """Return whether a run is no pass: nothing answered, or every answer was a rejection."""
    return {status for _, status in statistics.statuses} <= _REJECTED


def list_names(operations: list[str]) -> str:
    """Return some operations by their names, and how many more there are."""
    more = len(operations) - _MOST_NAMED
    return ", ".join(operations[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _codes(statuses: set[int]) -> str:
    return " or ".join(map(str, sorted(statuses)))


def _hints(project: Project) -> Iterator[str]:
    api = project.api
    for authorizer in api.used_authorizers.values():
        yield _hint(authorizer, project)
    if any(operation.api_key_required for operation in api.operations):
        yield "give it an API key: --header 'x-api-key: KEY'"
    if not api.used_authorizers:
        yield "give it what the API asks for: --header 'NAME: VALUE'"


def _hint(authorizer: Authorizer, project: Project) -> str:
    if authorizer.kind in ("request", "token"):
        return (
            f"give it what {authorizer.name} lets in: --header 'NAME: VALUE', or [auth.openapi.{authorizer.name}] in "
            "tests/contract/schemathesis.toml"
        )
    try:
        trust = trust_of(authorizer, project.stage)
    except HomeportError:
        return f"give it a token for {authorizer.name}: --header 'Authorization: Bearer TOKEN'"
    if trust.is_local:
        return f'give it a token for {authorizer.name}: --header "Authorization: Bearer $(homeport token)"'
    return f"give it a token of {trust.issuers[0]} for {authorizer.name}: --header 'Authorization: Bearer TOKEN'"
