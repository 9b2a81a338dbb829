"""The packages of functions that have code of their own: one set for each list of packages, shared by its functions.

A list holds lines of a pip file: ``-r /project/src/requirements.txt``, ``aws-lambda-powertools[all]==3.2.0``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from homeport.errors import SetupError
from homeport.package_cache import Say, list_package_set
from homeport.project.model import Function, FunctionCode
from homeport.runtime.runtimes import is_python

NAME = "function"


def own_packages(code: FunctionCode) -> list[str]:
    """Return the list of the packages that are in a function's bundle beside its code."""
    return [f"-r {code.requirements}"] if code.requirements is not None else []


def set_key(lines: Iterable[str]) -> str:
    """Return the name by which the worker parent knows the set of a list."""
    return "\n".join(lines)


def package_lists(functions: Iterable[Function]) -> dict[tuple[str, ...], list[str]]:
    """Return the lists of packages, none of them empty, each with the names of the functions that need it."""
    lists: dict[tuple[str, ...], list[str]] = {}
    for function in functions:
        if function.code is not None and not function.fault and is_python(function.runtime or "python"):
            for lines in (own_packages(function.code), function.code.packages):
                if lines:
                    lists.setdefault(tuple(lines), []).append(function.name)
    return lists


def install_function_packages(
    cache: Path, root: Path, functions: Mapping[str, Function], python: str, version: str, say: Say
) -> dict[str, Path]:
    """Return the folders of the functions' package sets by ``set_key``, after installing those that are missing.

    A set that can't be made is named, and its functions run without it: the other ones are not to wait for it.
    """
    folders = {}
    for lines, names in package_lists(functions.values()).items():
        shown = ", ".join(line.removeprefix("-r ").removeprefix(f"{root}/") for line in lines)
        try:
            folders[set_key(lines)] = list_package_set(
                cache, NAME, lines, shown=shown, python=python, version=version, say=say
            )
        except SetupError as error:
            say(f"warning: {', '.join(names)} can't import the packages of {shown}: {error}")
    return folders
