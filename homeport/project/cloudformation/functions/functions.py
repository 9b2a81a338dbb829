"""The Lambda functions of a stack, with the folders that their code is in.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.project.cloudformation.functions.code_files import CodeFiles
from homeport.project.cloudformation.functions.esbuild import with_build
from homeport.project.cloudformation.functions.imported_packages import with_imported_packages
from homeport.project.cloudformation.functions.layers import StackLayers
from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.languages import CUSTOM_RUNTIMES, NODE_RUNTIMES, is_deprecated, language_of, other_language
from homeport.project.model import Function, FunctionCode
from homeport.project.node_code import lacks_export, node_file, parse_node_handler
from homeport.project.openapi.handlers import BOOTSTRAP
from homeport.project.openapi.node_handlers import node_code
from homeport.project.source.cursor import Cursor, Diagnostics

DEFAULT_MEMORY = 128
DEFAULT_TIMEOUT = 3

_OTHER_LISTS = {"Pipfile": "pipenv requirements", "poetry.lock": "poetry export", "uv.lock": "uv export"}
_ANSWER = "a call of it is answered with an error, and the function's log says why"
_HANDLER_HINT = "Handler is FILE.FUNCTION, the file relative to CodeUri"
_VARIABLES = ("Environment", "Variables")
_NOT_HERE = {
    "FileSystemConfigs": "its files are not there",
    "DurableConfig": "nothing is repeated or resumed",
    "TenancyConfig": "tenants share environments",
}
"""Properties that change what a function can do, each with what it means that they are not emulated."""

_NO_EFFECT = ("EphemeralStorage", "SnapStart", "TracingConfig", "VpcConfig")
"""Properties that change no answer of a function: the size of /tmp, snapshots, traces, the network."""


def read_functions(stack: CloudFormationStack, root: Path, diagnostics: Diagnostics) -> dict[str, Function]:
    """Return the functions of a stack by logical id. ``root`` is the project's folder, absolute.

    Functions that can't be run here have a ``fault``, and are named, first of all those of other languages.
    """
    files = CodeFiles(root)
    resources = list(stack.of_type("AWS::Lambda::Function"))
    _report_runtimes(resources)
    layers = StackLayers(stack, files, diagnostics)
    aliases = dict(_used_aliases(stack))
    functions = {}
    for resource in resources:
        function = _function(resource, aliases.get(resource.physical_id, ""))
        functions[resource.logical_id] = function if function.fault else _with_code(function, resource, files, layers)
    layers.report()
    _report_unknown(resources)
    _report_settings(resources)
    return functions


def _function(resource: StackResource, alias: str) -> Function:
    properties = resource.properties
    runtime = _text(properties.at("Runtime"))
    logging = properties.map("LoggingConfig")
    is_json = _text(logging.at("LogFormat")).upper() == "JSON"
    fault = "" if _is_image(resource) or language_of(runtime) else f"it runs on {_runtime(runtime)}"
    return Function(
        name=resource.logical_id,
        handler=_text(properties.at("Handler")),
        source=properties.source,
        memory=_number(properties, "MemorySize") or DEFAULT_MEMORY,
        timeout=_number(properties, "Timeout") or DEFAULT_TIMEOUT,
        reserved_concurrency=_number(properties, "ReservedConcurrentExecutions"),
        runtime=runtime,
        architecture=next((_text(entry) for entry in properties.list("Architectures")), ""),
        environment=dict(_variables(properties)),
        physical_name=resource.physical_id,
        alias=alias,
        log_format="JSON" if is_json else "",
        log_level=_text(logging.at("ApplicationLogLevel")) if is_json else "",
        fault=fault,
        owner_name=str(resource.metadata.get("OwnerName", "")),
    )


def _with_code(function: Function, resource: StackResource, files: CodeFiles, layers: StackLayers) -> Function:
    """Return a function with the folders that it is run from, or with the reason why it can't be."""
    at = resource.properties.at("Code")
    found = files.function(resource)
    if isinstance(found, str):
        at.warning(f"{function.name} can't be run: {found}", _ANSWER)
        return replace(function, fault=found)
    folders, packages = layers.of(resource)
    language = language_of(function.runtime)
    if language == "node":
        code = node_code(found, folders)
        built = with_build(replace(function, code=code), resource, files.project)
        if not built.fault and built.code is not None and built.code.build is None:
            _check_node(function, code, resource)
        manifest = resource.metadata.get("NodeManifest")
        above = manifest if isinstance(manifest, str) else ""
        return built if built.fault else with_imported_packages(built, files, above)
    elif language == "custom":
        code = FunctionCode(found, layers=folders)
        if not any((place / BOOTSTRAP).is_file() for place in (found, *folders)):
            fault = f"its code has no {BOOTSTRAP}, the program of {function.runtime}"
            at.warning(f"{function.name} can't be run: {fault}", "build it as for a deployment")
            return replace(function, code=code, fault=fault)
    else:
        file = found / "requirements.txt"
        modules, listed = files.modules(resource), _listed_packages(resource)
        code = FunctionCode(found, file if file.is_file() else None, (*folders, *modules), (*packages, *listed))
        _check_python(function, code, resource)
    return replace(function, code=code)


def _listed_packages(resource: StackResource) -> tuple[str, ...]:
    """Return the lines for pip in a function's metadata: its packages that no requirements.txt beside it has."""
    listed = resource.metadata.get("PythonPackages")
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def _check_python(function: Function, code: FunctionCode, resource: StackResource) -> None:
    """Warn of packages that no requirements.txt lists, and of a handler that is nowhere."""
    if code.requirements is not None or code.packages:
        return
    for name, command in _OTHER_LISTS.items():
        if (code.root / name).is_file():
            resource.properties.at("Code").warning(
                f"the packages of {function.name} are in {name}, which is not read here",
                f"write requirements.txt beside it: {command} > requirements.txt",
            )
            return
    module = function.handler.rpartition(".")[0].replace(".", "/")
    places = (code.root, *(layer / "python" for layer in code.layers))
    if module and not any(_has_module(place / module) for place in places):
        resource.properties.at("Handler").warning(
            f"the Handler of {function.name} is {function.handler}, but its code has no {module}.py", _HANDLER_HINT
        )


def _has_module(path: Path) -> bool:
    return path.with_name(f"{path.name}.py").is_file() or path.is_dir() or any(path.parent.glob(f"{path.name}.*.so"))


def _check_node(function: Function, code: FunctionCode, resource: StackResource) -> None:
    """Warn of a handler that is nowhere, or that its file does not export."""
    handler = parse_node_handler(function.handler)
    file = node_file(code.root, handler.module) if handler is not None else None
    at = resource.properties.at("Handler")
    if handler is None:
        at.warning(f"the Handler of {function.name} is {function.handler!r}, no FILE.FUNCTION", _HANDLER_HINT)
    elif file is None and not handler.module.startswith(("/opt/", "node_modules/")):
        message = f"the Handler of {function.name} is {function.handler}, but its code has no {handler.module}.mjs"
        at.warning(f"{message}, .js or .ts", _HANDLER_HINT)
    elif file is not None and lacks_export(file.read_text(encoding="utf-8", errors="replace"), handler.function):
        message = f"the Handler of {function.name} is {function.handler}, but {file.name} exports no {handler.function}"
        at.warning(message, f"write export const {handler.function} = … in it, or exports.{handler.function} = …")


def _report_runtimes(resources: list[StackResource]) -> None:
    """Warn once of each runtime that is not there, or that Lambda no longer has, with its functions."""
    found: dict[str, list[StackResource]] = {}
    for resource in resources:
        runtime = _text(resource.properties.at("Runtime"))
        if not _is_image(resource) and (language_of(runtime) is None or is_deprecated(runtime)):
            found.setdefault(runtime, []).append(resource)
    for runtime, those in found.items():
        names = ", ".join(resource.logical_id for resource in those)
        count = "1 function runs" if len(those) == 1 else f"{len(those)} functions run"
        at = those[0].properties.at("Runtime")
        if is_deprecated(runtime):
            newer = NODE_RUNTIMES if language_of(runtime) == "node" else CUSTOM_RUNTIMES
            at.warning(f"{count} on {runtime}, which is deprecated: {names}", f"choose one of {', '.join(newer)}")
        else:
            language = other_language(runtime)
            instead = f"{language.hint}; " if language is not None else ""
            at.warning(f"{count} on {_runtime(runtime)}, which is not run here: {names}", f"{instead}{_ANSWER}")


def _report_unknown(resources: list[StackResource]) -> None:
    """Warn once of each variable whose value only AWS knows."""
    found: dict[str, list[StackResource]] = {}
    for resource in resources:
        for place in sorted(resource.unknown):
            if place[:2] == _VARIABLES and len(place) > 2:
                found.setdefault(place[2], []).append(resource)
    for name, those in found.items():
        at = those[0].properties.at("Environment").at("Variables").at(name)
        names = ", ".join(resource.logical_id for resource in those)
        at.warning(f"the variable {name} of {names} has a value that only AWS knows: here it is {at.value!r}")


def _report_settings(resources: list[StackResource]) -> None:
    """Warn once of each property that is not emulated, and in one line of those that change no answer."""
    for name, meaning in _NOT_HERE.items():
        those = [resource for resource in resources if resource.properties.has(name)]
        if those:
            names = ", ".join(resource.logical_id for resource in those)
            those[0].properties.at(name).warning(f"{name} is not emulated: {meaning} for {names}")
    used = {name: resource for name in _NO_EFFECT for resource in reversed(resources) if resource.properties.has(name)}
    if used:
        first = next(iter(used))
        used[first].properties.at(first).warning(f"without an effect here, whatever their value: {', '.join(used)}")


def _used_aliases(stack: CloudFormationStack) -> Iterator[tuple[str, str]]:
    """Yield the name of each function that is invoked by an alias, and the alias.

    API Gateway needs a permission for the alias that it invokes.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
    """
    permitted = {_text(each.properties.at("FunctionName")) for each in stack.of_type("AWS::Lambda::Permission")}
    for alias in stack.of_type("AWS::Lambda::Alias"):
        name = _text(alias.properties.at("FunctionName")).rpartition(":function:")[2].partition(":")[0]
        if alias.physical_id in permitted:
            yield name, _text(alias.properties.at("Name"))


def _variables(properties: Cursor) -> Iterator[tuple[str, str]]:
    variables: Any = properties.map("Environment").map("Variables").value
    for name, value in variables.items() if isinstance(variables, Mapping) else ():
        if not isinstance(value, Mapping | list) and value is not None:
            yield name, as_text(value)


def _is_image(resource: StackResource) -> bool:
    code = resource.properties.at("Code").value
    return _text(resource.properties.at("PackageType")) == "Image" or (isinstance(code, Mapping) and "ImageUri" in code)


def _runtime(runtime: str) -> str:
    return runtime or "no runtime that is named"


def _text(cursor: Cursor) -> str:
    return cursor.value if isinstance(cursor.value, str) else ""


def _number(properties: Cursor, key: str) -> int | None:
    """Return a whole number, which CloudFormation also takes as text."""
    value = properties.at(key).value
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if text.isdecimal() else None
