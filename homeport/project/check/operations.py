"""Rules for operations: parameters, bodies, responses, integrations, functions, handlers; and for seed data."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.integrations.http_api import HttpApiProxy, HttpApiService
from homeport.project.integrations.rest_api import CustomIntegration, HttpCustom, HttpProxy, ServiceIntegration
from homeport.project.model import Operation, effective_settings
from homeport.project.openapi.extensions import INTEGRATION
from homeport.project.openapi.integrations.http_api import is_http_backend
from homeport.project.openapi.integrations.read_integration import check_integration, faults_of
from homeport.project.openapi.integrations.rest_api import is_rest_backend
from homeport.project.project import SEED_FOLDER, Project
from homeport.project.source.cursor import Cursor, Diagnostics

_STATUS = re.compile(r"[1-5][0-9][0-9]|[1-5]XX|default")
_NOT_PARAMETERS = frozenset(("accept", "authorization", "content-type"))
_BODYLESS = frozenset(("GET", "HEAD"))
_ARGUMENTS = 2


def operation_cursors(project: Project) -> Iterator[tuple[Operation, Cursor]]:
    """Yield the operations, each with a cursor that has diagnostics of its own."""
    for operation in project.api.operations:
        cursor = Cursor.root(project.documents.spec)
        for index, step in enumerate(operation.document_path):
            cursor = (cursor.resolve() or cursor) if index == 2 else cursor  # the path item
            cursor = cursor.at(step)
        yield operation, cursor


def responses_documented(project: Project) -> Iterator[Problem]:
    """Every operation has responses, under the statuses that OpenAPI knows."""
    for operation, cursor in operation_cursors(project):
        if not cursor.has("responses"):
            yield project.operation_at(operation).error(
                f"{operation.route_key} has no responses", 'add them, such as "200": {description: …}'
            )
        elif not operation.responses:
            yield project.operation_at(operation, "responses").warning(
                f"the responses of {operation.route_key} are empty: the contract run has nothing to hold it to",
                "document them",
            )
        for status in operation.responses:
            if not _STATUS.fullmatch(status):
                yield project.operation_at(operation, "responses", status).error(
                    f"{status!r} is no status of a response", 'write it as "200", "4XX" or default'
                )


def bodies(project: Project) -> Iterator[Problem]:
    """A body has content, and GET and HEAD have no body."""
    for operation in project.api.operations:
        if operation.body is None:
            continue
        at = project.operation_at(operation, "requestBody")
        if not operation.body.content:
            yield at.error(
                f"the request body of {operation.route_key} has no content",
                "add its media type, such as application/json",
            )
        if operation.method in _BODYLESS:
            yield at.warning(
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
            yield project.operation_at(operation, "requestBody").warning(
                f"bodies of type {', '.join(others)} pass {operation.route_key} without validation at the gateway",
                "check them in the function",
            )


def header_parameters(project: Project) -> Iterator[Problem]:
    """No parameter describes a header that OpenAPI describes by other means."""
    for operation in project.api.operations:
        for parameter in operation.parameters:
            if parameter.place == "header" and parameter.name.lower() in _NOT_PARAMETERS:
                yield project.operation_at(operation, "parameters").warning(
                    f"OpenAPI ignores a header parameter {parameter.name}",
                    "describe it by content types or by a security scheme",
                )


def function_timeout(project: Project) -> Iterator[Problem]:
    """A function of a route does not run longer than the gateway waits for it."""
    limit = 30 if project.stage.flavor == "http" else 29
    names: dict[int, list[str]] = {}
    for name in dict.fromkeys(operation.function for operation in project.api.operations):
        if name is not None and (timeout := _timeout_of(project, name)) > limit:
            names.setdefault(timeout, []).append(name)
    # A template's Globals give many functions the same one.
    for timeout, same in names.items():
        source = project.api.functions[same[0]].source
        which = f"the function{'s' if len(same) > 1 else ''} {', '.join(same)}"
        yield Problem(
            f"{which} may run {timeout} s, but the gateway waits {limit} s",
            source.file,
            source.line,
            f"set a timeout of at most {limit}",
            "warning",
        )


def _timeout_of(project: Project, function: str) -> int:
    return effective_settings(project.api.functions[function], project.stage).timeout


def integrations(project: Project) -> Iterator[Problem]:
    """Every integration in the document is of a type that is emulated, without anything that the kit leaves out."""
    for integration in _integration_cursors(project):
        if integration.is_a(dict, "a map"):
            check_integration(integration, project.stage)
        yield from integration.diagnostics.all()


def failing_integrations(project: Project) -> Iterator[Problem]:
    """No integration has a setting that AWS imports and then answers with 500, as the gateway here does."""
    for integration in _integration_cursors(project) if project.stage.flavor == "rest" else ():
        if str(integration.at("type").value).lower() != "aws_proxy":
            continue
        for place, message in faults_of(integration):
            yield place.position.warning(message, "write POST" if place.name == "httpMethod" else "remove it")


def ignored_credentials(project: Project) -> Iterator[Problem]:
    """No integration with a function names ``credentials``, which AWS would use and the kit does not."""
    for integration in _integration_cursors(project):
        other = is_http_backend(integration) if project.stage.flavor == "http" else is_rest_backend(integration)
        if integration.has("credentials") and not other:
            message = "credentials is not used: the stack lets API Gateway invoke the function"
            yield integration.at("credentials").position.warning(message, "remove it")


def _integration_cursors(project: Project) -> Iterator[Cursor]:
    for _, cursor in operation_cursors(project):
        integration = cursor.at(INTEGRATION).resolve()
        if integration is not None and integration.value is not None:
            yield integration._replace(diagnostics=Diagnostics())


def unknown_variables(project: Project) -> Iterator[Problem]:
    """Every variable of a function has a value here."""
    for function in project.api.functions.values():
        for name in function.written_environment.keys() - function.environment.keys():
            yield Problem(
                f"{name} is not set here: only AWS knows its value",
                function.source.file,
                function.source.line,
                "set it in the stage's environment too, if the function needs it",
                "warning",
            )


def unknown_integration_values(project: Project) -> Iterator[Problem]:
    """Every value of an integration is known here."""
    for operation in project.api.operations:
        missing: list[str] = []
        match operation.integration:
            case HttpApiService(written=written, parameters=parameters):
                missing = [name for name in written if name not in parameters]
            case HttpApiProxy(uri="") | HttpCustom(uri="") | HttpProxy(uri="") | ServiceIntegration(uri=""):
                missing = ["uri"]
            case integration if isinstance(integration, CustomIntegration):
                missing = [f"the template for {media}" for media in integration.mapping.unknown_templates]
        for name in missing:
            yield Problem(
                f"{name} of the integration of {operation.label} is not known here: each call fails",
                operation.source.file,
                operation.source.line,
                "only AWS knows its value: call the deployed API",
                "warning",
            )


def handlers(project: Project) -> Iterator[Problem]:
    """Every handler is Python and takes an event and a context."""
    found = dict.fromkeys(_handler_files(project))
    for file, name in sorted(found):
        try:
            tree = ast.parse((project.root / file).read_bytes())
        except OSError:
            continue
        except SyntaxError as error:
            yield Problem(f"syntax error: {error.msg}", file, error.lineno or 0, "mend it")
            continue
        except (ValueError, RecursionError, MemoryError):
            yield Problem("this is no Python source", file, 0, "save it as UTF-8 text")
            continue
        yield from _arguments(tree, name, file)


def _handler_files(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the file, relative to the project, and the name of each handler."""
    functions = project.api.functions
    settings = [(it.handler, functions.get(it.function or "")) for it in project.api.operations]
    settings += [(function.handler, function) for function in functions.values() if not function.generated]
    for setting, function in settings:
        module, _, name = setting.rpartition(".")
        root = function.code.root if function is not None and function.code is not None else project.root
        file = root / f"{module.replace('.', '/')}.py"
        yield (file.relative_to(project.root).as_posix() if file.is_relative_to(project.root) else str(file)), name


def _arguments(tree: ast.Module, name: str, file: str) -> Iterator[Problem]:
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef) or statement.name != name or statement.decorator_list:
            continue
        taken = statement.args
        positional = len(taken.posonlyargs) + len(taken.args)
        required = positional - len(taken.defaults)
        keyword_only = [default for default in taken.kw_defaults if default is None]
        if required > _ARGUMENTS or (positional < _ARGUMENTS and taken.vararg is None) or keyword_only:
            yield Problem(
                f"{name} does not take the two arguments that Lambda calls it with",
                file,
                statement.lineno,
                f"write def {name}(event, context)",
            )


def seed(project: Project) -> Iterator[Problem]:
    """The stage's seed data is JSON."""
    file = project.seed_file
    if file is None:
        return
    name = f"{SEED_FOLDER}/{file.name}"
    try:
        json.loads(file.read_bytes())
    except json.JSONDecodeError as error:
        yield Problem(f"not JSON: {error.msg}", name, error.lineno, "mend it")
    except (ValueError, RecursionError):
        yield Problem("not JSON in UTF-8", name, 0, "mend it")
