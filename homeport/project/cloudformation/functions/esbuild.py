"""The build of a template's function in Node: ``BuildMethod: esbuild`` of SAM, or a handler in TypeScript without it.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.esbuild import (
    bundle,
    find_source,
    handler_module,
    recorded_build,
    sam_build,
    typescript_build,
    unknown_properties,
)
from homeport.project.model import Function

RECORDED_BUILD = "homeport-esbuild"
"""The BuildMethod of a call of esbuild that another tool would make, with its ``EntryPoint`` and ``Options``."""

_ANSWER = "a call of it is answered with an error, and the function's log says why"


def with_build(function: Function, resource: StackResource, project: Path) -> Function:
    """Return a function in Node, whose code is known, with what is to be built of it."""
    code = function.code
    assert code is not None
    if resource.metadata.get("BuildMethod") == RECORDED_BUILD:
        made, handler = recorded_build(project, code.root, function.handler, resource.metadata["BuildProperties"])
        return replace(function, handler=handler, code=replace(code, build=made))
    if resource.metadata.get("BuildMethod") == "esbuild":
        properties = resource.metadata.get("BuildProperties")
        written = properties if isinstance(properties, Mapping) else {}
        for name, hint in unknown_properties(written):
            resource.properties.warning(f"sam build does not pass {name} of {function.name} on to esbuild", hint)
        found = sam_build(project, code.root, function.handler, written)
        if isinstance(found, str):
            resource.properties.at("Handler").warning(f"{function.name} can't be built: {found}", _ANSWER)
            return replace(function, fault=found)
        options, handler = found
        return replace(function, handler=handler, code=replace(code, build=options))
    if resource.metadata.get("BuildMethod") == "bundle":
        return _with_bundle(function, resource, project)
    build = typescript_build(project, code.root, function.handler, function.runtime)
    if build is None:
        return function
    at = resource.properties.at("Handler")
    tool, hint = typescript_builder(at.position.source.file)
    at.warning(f"{function.name} is TypeScript, which {tool} leaves as it is: here it is built by esbuild", hint)
    return replace(function, code=replace(code, build=build))


def typescript_builder(file: str) -> tuple[str, str]:
    """Return the tool that packs functions of a project, by the file that names one, and how it builds TypeScript."""
    name = PurePosixPath(file).name
    if name.endswith((".tf", ".tf.json")):
        return "Terraform", "build it before it is packed, and name the built file"
    if name.startswith("serverless."):
        return "the Serverless Framework", "version 4 builds it, and so does the plugin serverless-esbuild"
    if name.endswith((".template.json", ".ts", ".js", ".mjs", ".py")) or name in ("cdk.json", "manifest.json"):
        return "the CDK", "NodejsFunction of aws-cdk-lib/aws-lambda-nodejs builds it"
    return "sam build", "add Metadata with BuildMethod: esbuild"


def _with_bundle(function: Function, resource: StackResource, project: Path) -> Function:
    """Return a function whose handler a bundler of the owner's builds; the metadata has the options for esbuild."""
    code = function.code
    assert code is not None
    written = resource.metadata.get("BuildProperties")
    properties = written if isinstance(written, Mapping) else {}
    source = find_source(code.root, handler_module(function.handler), with_javascript=True)
    if source is None:
        return function
    options, format = properties.get("Options", ()), str(properties.get("Format", ""))
    return replace(
        function, code=replace(code, build=bundle(project, code.root, source, function.runtime, options, format))
    )
