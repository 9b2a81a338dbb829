"""The zips of a project's code by the parameter of the template that has their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from homeport.cloud.bundle import IN_OWN_CODE, Bundle, make_bundle, make_folder_bundle
from homeport.cloud.node_bundle import IN_NODE, installed_files, make_built_bundle, node_package_files
from homeport.cloud.python_dependencies import LambdaPlatform, dependency_files
from homeport.cloud.template.code import KEY_PARAMETER, NODE_LAYER, CodeParameters, UploadedFolder
from homeport.package_cache import Say
from homeport.project.project import Project


def make_bundles(project: Project, cache: Path, secrets: Mapping[str, str], say: Say) -> Iterator[tuple[str, Bundle]]:
    """Yield the parameter and the zip of ``service/``, of each code folder and of each layer. Raises BundleError."""
    parameters, stage = CodeParameters(project), project.stage
    if parameters.has_service:
        platform = LambdaPlatform(stage.python_runtime, stage.architecture)
        packages = dependency_files(cache, project.requirements, platform, say)
        bundle = make_bundle(project, packages, secrets)
        say(f"bundled service/: {bundle.summary}")
        yield KEY_PARAMETER, bundle
    for folder, parameter in parameters.folders.items():
        bundle = _folder_bundle(folder, cache, secrets, say)
        say(f"bundled {folder.name}/: {bundle.summary}")
        yield parameter, bundle


def _folder_bundle(folder: UploadedFolder, cache: Path, secrets: Mapping[str, str], say: Say) -> Bundle:
    if folder.build is not None:
        return make_built_bundle(folder.root, folder.build, cache, secrets, say)
    packages: dict[str, Path] = {}
    if folder.platform is not None and folder.manifest is not None:
        packages = node_package_files(cache, folder.manifest, folder.platform[1], say, folder.name)
    elif folder.platform is not None:
        packages = dependency_files(cache, folder.requirements, LambdaPlatform(*folder.platform), say, folder.name)
    elif folder.packages == NODE_LAYER:
        packages = installed_files(folder.root / NODE_LAYER)
    placed = {f"{folder.packages}/{name}".lstrip("/"): file for name, file in packages.items()}
    return make_folder_bundle(folder.root, folder.name, placed, secrets, IN_NODE if folder.in_node else IN_OWN_CODE)


def requirements_files(project: Project) -> dict[str, Path]:
    """Return the requirements files of everything that is bundled, by their names in the project."""
    parameters = CodeParameters(project)
    own = [project.requirements] if parameters.has_service else []
    files = [file for file in (*own, *(folder.requirements for folder in parameters.folders)) if file is not None]
    return {file.relative_to(project.root).as_posix(): file for file in files}
