"""Hooks of schemathesis, which loads this module by the name in SCHEMATHESIS_HOOKS.

They expand API Gateway's own kinds of routes, give each request its credentials, keep remote data unharmed, and add the
check ``undeclared_method``. With two users, schemathesis' ``object_level_authorization`` asks as one of them for a
resource that the other created.

https://schemathesis.readthedocs.io/en/stable/guides/extending/
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import requests.auth
import schemathesis
from schemathesis import AuthContext, HookContext
from schemathesis.auths import AuthProvider
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario
from schemathesis.wfc.escalation import EscalatingAuthProvider

from homeport.contract.created_resources import (
    CreatedResource,
    id_names,
    is_own,
    new_ids,
    note_created,
    own_paths,
    replace_ids,
    unknown_id,
)
from homeport.contract.fuzz.credentials import CREDENTIALS_VARIABLE, Credentials, Users, users_from_json
from homeport.contract.fuzz.operations import expand_paths, is_routed
from homeport.contract.fuzz.schemathesis_run import CREATED_FILE_VARIABLE, EXAMPLES_VARIABLE, EXTERNAL, FLAVOR_VARIABLE
from homeport.contract.remote_data import SAFE_METHODS
from homeport.contract.signing import sign
from homeport.gateway.auth.sigv4 import AccessKey
from homeport.project.schema.references import resolve_map

_AUTH_TYPE = "x-amazon-apigateway-authtype"
_TOKENS = ("oauth2", "openIdConnect")
# API Gateway's statuses for a method that a path does not declare. It never answers 405.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
# Other servers answer 405 or 501 (RFC 9110, section 9.1), or ask for credentials first.
_UNDECLARED = {"http": (404,), "rest": (403,), EXTERNAL: (405, 404, 501, 401, 403)}
_ACCEPT = {"schema": {"type": "string"}, "example": "*/*"}
_created: set[str] = set()


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Put the document that is tested into terms that schemathesis understands."""
    _declare_bearer_schemes(raw_schema)
    _leave_out_signatures(raw_schema)
    if isinstance(raw_schema.get("paths"), dict):
        raw_schema["paths"] = expand_paths(raw_schema)
    if os.environ.get(EXAMPLES_VARIABLE):
        _give_examples(raw_schema)


def _give_examples(document: Mapping[str, Any]) -> None:
    """Give an operation that needs no parameter an example, or schemathesis would ask it nothing."""
    for item in (document.get("paths") or {}).values():
        for operation in item.values() if isinstance(item, dict) else ():
            if isinstance(operation, dict) and not _needs_parameter(document, item, operation):
                parameters = operation.get("parameters") or []
                operation["parameters"] = [*parameters, {"name": "Accept", "in": "header", **_ACCEPT}]


def _needs_parameter(document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    declared = [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]
    return any(resolve_map(parameter, document).get("required") for parameter in declared)


def _declare_bearer_schemes(document: dict[str, Any]) -> None:
    """Declare the schemes of JWT authorizers as the bearer tokens that they are: ``ignored_auth`` checks only those."""
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    bearer = {name for name, one in schemes.items() if isinstance(one, dict) and one.get("type") in _TOKENS}
    schemes.update({name: {"type": "http", "scheme": "bearer"} for name in bearer})


def _leave_out_signatures(document: dict[str, Any]) -> None:
    """Leave out the schemes of AWS_IAM: a signature is made of the whole request, when it is sent.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
    """
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    signed = {name for name, one in schemes.items() if isinstance(one, dict) and one.get(_AUTH_TYPE) == "awsSigv4"}
    places = [document, *(one for item in (document.get("paths") or {}).values() for one in _operations_in(item))]
    for place in places if signed else ():
        if "security" in place:
            place["security"] = [one for one in place["security"] or () if not signed & set(one)]
    for name in signed:
        del schemes[name]


def _operations_in(item: Any) -> Iterator[dict[str, Any]]:
    yield from (one for one in item.values() if isinstance(one, dict)) if isinstance(item, dict) else ()


class _SignedRequest(requests.auth.AuthBase):
    """The signature of a request by a caller of the stage."""

    def __init__(self, key: AccessKey) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        data = body.encode() if isinstance(body, str) else body
        headers = [(name, value) for name, value in request.headers.items() if isinstance(value, str)]
        request.headers.update(sign(self._key, str(request.method), str(request.url), headers, data))
        return request


class UserCredentials:
    """A user of the run. The project's schemathesis.toml takes precedence for the schemes that it configures."""

    def __init__(self, by_operation: Mapping[str, Credentials]) -> None:
        self._by_operation = by_operation

    def get(self, case: Case[Any], context: AuthContext) -> Credentials | None:
        """Return the credentials to send, None if there are none."""
        if case.operation.schema.apply_auth(case, context):
            return None
        return self._by_operation.get(context.operation.label)

    def set(self, case: Case[Any], data: Credentials, context: AuthContext) -> None:
        """Put the credentials into the request."""
        case.headers.update(data.header)
        if data.query:
            case.query = {**(case.query or {}), **data.query}


@cache
def _users() -> Users:
    return users_from_json(os.environ.get(CREDENTIALS_VARIABLE) or "{}")


@schemathesis.hook
def after_load_schema(context: HookContext, schema: Any) -> None:
    """Have the run's users make its requests."""
    users = _users()
    if users:
        names = list(users)
        providers: list[AuthProvider[Credentials]] = [UserCredentials(each) for each in users.values()]
        peers = tuple(names) if len(names) > 1 else ()
        schema.auth.providers.append(EscalatingAuthProvider(providers, names, peers=peers, pinned=names[0]))


@schemathesis.hook
def filter_case(context: HookContext, case: Case[Any]) -> bool:
    """Leave out valid data whose path is no longer that data.

    Schemathesis quotes path parameters twice and unquotes them in between, so that a ``%2E`` in a value becomes a dot.
    """
    path = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
    if path is None or not path.mode.is_positive:
        return True
    document = case.operation.schema.raw_schema
    schemas = {one.name: resolve_map(one.definition.get("schema"), document) for one in case.operation.path_parameters}
    return all(
        _matches(unquote(value), schemas.get(name, {}).get("pattern", ""))
        for name, value in (case.path_parameters or {}).items()
        if isinstance(value, str)
    )


@schemathesis.hook
def before_call(ctx: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Sign the request where it has to be, and redirect a write to a resource that the run did not create.

    Its ids are replaced by ids that do not exist.

    A POST may name the new resource's id in its body, a batch those of several. Path parameters that the spec forbids
    stay as they are: nothing is stored under them.
    """
    credentials = next(iter(_users().values()), {}).get(case.operation.label)
    if credentials is not None and credentials.key is not None:
        kwargs["auth"] = _SignedRequest(credentials.key)
    if not os.environ.get(CREATED_FILE_VARIABLE) or case.method.upper() in SAFE_METHODS:
        return
    components = case.meta.components if case.meta else {}
    path = components.get(ParameterLocation.PATH)
    is_valid = path is None or path.mode.is_positive
    if case.path_parameters and is_valid and not is_own(case.formatted_path, _created):
        case.path_parameters = {name: unknown_id(value) for name, value in case.path_parameters.items()}
    if not case.path_parameters and isinstance(case.body, dict | list):
        own = {path.rpartition("/")[2] for path in _created}
        names = id_names(case.operation.schema.raw_schema.get("paths", {}), case.operation.path)
        case.body = replace_ids(case.body, names, lambda id_: id_ if str(id_) in own else unknown_id(id_))


@schemathesis.hook
def after_call(ctx: HookContext, case: Case[Any], response: Response) -> None:
    """Remember a resource that the run created, here and in the file from which it is removed afterwards."""
    file = os.environ.get(CREATED_FILE_VARIABLE)
    if file and response.status_code == 201:
        location = next(iter(response.headers.get("location") or ()), "")
        paths = case.operation.schema.raw_schema.get("paths", {})
        ids = new_ids(response.content, paths, case.operation.path)
        created = CreatedResource(case.method.upper(), case.formatted_path, location, ids)
        base_path = urlsplit(response.request.url or "").path.removesuffix(created.path)
        _created.update(own_paths(created, base_path))
        note_created(Path(file), created)


def _matches(value: str, pattern: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        # A pattern of ECMA-262 that Python does not have.
        return True


class UndeclaredMethodAnswered(Failure):
    """A route answers a method that the spec does not give it."""

    __slots__ = ()


@schemathesis.check
def undeclared_method(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that a method that the spec does not declare is answered with 404 (HTTP API) or 403 (REST API)."""
    data = case.meta.phase.data if case.meta else None
    if not isinstance(data, CoveragePhaseData) or data.scenario != CoverageScenario.UNSPECIFIED_HTTP_METHOD:
        return None
    method = response.request.method or ""
    expected = _UNDECLARED.get(os.environ.get(FLAVOR_VARIABLE, ""), (403, 404))
    if method == "OPTIONS" or response.status_code in {*expected, 429}:
        return None
    if is_routed(case.operation.schema.raw_schema.get("paths", {}), method, case.formatted_path):
        return None
    wanted = " or ".join(map(str, expected))
    raise UndeclaredMethodAnswered(
        operation=case.operation.label,
        title="Undeclared method answered",
        message=f"{method} is not declared for this path, but got {response.status_code} instead of {wanted}.\n\n"
        "Declare it in the document, or let no route answer it",
    )
