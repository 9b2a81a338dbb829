"""The built code of a function, for an environment that is about to start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.package_cache import Say
from homeport.project.model import EsbuildOptions, Function, FunctionCode
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.node.build import Build, BuildError, built_code
from homeport.runtime.node.esbuild_program import find_esbuild, kit_esbuild, own_esbuild
from homeport.runtime.node.packages import node_package_folder


@dataclass(frozen=True, slots=True)
class FailedBuild:
    """A build without a result: the error payload of invocations, its type, and what the function's log says."""

    payload: bytes
    error_type: str
    log: str


@dataclass(frozen=True, slots=True)
class BuiltFunction:
    """A function's configuration with the folder that its code is run from. ``build`` is None for code as it is."""

    config: FunctionConfig
    build: Build | None = None

    def is_outdated(self) -> bool:
        """Return whether a source outside of the code's folder has changed, which nobody else follows."""
        return self.build is not None and self.build.is_outdated()


def built_function(config: FunctionConfig) -> BuiltFunction | FailedBuild:
    """Return a function with the folder that esbuild made of its code, if it has a build."""
    code = config.code
    if code is None or code.build is None:
        return BuiltFunction(config)
    try:
        cache = read_environment().cache_dir
        esbuild = find_esbuild(code.root, cache, lambda _: None)
        made = built_code(code.root, code.build, esbuild, _packages(code, cache))
    except BuildError as error:
        return FailedBuild(error.payload, error.error_type, f"{error.text.rstrip()}\n{_hint(error, code.build)}")
    except (SetupError, OSError) as error:
        failed = BuildError((str(error),), "")
        return FailedBuild(failed.payload, failed.error_type, f"homeport: {config.name} was not built: {error}\n")
    program = config.program
    if program is not None and made.visible:
        program = replace(program, visible=(*program.visible, *made.visible))
    return BuiltFunction(replace(config, code=replace(code, root=made.folder), program=program), made)


def _packages(code: FunctionCode, cache: Path) -> str:
    """Return the folder of the code's packages where it has no ``node_modules`` of its own, ``""`` where it has."""
    own = (each for each in code.manifests if not any(each.is_relative_to(layer) for layer in code.layers))
    return ":".join(str(node_package_folder(cache, manifest) / "node_modules") for manifest in own)


def prepare_builds(functions: Iterable[Function], cache: Path, say: Say) -> None:
    """Install esbuild if a function needs the kit's own, so that no invocation waits for it."""
    folders = (each.code.root for each in functions if each.code is not None and each.code.build is not None)
    if any(own_esbuild(folder) is None for folder in folders):
        try:
            kit_esbuild(cache, say)
        except SetupError as error:
            say(f"warning: TypeScript can't be built: {error}")


def _hint(error: BuildError, build: EsbuildOptions) -> str:
    """Return what to do about packages that were not found, ``""`` if none was missing."""
    names = " ".join(error.packages)
    where = f" in {build.shown}" if build.shown != "." else ""
    return f"homeport: if {names} is a package of npm: npm install {names}{where}\n" if names else ""
