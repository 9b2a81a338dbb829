"""Rules for what an operation says: parameters, body, responses.

Rules for models: what a REST API makes of schemas, JSON schema draft 4 with words missing.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html

Rules for ``x-amazon-apigateway-integration``: the kit makes every integration itself, a Lambda proxy.

One that stands in the document must say the same; anything else is refused by name.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.check.problems import error, operation_cursors, operation_path, warning
from homeport.project.model import Stage, effective_settings
from homeport.project.names import did_you_mean
from homeport.project.openapi.operations import INTEGRATION, faults_of
from homeport.project.project import Project
from homeport.project.source.cursor import Cursor, Diagnostics

_STATUS = re.compile(r"[1-5][0-9][0-9]|[1-5]XX|default")
_NOT_PARAMETERS = frozenset(("accept", "authorization", "content-type"))
_BODYLESS = frozenset(("GET", "HEAD"))


def responses_documented(project: Project) -> Iterator[Problem]:
    """Every operation has responses, under the statuses that OpenAPI knows."""
    document = project.documents.spec
    for operation, cursor in operation_cursors(project):
        at = operation_path(operation)
        if not cursor.has("responses"):
            yield error(
                document, at, f"{operation.route_key} has no responses", 'add them, such as "200": {description: …}'
            )
        elif not operation.responses:
            yield warning(
                document,
                (*at, "responses"),
                f"the responses of {operation.route_key} are empty: the contract run has nothing to hold it to",
                "document them",
            )
        for status in operation.responses:
            if not _STATUS.fullmatch(status):
                yield error(
                    document,
                    (*at, "responses", status),
                    f"{status!r} is no status of a response",
                    'write it as "200", "4XX" or default',
                )


def bodies(project: Project) -> Iterator[Problem]:
    """A body has content, and GET and HEAD have no body."""
    for operation in project.api.operations:
        if operation.body is None:
            continue
        at = operation_path(operation, "requestBody")
        if not operation.body.content:
            yield error(
                project.documents.spec,
                at,
                f"the request body of {operation.route_key} has no content",
                "add its media type, such as application/json",
            )
        if operation.method in _BODYLESS:
            yield warning(
                project.documents.spec,
                at,
                f"{operation.method} with a body has no meaning in HTTP, and CloudFront refuses it",
                "use POST, or query parameters",
            )


def validated_content(project: Project) -> Iterator[Problem]:
    """A REST API's request validator looks at JSON only."""
    for operation in project.api.operations:
        if operation.body is None or operation.validator is None or not operation.validator.body:
            continue
        others = [media_type for media_type in operation.body.content if "json" not in media_type.lower()]
        if others:
            yield warning(
                project.documents.spec,
                operation_path(operation, "requestBody"),
                f"bodies of type {', '.join(others)} pass {operation.route_key} without validation at the gateway",
                "check them in the function",
            )


def header_parameters(project: Project) -> Iterator[Problem]:
    """OpenAPI takes some headers from elsewhere."""
    for operation in project.api.operations:
        for parameter in operation.parameters:
            if parameter.place == "header" and parameter.name.lower() in _NOT_PARAMETERS:
                yield warning(
                    project.documents.spec,
                    operation_path(operation, "parameters"),
                    f"OpenAPI ignores a header parameter {parameter.name}",
                    "describe it by content types or by a security scheme",
                )


def function_time(project: Project) -> Iterator[Problem]:
    """A function that may run longer than the gateway waits for it."""
    limit = 30 if project.stage.flavor == "http" else 29
    for name, function in project.api.functions.items():
        timeout = effective_settings(function, project.stage).timeout
        if timeout > limit:
            yield Problem(
                f"the function {name} may run {timeout} s, but the gateway waits {limit} s",
                function.source.file,
                function.source.line,
                f"set a timeout of at most {limit}",
                "warning",
            )


_SCHEMAS = ("components", "schemas")
_DOCUMENTED_AS_UNSUPPORTED = frozenset(
    (
        "additionalProperties",
        "anyOf",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxItems",
        "minItems",
        "oneOf",
        "readOnly",
    )
)
_FORMATS = frozenset(("decimal", "int32", "int64"))
_NAMES = frozenset(("properties",))
_VALUES = frozenset(("default", "enum", "example", "xml"))


def names(project: Project) -> Iterator[Problem]:
    """A model's name has letters and digits only."""
    if project.stage.flavor == "http":
        return
    for name in _schemas(project):
        if not (name.isascii() and name.isalnum()):
            yield error(
                project.documents.spec,
                (*_SCHEMAS, name),
                f"a REST API's model can't have the name {name!r}",
                "rename the schema: letters and digits only",
            )


def words(project: Project) -> Iterator[Problem]:
    """Words that a REST API refuses, and those that AWS does not promise to check."""
    if project.stage.flavor == "http":
        return
    spec = project.documents.spec
    unsure: dict[str, tuple[str, ...]] = {}
    for path, schema in _walk(_SCHEMAS, _schemas(project), names=True):
        if "discriminator" in schema:
            yield error(
                spec,
                (*path, "discriminator"),
                "a REST API's models have no 'discriminator'",
                "remove it; oneOf alone says as much to the function's validator",
            )
        for word in _DOCUMENTED_AS_UNSUPPORTED & schema.keys():
            unsure.setdefault(word, (*path, word))
        if schema.get("format") in _FORMATS:
            unsure.setdefault(f"format {schema['format']}", (*path, "format"))
    if unsure and any(operation.validator and operation.validator.body for operation in project.api.operations):
        first = min(unsure.values(), key=spec.line)
        yield warning(
            spec,
            first,
            f"AWS documents {', '.join(sorted(unsure))} as unsupported in a REST API's models",
            "let the function check them too",
        )


def _schemas(project: Project) -> dict[str, object]:
    found = project.documents.spec.find(_SCHEMAS)
    return found[0] if found is not None and isinstance(found[0], dict) else {}


def _walk(path: tuple[str, ...], value: object, *, names: bool) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Every schema in a value; ``names``: its keys are names, not words."""
    if isinstance(value, dict):
        if not names:
            yield path, value
        for key, child in value.items():
            if names or key not in _VALUES:
                yield from _walk((*path, key), child, names=not names and key in _NAMES)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _walk((*path, str(index)), child, names=False)


_KNOWN = (
    "cacheKeyParameters",
    "cacheNamespace",
    "connectionId",
    "connectionType",
    "contentHandling",
    "credentials",
    "httpMethod",
    "integrationSubtype",
    "passthroughBehavior",
    "payloadFormatVersion",
    "requestParameters",
    "requestTemplates",
    "responseParameters",
    "responseTransferMode",
    "responses",
    "timeoutInMillis",
    "tlsConfig",
    "type",
    "uri",
)
_TYPES = {
    "aws": "non-proxy Lambda and AWS service integrations are not emulated",
    "http": "HTTP integrations are not emulated",
    "http_proxy": "HTTP proxy integrations are not emulated",
    "mock": "MOCK integrations are not emulated",
}
_PROXY = "leave the integration out: the kit makes it, a Lambda proxy"
_REFUSED = {
    "cacheKeyParameters": ("response caching is not emulated", "remove it"),
    "connectionId": ("VPC links are not emulated", "remove it"),
    "contentHandling": ("content conversion is not emulated", "remove it, and use binary media types"),
    "integrationSubtype": ("AWS service integrations are not emulated", "call the service from the function"),
    "tlsConfig": ("TLS settings of a backend have no meaning for a function", "remove it"),
}
_IGNORED = {
    "credentials": ("credentials is not used: the stack lets API Gateway invoke the function", "remove it"),
}


def integrations(project: Project) -> Iterator[Problem]:
    """Every integration in the document is a Lambda proxy without anything that the kit leaves out."""
    for _, cursor in operation_cursors(project):
        at = cursor._replace(diagnostics=Diagnostics()).at(INTEGRATION)
        if at.value is None:
            continue
        integration = at.resolve()
        if integration is not None and integration.is_a(dict, "a map"):
            _check(integration, project.stage)
        yield from at.diagnostics.all()


def _check(cursor: Cursor, stage: Stage) -> None:
    kind = cursor.text("type").lower()
    if kind in _TYPES:
        preflight = kind == "mock" and "options" in cursor.path
        hint = "remove the operation: x-amazon-apigateway-cors answers preflight" if preflight else _PROXY
        cursor.at("type").error(_TYPES[kind], hint)
        return
    if kind != "aws_proxy":
        cursor.error(f"an integration can't be of type {cursor.text('type')!r}", did_you_mean(kind, ("aws_proxy",)))
        return
    cursor.only(_KNOWN, INTEGRATION)
    for key, (message, hint) in _REFUSED.items():
        if cursor.has(key) and cursor.value[key]:
            cursor.at(key).error(message, hint)
    if cursor.text("connectionType", "INTERNET").upper() != "INTERNET":
        cursor.at("connectionType").error("VPC links are not emulated", "remove it")
    if cursor.text("responseTransferMode", "BUFFERED").upper() != "BUFFERED":
        cursor.at("responseTransferMode").error("response streaming is not emulated", "remove it")
    _check_payload_format(cursor, stage)
    _check_parameters(cursor, stage)


def _check_payload_format(cursor: Cursor, stage: Stage) -> None:
    at = cursor.at("payloadFormatVersion")
    if at.value is not None and stage.flavor == "http" and str(at.value) != stage.payload_format:
        at.error(
            f"payloadFormatVersion is {at.value} here and {stage.payload_format} in stage {stage.key!r}",
            "set payloadFormat in deploy/stages.yaml",
        )


def _check_parameters(cursor: Cursor, stage: Stage) -> None:
    if stage.flavor == "http":
        for _, entry in cursor.map("requestParameters").items():
            entry.error("parameter mapping is not emulated", "remove it, and do it in the function")
    if cursor.has("responseParameters"):
        cursor.at("responseParameters").error(
            "parameter mapping is not emulated", "remove it, and do it in the function"
        )


def failing(project: Project) -> Iterator[Problem]:
    """What AWS imports and then answers with 500, as the gateway here does."""
    if project.stage.flavor == "http":
        return
    for _, cursor in operation_cursors(project):
        at = cursor._replace(diagnostics=Diagnostics()).at(INTEGRATION)
        integration = at.resolve() if at.value is not None else None
        for place, message in faults_of(integration) if integration is not None else ():
            hint = "write POST" if place.name == "httpMethod" else "remove it"
            yield Problem(message, place.document.file, place.line, hint, "warning")


def ignored(project: Project) -> Iterator[Problem]:
    """Settings of a proxy integration that AWS would keep and this kit does not."""
    for _, cursor in operation_cursors(project):
        at = cursor._replace(diagnostics=Diagnostics()).at(INTEGRATION)
        integration = at.resolve() if at.value is not None else None
        for key, (message, hint) in _IGNORED.items():
            if integration is not None and integration.has(key):
                place = integration.at(key)
                yield Problem(message, place.document.file, place.line, hint, "warning")
