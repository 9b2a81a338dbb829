"""Warnings before a deployment, for which AWS need not be asked."""

from __future__ import annotations

import os
from pathlib import Path

from homeport.cloud.code_bundles import requirements_files
from homeport.cloud.python_dependencies import unpinned_requirements
from homeport.project.languages import language_of
from homeport.project.project import Project
from homeport.runtime.host.interpreter import find_interpreter


def deploy_warnings(project: Project) -> list[str]:
    """Return what is worth a look before a deployment: another Python than the runtime's, versions left open."""
    found = []
    runtimes = (function.runtime or project.stage.runtime for function in project.api.functions.values())
    in_python = any(language_of(runtime) == "python" for runtime in runtimes)
    interpreter = find_interpreter(project.stage.python_runtime, os.environ.get("PATH", ""), Path.home()).warning
    if interpreter and in_python:
        found.append(f"{interpreter}: what was tested here ran on another one")
    for name, file in requirements_files(project).items():
        if loose := unpinned_requirements(file.read_text()):
            found.append(f"{name} leaves the version open: {', '.join(loose)} (write NAME==VERSION)")
    return found
