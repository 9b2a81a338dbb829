"""The code of an app's functions and layers: a folder of its owner's, a build from the owner's files, or an asset."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from homeport.project.cdk.assembly import asset_file
from homeport.project.cdk.bundles import DockerBundle, EsbuildBundle, read_bundle
from homeport.project.cdk.live_sources import LiveSources
from homeport.project.cdk.stack_scope import StackScope
from homeport.project.cloudformation.functions.esbuild import RECORDED_BUILD
from homeport.project.languages import language_of
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document

FUNCTION = "AWS::Lambda::Function"
_LAYER = "AWS::Lambda::LayerVersion"
_HASH = re.compile(r"[0-9a-f]{64}")
_ENDINGS = {"python": (".py",), "node": (".js", ".mjs", ".cjs", ".ts", ".mts")}
_PROPERTIES = {FUNCTION: "Code", _LAYER: "Content"}
_FILES = ("BodyS3Location", "DefinitionS3Location")


class CodePlaces:
    """Puts the place of the code into the functions and layers of a merged template, in place."""

    def __init__(self, root: Path, assembly: Path, diagnostics: Diagnostics) -> None:
        self._root = root
        self._assembly = assembly
        self._diagnostics = diagnostics
        self._live = LiveSources(root)
        self._document = Document("", None, {})

    def fill(self, document: Document, owners: dict[str, StackScope]) -> None:
        """Fill in the code of every resource; ``owners`` has the stack of each."""
        self._document = document
        for logical_id, resource in document.value["Resources"].items():
            properties = resource.get("Properties")
            if not isinstance(properties, dict):
                continue
            property = _PROPERTIES.get(str(resource.get("Type")))
            if property is not None:
                self._fill(logical_id, resource, properties, property, owners[logical_id])
            for location in _FILES:
                found = self._asset(properties.get(location), resource, location, owners[logical_id])
                if found is not None and found.is_file():
                    properties[location] = {"LocalPath": str(found)}

    def _fill(
        self, logical_id: str, resource: dict[str, Any], properties: dict[str, Any], property: str, scope: StackScope
    ) -> None:
        asset = self._asset(properties.get(property), resource, property, scope)
        if asset is None:
            return
        bundle = read_bundle(asset)
        if isinstance(bundle, EsbuildBundle):
            self._set_esbuild(resource, properties, property, bundle)
        elif isinstance(bundle, DockerBundle):
            self._set_docker(logical_id, resource, properties, property, bundle)
        elif property == "Code" and asset.parent == self._assembly:
            self._set_copied(logical_id, resource, properties, asset)
        else:
            properties[property] = str(asset)

    def _asset(self, written: Any, resource: dict[str, Any], property: str, scope: StackScope) -> Path | None:
        """Return the file or folder of the asset that a property names, None for what is no asset."""
        if not isinstance(written, dict) or not ({"S3Key", "Key"} & written.keys()):
            return None
        folder = scope.stack.template.parent
        metadata = resource.get("Metadata")
        marks = metadata if isinstance(metadata, dict) else {}
        path = marks.get("aws:asset:path")
        if isinstance(path, str) and str(marks.get("aws:asset:property", property)).partition(".")[0] == property:
            return asset_file(folder, self._assembly, path)
        hashes = _HASH.findall(json.dumps(written))
        return next((scope.stack.assets[each] for each in hashes if each in scope.stack.assets), None)

    def _set_esbuild(
        self, resource: dict[str, Any], properties: dict[str, Any], property: str, bundle: EsbuildBundle
    ) -> None:
        properties[property] = str(bundle.root)
        options = {"EntryPoint": bundle.entry, "Options": list(bundle.options)}
        resource["Metadata"] = {"BuildMethod": RECORDED_BUILD, "BuildProperties": options}

    def _set_docker(
        self,
        logical_id: str,
        resource: dict[str, Any],
        properties: dict[str, Any],
        property: str,
        bundle: DockerBundle,
    ) -> None:
        """Have code that a container fills run from the sources that the container would read."""
        if property == "Content":
            runtimes = properties.get("CompatibleRuntimes")
            found = [each for each in runtimes if isinstance(each, str)] if isinstance(runtimes, list) else []
            properties[property] = str(bundle.root)
            resource["Metadata"] = {"BuildMethod": found[0] if found else "python3.13"}
            return
        module, endings = _module(properties)
        folder = _folder_with(bundle.root, module, endings)
        properties[property] = str(folder or bundle.root)
        if folder is None and endings:
            self._warn(
                logical_id,
                f"the code of {logical_id} is made in Docker ({bundle.command[:80]}), and {bundle.root.name} has no "
                f"{module}{endings[0]} from which it could run",
                "bundle from a folder that has the handler's file",
            )

    def _set_copied(self, logical_id: str, resource: dict[str, Any], properties: dict[str, Any], asset: Path) -> None:
        """Have code of a cdk.out run from the sources in the project, where they are found."""
        module, endings = _module(properties)
        metadata = resource.get("Metadata")
        # Older apps do not say whether an asset is a bundle; that of NodejsFunction is index.js.
        said = metadata.get("aws:asset:is-bundled") if isinstance(metadata, dict) else None
        is_bundled = said is True or (said is None and module == "index")
        entry = None
        if ".js" in endings and (is_bundled or not asset.is_dir()):
            path = str(metadata.get("aws:cdk:path")) if isinstance(metadata, dict) else ""
            construct = path.removesuffix("/Resource").rpartition("/")[2]
            entry = self._live.entry_of(asset, str(properties.get("Handler")), construct)
        folder = self._live.folder_of(asset, module, endings) if endings and entry is None else None
        if entry is not None:
            self._set_esbuild(resource, properties, "Code", entry)
            return
        if folder is not None and not (is_bundled and ".js" in endings):
            properties["Code"] = str(folder)
            return
        properties["Code"] = str(asset)
        shown = f"{asset.parent.name}/{asset.name[:20]}…"
        if not asset.exists():
            message = f"the code of {logical_id}, {shown}, is not there, and its sources are not found in the project"
            self._warn(logical_id, message, "synthesize the app again: cdk synth")
        elif endings and "custom-resource" not in str(metadata):
            message = f"{logical_id} runs from {shown}: the sources of it are not found in the project"
            self._warn(logical_id, message, "after a change: cdk synth")

    def _warn(self, logical_id: str, message: str, hint: str) -> None:
        self._diagnostics.add(self._document.at("Resources", logical_id).warning(message, hint))


def _module(properties: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the path of the handler's file without its ending, and the endings that it may have."""
    handler, runtime = properties.get("Handler"), properties.get("Runtime")
    if isinstance(runtime, dict):
        # NodejsFunction and others take the newest runtime of a region from a mapping.
        runtime = "nodejs" if "node" in json.dumps(runtime).lower() else "python"
    endings = _ENDINGS.get(language_of(str(runtime)) or ("node" if str(runtime).startswith("nodejs") else ""), ())
    module = str(handler).rpartition(".")[0]
    return (module if ".js" in endings else module.replace(".", "/")), endings


def _folder_with(root: Path, module: str, endings: tuple[str, ...]) -> Path | None:
    """Return the folder in which a handler's file is: the root of the sources, or the only one below it."""
    if any((root / f"{module}{ending}").is_file() for ending in endings):
        return root
    found = [each for ending in endings for each in root.glob(f"*/{module}{ending}")]
    found += [each for ending in endings for each in root.glob(f"*/*/{module}{ending}") if not found]
    folders = {Path(str(each)[: -len(f"/{module}{each.suffix}")]) for each in found}
    kept = [each for each in folders if not {"node_modules", ".venv", "venv", "cdk.out"} & set(each.parts)]
    return kept[0] if len(kept) == 1 else None
