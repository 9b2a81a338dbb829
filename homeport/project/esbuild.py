"""The build of a function's code by esbuild: that of SAM's ``BuildMethod: esbuild``, and that of TypeScript handlers.

Lambda runs JavaScript. TypeScript, and packages that are to be part of one file, go through a bundler first.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
https://docs.aws.amazon.com/lambda/latest/dg/lambda-typescript.html
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from homeport.environment import state_dir
from homeport.project.model import EsbuildOptions
from homeport.project.names import did_you_mean

BUILT = "build"
"""The folder of the project's state folder that holds what esbuild makes."""

_TYPESCRIPT = {".ts": ".js", ".mts": ".mjs", ".cts": ".cjs", ".tsx": ".js"}
_JAVASCRIPT = (".js", ".mjs", ".cjs", ".jsx")
_PROPERTIES = {
    "Banner": "banner",
    "External": "external",
    "Format": "format",
    "Loader": "loader",
    "MainFields": "main-fields",
    "OutExtension": "out-extension",
    "SourcesContent": "sources-content",
    "Target": "target",
}
"""The options of esbuild that SAM passes on, by the properties of ``BuildProperties``."""

_LISTS = ("Banner", "External", "Loader", "OutExtension")
_OTHERS = ("EntryPoints", "Minify", "Sourcemap", "UseNpmCi")
# Lambda's runtimes have the packages of the AWS SDK:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included
_PROVIDED = ("--external:@aws-sdk/*", "--external:@smithy/*")
# A package in CommonJS that is part of an ES module still calls require.
_REQUIRE = (
    "--banner:js=import { createRequire as createRequireOfBundle } from 'node:module'; "
    "globalThis.require ??= createRequireOfBundle(import.meta.url);"
)


def typescript_build(project: Path, root: Path, handler: str, runtime: str) -> EsbuildOptions | None:
    """Return the build of a handler in TypeScript; None if Lambda finds its file as it is, or if there is none.

    ``root`` is the folder of the function's code, ``handler`` Lambda's Handler (``src/app.handler``), ``runtime`` may
    be ``nodejs22.x``. The file that is made has the same place in the code.
    """
    source = find_source(root, handler_module(handler), with_javascript=True)
    if source is None or source.endswith(_JAVASCRIPT):
        return None
    return bundle(project, root, source, runtime)


def bundle(
    project: Path, root: Path, source: str, runtime: str, options: Iterable[str] = (), format: str = ""
) -> EsbuildOptions:
    """Return the build of the file of a handler with all that it imports, in the same place.

    ``options`` are further ones of esbuild's command line; they win. ``format`` is ``esm`` or ``cjs``, ``""`` for the
    one that the file's name and package.json tell.
    """
    is_module = source.endswith(".mts") or (not source.endswith(".cts") and _is_package_of_modules(root, source))
    is_module = format == "esm" if format else is_module
    kind = ("--format=esm", "--out-extension:.js=.mjs", _REQUIRE) if is_module else ("--format=cjs",)
    version = re.match(r"nodejs(\d+)", runtime)
    target = f"--target=node{version[1] if version else 20}"
    plain = ("--bundle", "--platform=node", "--outbase=.", target, *kind, *_PROVIDED)
    return _options(project, root, (source,), (*plain, *options))


def find_source(root: Path, module: str, *, with_javascript: bool) -> str | None:
    """Return the file of a module, JavaScript before TypeScript, as Lambda finds it; None if there is none."""
    endings = (*(_JAVASCRIPT if with_javascript else ()), *_TYPESCRIPT)
    return next((f"{module}{ending}" for ending in endings if is_file(root / f"{module}{ending}")), None)


def is_file(path: Path) -> bool:
    """Return whether a path that an owner wrote is a file; one that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def handler_module(handler: str) -> str:
    """Return the path of the file that a Handler names, without its ending: ``src/app`` for ``src/app.main``."""
    folder, slash, last = handler.rpartition("/")
    return f"{folder}{slash}{last.partition('.')[0]}"


def sam_build(project: Path, root: Path, handler: str, written: Mapping[str, Any]) -> tuple[EsbuildOptions, str] | str:
    """Return the build of ``BuildMethod: esbuild`` and the Handler of what is made, or why there is none.

    ``written`` are ``BuildProperties``. The options are those of ``sam build``, its defaults included, except for
    source maps: here there are always some.
    """
    points = written.get("EntryPoints", [handler_module(handler)])
    if not isinstance(points, list) or not points:
        return "its EntryPoints are no list of files"
    found: list[str] = []
    for point in points:
        file = _entry_point(root, str(point))
        if file is None:
            return f"its entry point {point} does not exist"
        found.append(file)
    options = ("--bundle", "--platform=node", *_sam_options(written))
    return _options(project, root, tuple(found), options), _built_handler(handler, found, written)


def recorded_build(project: Path, root: Path, handler: str, written: Mapping[str, Any]) -> tuple[EsbuildOptions, str]:
    """Return the build of another tool's call of esbuild, and the Handler of what is made.

    ``written`` has ``EntryPoint``, relative to ``root``, and ``Options``. The tool names its result as it likes
    (``index.js``); here it has the name of the entry point.
    """
    entry = str(written["EntryPoint"])
    options = tuple(map(str, written["Options"]))
    made = f"{PurePosixPath(entry).stem}.{handler.rpartition('.')[2]}"
    return _options(project, root, (entry,), options), made


def unknown_properties(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the properties of ``BuildProperties`` that ``sam build`` ignores, each with a hint."""
    known = (*_PROPERTIES, *_OTHERS)
    return ((name, did_you_mean(name, known)) for name in written if name not in known)


def _sam_options(written: Mapping[str, Any]) -> Iterator[str]:
    defaults = {"Target": "es2020", "Format": "cjs"}
    for name, value in {**defaults, **written}.items():
        if name in _LISTS:
            yield from (f"--{_PROPERTIES[name]}:{each}" for each in (value if isinstance(value, list) else ()))
        elif name in _PROPERTIES:
            yield f"--{_PROPERTIES[name]}={json.dumps(value) if isinstance(value, bool) else value}"
    if written.get("Minify", True) is True:
        yield "--minify"


def _entry_point(root: Path, point: str) -> str | None:
    """Return an entry point with its ending: SAM looks for TypeScript first."""
    endings = ("",) if PurePosixPath(point).suffix else (".ts", ".js")
    return next((f"{point}{ending}" for ending in endings if (root / f"{point}{ending}").is_file()), None)


def _built_handler(handler: str, points: list[str], written: Mapping[str, Any]) -> str:
    """Return the Handler after the build, which ``sam build`` changes where its file is at the top of what was made.

    esbuild places what it makes relative to the innermost folder that holds all entry points.
    https://esbuild.github.io/api/#outbase
    """
    folders = [PurePosixPath(os.path.normpath(point)).parent.as_posix() for point in points]
    base = os.path.commonpath(folders)
    made = {os.path.relpath(PurePosixPath(point).with_suffix(""), base) for point in points}
    return handler if os.path.normpath(handler_module(handler)) in made else PurePosixPath(handler).name


def _options(project: Path, root: Path, points: tuple[str, ...], options: tuple[str, ...]) -> EsbuildOptions:
    return EsbuildOptions(points, options, state_dir(project) / BUILT, os.path.relpath(root, project))


def _is_package_of_modules(root: Path, source: str) -> bool:
    """Return whether the package that a file belongs to has ``"type": "module"``."""
    for folder in (root / source).parents:
        if (manifest := folder / "package.json").is_file():
            try:
                written = json.loads(manifest.read_bytes())
            except (OSError, ValueError):
                return False
            return isinstance(written, dict) and written.get("type") == "module"
    return False
