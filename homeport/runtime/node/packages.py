"""The npm packages of functions whose package.json has them and whose folder has no ``node_modules``.

``sam build`` installs them, into the bundle. Here a project that runs in place is not written to: they are installed
into the kit's cache, once for each content of package.json and its lock, and found after the function's own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from homeport.errors import SetupError
from homeport.package_cache import Say, make_once
from homeport.project.model import Function, FunctionCode
from homeport.project.node_code import LOCKS, MANIFEST, read_manifest
from homeport.runtime.node.npm import NPMRC, run_npm
from homeport.runtime.program import RuntimeProgram

# The lock is compared with all of these. Scripts of the project itself need its sources, and are none of a package.
_KEPT = (
    *("name", "version", "dependencies", "devDependencies", "optionalDependencies", "peerDependencies"),
    "overrides",
)
_OPTIONS = ("--omit=dev", "--install-links")


def node_package_folder(cache: Path, manifest: Path) -> Path:
    """Return the folder of the packages that a package.json names, which may not exist yet."""
    digest = hashlib.sha256(json.dumps(_manifest(manifest), sort_keys=True).encode())
    for file in (*_locks(manifest), manifest.with_name(NPMRC)):
        digest.update(b"\0" + (file.read_bytes() if file.is_file() else b""))
    return cache / f"npm-{digest.hexdigest()[:16]}"


def install_node_packages(
    cache: Path, root: Path, functions: Iterable[Function], say: Say, npm: str | None
) -> dict[str, Path]:
    """Return the folders of the functions' npm packages by package.json, after installing those that are missing.

    ``npm`` is the program, None where there is none. Packages that can't be installed are named, with their functions.
    """
    users: dict[Path, list[str]] = {}
    for function in functions:
        for manifest in function.code.manifests if function.code is not None and not function.fault else ():
            users.setdefault(manifest, []).append(function.name)
    folders = {}
    for manifest, names in users.items():
        shown = str(manifest.relative_to(root) if manifest.is_relative_to(root) else manifest)
        try:
            folders[f"npm {manifest}"] = _install(cache, manifest, shown, npm, say)
        except SetupError as error:
            say(f"warning: {', '.join(names)} can't import the packages of {shown}: {error}")
    return folders


def with_packages(program: RuntimeProgram, code: FunctionCode | None, cache: Path) -> RuntimeProgram:
    """Return the program of a function in Node.js that finds the packages in the kit's cache."""
    folders = [node_package_folder(cache, manifest) for manifest in code.manifests] if code is not None else []
    if not folders:
        return program
    before = program.environment.get("NODE_PATH", "")
    path = os.pathsep.join(filter(None, (*(str(folder / "node_modules") for folder in folders), before)))
    return replace(
        program,
        environment={**program.environment, "NODE_PATH": path},
        visible=(*program.visible, *folders),
    )


def _install(cache: Path, manifest: Path, shown: str, npm: str | None, say: Say) -> Path:
    def install(draft: Path) -> None:
        if npm is not None:
            say(f"installing the packages of {shown} (once)")
        (draft / MANIFEST).write_text(json.dumps(_manifest(manifest)), encoding="utf-8")
        for file in (*_locks(manifest), manifest.with_name(NPMRC)):
            if file.is_file():
                shutil.copyfile(file, draft / file.name)
        run = partial(run_npm, npm, draft, shown=f"what {shown} names", scripts=True)
        if any((draft / lock).is_file() for lock in LOCKS):
            with suppress(SetupError):
                return run("ci", *_OPTIONS)
        # sam build takes this one in any case; npm ci wants the lock to be up to date.
        return run("install", *_OPTIONS)

    return make_once(node_package_folder(cache, manifest), install)


def _locks(manifest: Path) -> list[Path]:
    # A lock names the files that package.json does, by places that are others in the cache.
    local = any(spec.startswith("file:") for specs in _specs(read_manifest(manifest)) for spec in specs.values())
    return [] if local else [manifest.with_name(name) for name in LOCKS]


def _manifest(manifest: Path) -> dict[str, Any]:
    """Return what npm needs of a package.json, the places of files absolute."""
    written = read_manifest(manifest)
    kept = {key: written[key] for key in _KEPT if key in written}
    if not any(file.is_file() for file in _locks(manifest)):
        # Without a lock nothing compares them, and npm would look for each of them.
        kept.pop("devDependencies", None)
    for key in ("dependencies", "devDependencies", "optionalDependencies"):
        if isinstance(specs := kept.get(key), dict):
            kept[key] = {name: _absolute(spec, manifest.parent) for name, spec in specs.items()}
    return kept


def _absolute(spec: object, folder: Path) -> object:
    if not isinstance(spec, str) or not spec.startswith("file:"):
        return spec
    return f"file:{os.path.normpath(folder / spec.removeprefix('file:'))}"


def _specs(written: Mapping[str, Any]) -> Iterable[dict[str, str]]:
    for key in ("dependencies", "optionalDependencies"):
        if isinstance(specs := written.get(key), dict):
            yield {name: spec for name, spec in specs.items() if isinstance(spec, str)}
