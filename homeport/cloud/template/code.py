"""Parameters of the template with the key of each zip, and the layers that the stack makes.

``service/`` is one zip, and so is each folder of ``x-homeport: {code: …}`` and each layer. New code alone changes a
parameter and not the template.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from homeport.project.languages import language_of
from homeport.project.logical_ids import logical_ids
from homeport.project.model import EsbuildOptions, Function, FunctionCode
from homeport.project.node_code import MANIFEST, dependencies
from homeport.project.openapi.handlers import layer_requirements
from homeport.project.project import Project

BUCKET_PARAMETER = "CodeBucket"
KEY_PARAMETER = "CodeKey"
"""The key of the zip of ``service/``."""

NODE_LAYER = "nodejs"
"""https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html#packaging-layers-paths"""

_KEY = "Key"


@dataclass(frozen=True, slots=True)
class UploadedFolder:
    """A folder that is uploaded as one zip. ``name`` is relative to the project.

    ``platform`` is the runtime and the architecture for which the packages of ``requirements``, a pip file, or of
    ``manifest``, a package.json, are installed, into the folder ``packages`` of the zip. ``in_node`` says that the code
    is Node's, and ``build`` how esbuild makes it.
    """

    name: str
    root: Path
    requirements: Path | None = None
    platform: tuple[str, str] | None = None
    packages: str = ""
    manifest: Path | None = None
    in_node: bool = False
    build: EsbuildOptions | None = None

    @property
    def distinction(self) -> tuple[str, ...]:
        """The words that tell it from another zip of the same folder."""
        points = self.build.entry_points[:1] if self.build is not None else ()
        return (*(PurePosixPath(point).with_suffix("").as_posix() for point in points), *(self.platform or ()))


class CodeParameters:
    """The parameters of a project's template with the keys of zips. ``folders`` has those of folders.

    ``has_service`` says whether a function's code is in ``service/``.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        functions = list(project.api.functions.values())
        self.has_service = not functions or any(function.code is None for function in functions)
        codes = [folder for folder in map(self._folder, functions) if folder is not None]
        layers = [folder for function in functions for folder in self._layers(function)]
        self.folders = {**_parameters(codes, "code"), **_parameters(layers, "layer")}
        self._layer_folders = dict.fromkeys(layers)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return (*((KEY_PARAMETER,) if self.has_service else ()), *self.folders.values())

    def of_function(self, function: Function) -> str:
        """Return the parameter of a function's code."""
        folder = self._folder(function)
        return KEY_PARAMETER if folder is None else self.folders[folder]

    def of_layers(self, function: Function) -> tuple[str, ...]:
        """Return the parameters of the layers of a function that the stack makes."""
        return tuple(self.folders[folder] for folder in self._layers(function))

    def layers(self, function: Function) -> list[Any]:
        """Return the property ``Layers`` of a function: ARNs, and references to the layers that the stack makes."""
        made = iter(self.of_layers(function))
        written = function.code.written_layers if function.code is not None else ()
        return [layer if layer.startswith("arn:") else {"Ref": next(made).removesuffix(_KEY)} for layer in written]

    def resources(self) -> dict[str, Any]:
        """Return the layers that the stack makes.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html
        """
        return {
            self.folders[folder].removesuffix(_KEY): {
                "Type": "AWS::Lambda::LayerVersion",
                "Properties": {
                    "LayerName": {"Fn::Sub": f"${{AWS::StackName}}-{folder.name.replace('/', '-')}"},
                    "Content": {"S3Bucket": {"Ref": BUCKET_PARAMETER}, "S3Key": {"Ref": self.folders[folder]}},
                },
            }
            for folder in self._layer_folders
        }

    def _folder(self, function: Function) -> UploadedFolder | None:
        code = function.code
        if code is None:
            return None
        if language_of(function.runtime or self._project.stage.runtime) == "node":
            return self._node_folder(function, code)
        # Without packages the code is the same on each platform.
        platform = self._platform(function) if code.requirements is not None else None
        return UploadedFolder(self._relative(code.root), code.root, code.requirements, platform)

    def _node_folder(self, function: Function, code: FunctionCode) -> UploadedFolder:
        name = self._relative(code.root)
        if code.build is not None:
            return UploadedFolder(name, code.root, in_node=True, build=code.build)
        manifest, platform = self._node_packages(function, code.root)
        return UploadedFolder(name, code.root, platform=platform, manifest=manifest, in_node=True)

    def _node_packages(self, function: Function, folder: Path) -> tuple[Path | None, tuple[str, str] | None]:
        """Return the package.json of a folder and the platform of its packages, None for one that names none."""
        manifest = folder / MANIFEST
        if not dependencies(manifest):
            return None, None
        return manifest, ("nodejs", self._platform(function)[1])

    def _layers(self, function: Function) -> list[UploadedFolder]:
        layers = function.code.layers if function.code is not None else ()
        return [self._layer(function, layer) for layer in layers]

    def _layer(self, function: Function, layer: Path) -> UploadedFolder:
        name, file = self._relative(layer), layer_requirements(layer)
        if file is not None:
            return UploadedFolder(name, layer, file, self._platform(function), "python")
        manifest, platform = self._node_packages(function, layer / NODE_LAYER)
        if manifest is not None:
            return UploadedFolder(name, layer, platform=platform, packages=NODE_LAYER, manifest=manifest)
        return UploadedFolder(name, layer, packages=NODE_LAYER if (layer / NODE_LAYER).is_dir() else "python")

    def _platform(self, function: Function) -> tuple[str, str]:
        stage = self._project.stage
        return function.runtime or stage.runtime, function.architecture or stage.architecture

    def _relative(self, folder: Path) -> str:
        return folder.relative_to(self._project.root).as_posix()


def _parameters(folders: Iterable[UploadedFolder], kind: str) -> dict[UploadedFolder, str]:
    """Return a parameter for each folder: ``CodeSrcOrdersKey``, with more words where another has the same folder."""
    unique = list(dict.fromkeys(folders))
    names = [folder.name for folder in unique]
    words = {
        folder: " ".join((kind, folder.name, *(folder.distinction if names.count(folder.name) > 1 else ())))
        for folder in unique
    }
    ids = logical_ids(words.values())
    return {folder: f"{ids[text]}{_KEY}" for folder, text in words.items()}
