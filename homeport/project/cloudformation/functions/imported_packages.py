"""Packages of npm that a function in Node.js imports, and that no ``dependencies`` name: a bundler or Lambda has them.

A bundler also puts packages of ``devDependencies`` into what it makes. The runtimes before ``nodejs18.x`` have the AWS
SDK for JavaScript of version 2.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from homeport.project.cloudformation.functions.code_files import SKIPPED, CodeFiles
from homeport.project.model import Function, FunctionCode
from homeport.project.node_code import MANIFEST, dependencies, read_manifest
from homeport.project.source_search import find_sources

_SDK = "aws-sdk"
_SDK_VERSION = "^2.1692.0"
_FIRST_WITHOUT_SDK = 18
_MOST_FILES = 400
_SOURCE = re.compile(r".+(?<!\.d)(?<!\.test)(?<!\.spec)(?<!\.config)\.([cm]?[jt]s|[jt]sx)")
_MODULE = re.compile(r"""(?:\bfrom|\brequire\s*\(|\bimport\s*\(?)\s*["'](?P<name>(?:@[\w.-]+/)?[\w.-]+)""")


def with_imported_packages(function: Function, files: CodeFiles, above: str = "") -> Function:
    """Return a function in Node.js whose code is known, with the package.json of what it needs beside its own.

    ``above`` is the package.json of the project, from which a build of the owner's takes packages; ``""``: none does.
    """
    code = function.code
    assert code is not None
    wanted = {**(dependencies(Path(above)) if above else {}), **_find_wanted(function, code)}
    imported = _imports(code.root, files) if wanted else frozenset()
    found = {name: version for name, version in wanted.items() if name in imported}
    if not found:
        return function
    manifest = files.write_text(
        f"{function.name}-packages", MANIFEST, json.dumps({"dependencies": found}, sort_keys=True)
    )
    return replace(function, code=replace(code, manifests=(*code.manifests, manifest)))


def _find_wanted(function: Function, code: FunctionCode) -> dict[str, str]:
    """Return the packages that something else than ``dependencies`` gives a function, with their versions."""
    if (code.root / "node_modules").is_dir():
        return {}
    manifest = code.root / MANIFEST
    own = dependencies(manifest)
    version = re.fullmatch(r"nodejs(\d+)(\..*)?", function.runtime)
    wanted = {_SDK: _SDK_VERSION} if version is not None and int(version[1]) < _FIRST_WITHOUT_SDK else {}
    if code.build is not None:
        written = read_manifest(manifest).get("devDependencies")
        wanted |= {str(name): str(spec) for name, spec in written.items()} if isinstance(written, dict) else {}
    return {name: spec for name, spec in wanted.items() if name not in own}


def _imports(root: Path, files: CodeFiles) -> frozenset[str]:
    """Return the packages that the sources below a folder import, as far as their texts tell."""
    if root not in files.imports:
        files.imports[root] = frozenset(_read_imports(root))
    return files.imports[root]


def _read_imports(root: Path) -> set[str]:
    found: set[str] = set()
    for file in _sources(root):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found.update(match["name"] for match in _MODULE.finditer(text))
    return found


def _sources(root: Path) -> Iterator[Path]:
    return find_sources(root, _SOURCE.fullmatch, SKIPPED, _MOST_FILES)
