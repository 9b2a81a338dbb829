"""A cloud assembly as values: the stacks that an app synthesized, their assets, and the places that made them.

https://docs.aws.amazon.com/cdk/v2/guide/deploy.html#deploy-how-synth-assemblies
https://github.com/aws/aws-cdk-cli/tree/main/packages/@aws-cdk/cloud-assembly-schema
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.project.cdk.file_names import MANIFEST

_STACK = "aws:cloudformation:stack"
_NESTED = "cdk:cloud-assembly"
_ASSETS = "cdk:asset-manifest"
_ENVIRONMENT = re.compile(r"aws://([^/]+)/(.+)")
_TRACE = re.compile(r"(?P<file>/[^\s():]+|[A-Za-z]:[^\s():]+):(?P<line>\d+):\d+\)?$")


@dataclass(frozen=True, slots=True)
class SynthesizedStack:
    """A stack of an assembly. ``template`` is its file, absolute, and ``name`` CloudFormation's name of the stack.

    ``stage`` is the stage of the app that it belongs to, ``""`` for none. ``account`` and ``region`` are ``""`` where
    the app leaves them open. ``assets`` has the files of assets by their hash. ``traces`` has the calls that made a
    construct, by its path, the innermost first.
    """

    id: str
    name: str
    template: Path
    stage: str = ""
    account: str = ""
    region: str = ""
    assets: Mapping[str, Path] = field(default_factory=dict)
    traces: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assembly:
    """The stacks of an app, those of its stages included. ``missing`` are what it would look up on AWS."""

    stacks: tuple[SynthesizedStack, ...]
    missing: tuple[str, ...] = ()


def read_assembly(folder: Path) -> Assembly | str:
    """Read the assembly in a folder, or return why it can't be read."""
    try:
        return _read(folder, folder, "")
    except (OSError, ValueError) as error:
        return f"{MANIFEST} can't be read: {error}"


def _read(folder: Path, top: Path, stage: str) -> Assembly:
    manifest = _json_map(folder / MANIFEST)
    artifacts = {name: each for name, each in _map(manifest.get("artifacts")).items() if isinstance(each, dict)}
    assets = {hash: path for each in artifacts.values() for hash, path in _assets(folder, top, each)}
    stacks: list[SynthesizedStack] = []
    missing = [str(_map(each).get("key")) for each in _list(manifest.get("missing"))]
    for name, artifact in artifacts.items():
        properties = _map(artifact.get("properties"))
        if artifact.get("type") == _STACK and isinstance(properties.get("templateFile"), str):
            stacks.append(_stack(folder, name, artifact, stage, assets))
        elif artifact.get("type") == _NESTED and isinstance(properties.get("directoryName"), str):
            inner = _read(folder / properties["directoryName"], top, str(properties.get("displayName") or name))
            stacks += inner.stacks
            missing += inner.missing
    return Assembly(tuple(stacks), tuple(dict.fromkeys(missing)))


def _stack(
    folder: Path, name: str, artifact: Mapping[str, Any], stage: str, assets: Mapping[str, Path]
) -> SynthesizedStack:
    properties = _map(artifact["properties"])
    environment = _ENVIRONMENT.fullmatch(str(artifact.get("environment", "")))
    account, region = environment.groups() if environment is not None else ("", "")
    return SynthesizedStack(
        id=name,
        name=str(properties.get("stackName") or name),
        template=folder / properties["templateFile"],
        stage=stage,
        account="" if account.startswith("unknown") else account,
        region="" if region.startswith("unknown") else region,
        assets=assets,
        traces=dict(_traces(folder, artifact)),
        dependencies=tuple(map(str, _list(artifact.get("dependencies")))),
    )


def _assets(folder: Path, top: Path, artifact: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Yield the hashes and files of assets: those of a manifest of assets, and of the metadata of older apps."""
    file = _map(artifact.get("properties")).get("file")
    if artifact.get("type") == _ASSETS and isinstance(file, str):
        with suppress(OSError, ValueError):
            for key, asset in _map(_json_map(folder / file).get("files")).items():
                path = _map(_map(asset).get("source")).get("path")
                if isinstance(path, str):
                    yield key, asset_file(folder, top, path)
    for entries in _map(artifact.get("metadata")).values():
        for entry in _list(entries):
            data = _map(_map(entry).get("data"))
            if _map(entry).get("type") == "aws:cdk:asset" and isinstance(data.get("path"), str):
                yield str(data.get("id") or data.get("sourceHash")), asset_file(folder, top, data["path"])


def asset_file(folder: Path, top: Path, path: str) -> Path:
    """Return the file of an asset: a path is relative to the assembly's folder, or to that of the whole app."""
    return next((each / path for each in (folder, top) if (each / path).exists()), folder / path)


def _traces(folder: Path, artifact: Mapping[str, Any]) -> Iterator[tuple[str, tuple[tuple[str, int], ...]]]:
    metadata = dict(_map(artifact.get("metadata")))
    more = artifact.get("additionalMetadataFile")
    if isinstance(more, str):
        with suppress(OSError, ValueError):
            metadata |= _json_map(folder / more)
    for path, entries in metadata.items():
        lines: list[Any] = []
        for entry in _list(entries):
            found = _map(entry)
            trace = found.get("data" if found.get("type") == "aws:cdk:creationStack" else "trace")
            lines += _list(trace)
        places = [(match["file"], int(match["line"])) for match in map(_TRACE.search, map(str, lines)) if match]
        if places:
            yield path.lstrip("/"), tuple(places)


def _json_map(file: Path) -> dict[str, Any]:
    found = json.loads(file.read_text(encoding="utf-8-sig"))
    if not isinstance(found, dict):
        raise ValueError(f"{file.name} holds no map")
    return found


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
