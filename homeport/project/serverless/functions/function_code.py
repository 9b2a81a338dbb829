"""The code of a function: its folder, what is built of it, and the packages that it is given.

https://www.serverless.com/framework/docs/providers/aws/guide/packaging
https://www.serverless.com/framework/docs/providers/aws/guide/building
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from homeport.project.esbuild import find_source, handler_module, is_file
from homeport.project.languages import language_of
from homeport.project.serverless.functions.bundlers import bundle_options, bundles_javascript, is_bundled
from homeport.project.serverless.functions.python_packages import PYTHON_PLUGINS, extra_packages, report_unpackaged
from homeport.project.serverless.functions.wsgi import WSGI_HANDLERS, wsgi_metadata
from homeport.project.serverless.service import Content, ServerlessFunction, ServerlessService, text_of
from homeport.project.source.cursor import Cursor


class FunctionBuild(NamedTuple):
    """The ``Code`` of a function, its Handler, and the metadata by which the reader of stacks builds it."""

    code: Any
    handler: str
    metadata: Content


def function_build(service: ServerlessService, function: ServerlessFunction) -> FunctionBuild:
    """Return where the code of a function is. Its sources run in place, whatever ``package`` says of them."""
    settings = function.settings
    if settings.has("image"):
        image = settings.at("image")
        return FunctionBuild({"ImageUri": image.at("uri") if image.has("uri") else text_of(image)}, "", {})
    written = settings.at("handler")
    if not isinstance(written.value, str) or not written.value:
        settings.error(f"the function {function.key} has no handler", "write handler: FILE.FUNCTION")
    handler = re.sub(r"^(\./)+", "", text_of(written))
    runtime = _runtime(service, function)
    language = language_of(runtime)
    folder = text_of(settings.at("module")).strip("/") if service.has_plugin(*PYTHON_PLUGINS) else ""
    metadata: Content = {}
    if language == "node":
        metadata = _node_metadata(service, function, handler)
    elif language == "python":
        metadata = _python_metadata(service, folder, handler, settings)
    return FunctionBuild({"LocalPath": _place(service, function, folder or ".", handler, language)}, handler, metadata)


def _runtime(service: ServerlessService, function: ServerlessFunction) -> str:
    return text_of(function.settings.at("runtime")) or text_of(service.provider.at("runtime")) or "nodejs20.x"


def _place(
    service: ServerlessService, function: ServerlessFunction, folder: str, handler: str, language: str | None
) -> str:
    """Return the folder, or the archive of a function without sources."""
    artifact = _artifact(service, function)
    if artifact is None:
        return folder
    place = service.folder / text_of(artifact)
    if language in ("python", "node") and _has_source(service.folder / folder, handler, language):
        artifact.warning(f"the sources of {function.key} run instead of its artifact {text_of(artifact)}")
        return folder
    if is_file(place) or language != "custom":
        return text_of(artifact)
    artifact.warning(f"the artifact of {function.key}, {text_of(artifact)}, is not there", "build it")
    return folder


def _artifact(service: ServerlessService, function: ServerlessFunction) -> Cursor | None:
    for holder in (function.settings, service.top):
        artifact = holder.at("package").at("artifact")
        if text_of(artifact):
            return artifact
    return None


def _has_source(folder: Path, handler: str, language: str) -> bool:
    if language == "python":
        module = handler.rpartition(".")[0].replace(".", "/")
        return is_file(folder / f"{module}.py") or is_file(folder / module / "__init__.py")
    return find_source(folder, handler_module(handler), with_javascript=True) is not None


def _node_metadata(service: ServerlessService, function: ServerlessFunction, handler: str) -> Content:
    source = find_source(service.folder, handler_module(handler), with_javascript=False)
    is_javascript = find_source(service.folder, handler_module(handler), with_javascript=True) != source
    if source is None and not is_javascript:
        return {}
    if is_javascript and not bundles_javascript(service, function):
        return {}
    return {"BuildMethod": "bundle", "BuildProperties": bundle_options(service)}


def _python_metadata(service: ServerlessService, folder: str, handler: str, settings: Cursor) -> Content:
    made: Content = {}
    if handler in WSGI_HANDLERS and service.has_plugin("serverless-wsgi"):
        made = wsgi_metadata(service, settings)
    packages = [*extra_packages(service, service.folder / folder), *made.get("PythonPackages", ())]
    return {**made, "PythonPackages": packages} if packages else made


def report_packages(service: ServerlessService) -> None:
    """Warn of packages of functions in Python that are installed here only."""
    if any(language_of(_runtime(service, function)) == "python" for function in service.functions):
        report_unpackaged(service, [service.folder])


def report_unbuilt(service: ServerlessService) -> None:
    """Name once the functions in TypeScript that nothing builds for AWS."""
    found = [function for function in service.functions if _is_unbuilt(service, function)]
    if found:
        names = ", ".join(function.key for function in found)
        found[0].settings.at("handler").warning(
            f"serverless deploy leaves TypeScript as it is, and here esbuild builds it: {names}",
            "add serverless-esbuild to plugins, or use version 4 of the framework",
        )


def _is_unbuilt(service: ServerlessService, function: ServerlessFunction) -> bool:
    module = handler_module(re.sub(r"^(\./)+", "", text_of(function.settings.at("handler"))))
    is_node = language_of(_runtime(service, function)) == "node"
    source = find_source(service.folder, module, with_javascript=True) if is_node and module else None
    return source is not None and ".ts" in source[-4:] and not is_bundled(service, function)
