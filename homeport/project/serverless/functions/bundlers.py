"""The bundlers that build a service's functions in Node.js: plugins, and the framework's own esbuild.

Here esbuild builds them, with the options that are written for it; a configuration of webpack is a program, which is
not run.
https://www.serverless.com/framework/docs/providers/aws/guide/building
https://github.com/floydspace/serverless-esbuild#options
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from homeport.project.serverless.service import Content, ServerlessFunction, ServerlessService, is_set, text_of
from homeport.project.source.cursor import Cursor

TYPESCRIPT_PLUGINS = (
    *("serverless-plugin-typescript", "@hewmen/serverless-plugin-typescript"),
    *("serverless-plugin-typescript-express", "serverless-tscpaths", "serverless-plugin-typescript-tsc-alias"),
)
"""Plugins that compile TypeScript, and leave JavaScript as it is."""

BUNDLER_PLUGINS = (
    *("serverless-esbuild", "serverless-bundle", "serverless-webpack", "serverless-webpack-prisma"),
    *("serverless-plugin-optimize", "serverless-plugin-browserifier", "serverless-plugin-browserify"),
    *("serverless-plugin-babel", "serverless-babel-plugin", "serverless-rspack", "serverless-plugin-nest"),
    *("serverless-plugin-parcel", "serverless-parcel", "serverless-rollup", "serverless-rollup-plugin"),
)

_LISTS = {"external": "external", "exclude": "external", "inject": "inject"}
_MAPS = {"define": "define", "loader": "loader", "banner": "banner", "footer": "footer", "alias": "alias"}
_VALUES = {
    "target": "target",
    "mainFields": "main-fields",
    "conditions": "conditions",
    "jsx": "jsx",
    "jsxFactory": "jsx-factory",
    "keepNames": "keep-names",
    "tsconfig": "tsconfig",
    "charset": "charset",
}


def is_bundled(service: ServerlessService, function: ServerlessFunction) -> bool:
    """Return whether something builds a function in TypeScript before it is deployed."""
    return service.has_plugin(*BUNDLER_PLUGINS, *TYPESCRIPT_PLUGINS) or _has_own_esbuild(service, function)


def bundles_javascript(service: ServerlessService, function: ServerlessFunction) -> bool:
    """Return whether functions in JavaScript are built, too."""
    return service.has_plugin(*BUNDLER_PLUGINS) or (
        _has_own_esbuild(service, function) and is_set(service.top.at("build"))
    )


def bundle_options(service: ServerlessService) -> Content:
    """Return the options of a build: ``Format``, and ``Options`` as texts of esbuild's command line."""
    settings = _settings(service)
    if service.has_plugin("serverless-webpack") and settings.value is None:
        at = service.plugins["serverless-webpack"]
        at.warning("the configuration of webpack is a program, which is not read: esbuild builds the functions")
    if is_set(settings.at("plugins")):
        settings.at("plugins").warning("plugins of esbuild are programs, which are not run", "the build does without")
    options = list(_options(settings))
    format = text_of(settings.at("format"))
    return {"Options": options, **({"Format": format} if format in ("esm", "cjs") else {})}


def _has_own_esbuild(service: ServerlessService, function: ServerlessFunction) -> bool:
    """Return whether the framework's own esbuild builds a function: version 4 does, unless a setting forbids it."""
    build = service.top.at("build")
    if build.value is False or build.at("esbuild").value is False or function.settings.at("build").value is False:
        return False
    return is_set(build) or re.match(r"[~^>=v\s]*4\b", text_of(service.top.at("frameworkVersion"))) is not None


def _settings(service: ServerlessService) -> Cursor:
    own = service.top.at("build").at("esbuild")
    return own if isinstance(own.value, dict) else service.custom.at("esbuild")


def _options(settings: Cursor) -> Iterator[str]:
    for key, name in _LISTS.items():
        for entry in settings.at(key).entries():
            if text := text_of(entry):
                yield f"--{name}:{text}"
    for key, name in _MAPS.items():
        for child, value in settings.at(key).items():
            yield f"--{name}:{child}={_plain(value)}"
    for key, name in _VALUES.items():
        value = settings.at(key)
        if isinstance(value.value, list):
            yield f"--{name}={','.join(text_of(entry) for entry in value.entries())}"
        elif value.value is True:
            yield f"--{name}"
        elif text := text_of(value):
            yield f"--{name}={text}"


def _plain(value: Cursor) -> str:
    return json.dumps(value.value) if isinstance(value.value, Mapping | list | bool) else text_of(value)
