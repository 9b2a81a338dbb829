"""openapi.yaml as a frozen Api."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from homeport.project.model import Api, Function, Resources
from homeport.project.openapi.extensions import X_HOMEPORT, check_extensions_and_references
from homeport.project.openapi.functions import Handlers, OperationSource, build_functions
from homeport.project.openapi.gateway import (
    CORS,
    VALIDATOR,
    chosen_validator,
    merged_cors,
    read_api_key_source,
    read_binary_media_types,
    read_cors,
    read_gateway_responses,
    read_validators,
)
from homeport.project.openapi.operations import OperationReader
from homeport.project.openapi.security import AUTHORIZER, Flavor, Schemes, read_requirements, read_schemes
from homeport.project.openapi.x_homeport import check_access
from homeport.project.source.cursor import Cursor


def read_api(
    root: Cursor, flavor: Flavor, stage_cors: Mapping[str, Any], handlers: Handlers, resources: Resources | None
) -> Api | None:
    """Read openapi.yaml for a flavor. Return None if it is no OpenAPI 3.0 document at all.

    ``resources`` is None if deploy/resources.yaml could not be read; then access to tables is not checked.
    """
    if not root.is_a(dict, "an OpenAPI document, a map") or not _is_openapi_3_0(root):
        return None
    check_extensions_and_references(root)
    info = root.map("info")
    _check_parts(root, info)
    schemes = read_schemes(root.map("components"), flavor, handlers)
    read_requirements(root.at("security"), schemes)
    validators = read_validators(root)
    if root.has(VALIDATOR):
        chosen_validator(root, validators)
    reader = OperationReader(root, flavor, handlers, schemes, validators)
    operations = tuple(reader.read())
    served = list(reader.served.values())
    if resources is not None:
        _check_access(served, root, resources)
    return Api(
        title=info.text("title"),
        version=_version(info.at("version").value),
        operations=operations,
        functions=_all_functions(served, schemes),
        authorizers=schemes.authorizers,
        cors=merged_cors(read_cors(root.at(CORS)), stage_cors),
        binary_media_types=read_binary_media_types(root),
        gateway_responses=read_gateway_responses(root),
        api_key_source=read_api_key_source(root),
        document=root.value,
    )


def _check_parts(root: Cursor, info: Cursor) -> None:
    if not info.text("title"):
        (info if root.has("info") else root).error("the API has no info.title", "give it one: it names the stack")
    if not root.map("paths").value:
        root.error("the API has no paths", "add one, such as /items with a get operation")


def _version(value: Any) -> str:
    """Return the API's version as text: ``version: 1.0`` without quotes is a number to YAML."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number or isinstance(value, str) else ""


def _is_openapi_3_0(root: Cursor) -> bool:
    at, version = root.at("openapi"), root.value.get("openapi")
    if isinstance(version, str) and (version == "3.0" or version.startswith("3.0.")):
        return True
    if isinstance(version, int | float) and not isinstance(version, bool) and version == 3.0:
        at.error("'openapi' is a number here", 'put quotes around it: openapi: "3.0.3"')
    elif version is not None:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
        at.error(f"OpenAPI {version} is not what API Gateway imports", "write the document in OpenAPI 3.0.3")
    elif root.has("swagger"):
        root.at("swagger").error("this is OpenAPI 2.0 (Swagger)", "convert the document to OpenAPI 3.0.3")
    else:
        root.error("this is no OpenAPI document: it has no 'openapi'", "start it with openapi: 3.0.3")
    return False


def _all_functions(served: Iterable[OperationSource], schemes: Schemes) -> dict[str, Function]:
    functions = build_functions(served)
    by_name = {part.function: part for part in served}
    for name in schemes.functions:
        if name in functions:
            by_name[name].cursor.error(
                f"the function {name!r} would serve an operation and be an authorizer", "give one another name"
            )
    return {**functions, **schemes.functions}


def _check_access(served: Iterable[OperationSource], root: Cursor, resources: Resources) -> None:
    for part in served:
        check_access(part.x_homeport.cursor.at("access"), resources)
    for _, entry in root.map("components").map("securitySchemes").items():
        for beside in (entry, entry.at(AUTHORIZER)):
            check_access(beside.at(X_HOMEPORT).at("access"), resources)
