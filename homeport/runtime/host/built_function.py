"""The built code of a function, for an environment that is about to start."""

from __future__ import annotations

from dataclasses import dataclass, replace

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.project.model import EsbuildOptions
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.node.build import BuildError, built_code
from homeport.runtime.node.esbuild_program import find_esbuild


@dataclass(frozen=True, slots=True)
class FailedBuild:
    """A build without a result: the error payload of invocations, its type, and what the function's log says."""

    payload: bytes
    error_type: str
    log: str


def with_built_code(config: FunctionConfig, node_path: str = "") -> FunctionConfig | FailedBuild:
    """Return the configuration of a function with the folder that esbuild made of its code, if it has a build.

    ``node_path`` has the folders of packages beside the function's own ``node_modules``, joined by colons.
    """
    code = config.code
    if code is None or code.build is None:
        return config
    try:
        program = find_esbuild(code.root, read_environment().cache_dir, lambda _: None)
        made = built_code(code.root, code.build, program, node_path)
    except BuildError as error:
        return FailedBuild(error.payload, error.error_type, f"{error.text.rstrip()}\n{_hint(error, code.build)}")
    except SetupError as error:
        failed = BuildError((str(error),), "")
        return FailedBuild(failed.payload, failed.error_type, f"homeport: {config.name} was not built: {error}\n")
    return replace(config, code=replace(code, root=made))


def _hint(error: BuildError, build: EsbuildOptions) -> str:
    """Return what to do about packages that were not found, ``""`` if none was missing."""
    names = " ".join(error.packages)
    where = f" in {build.shown}" if build.shown != "." else ""
    return f"homeport: if {names} is a package of npm: npm install {names}{where}\n" if names else ""
