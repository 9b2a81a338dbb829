"""Rules that read further files: the handlers' code and the stage's seed data."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.load import SEED_FOLDER, Project

_ARGUMENTS = 2


def handlers(project: Project) -> Iterator[Problem]:
    """Every handler is Python and takes an event and a context."""
    settings = {operation.handler for operation in project.api.operations}
    settings |= {function.handler for function in project.api.functions.values() if not function.generated}
    for setting in sorted(settings):
        module, _, name = setting.rpartition(".")
        file = f"{module.replace('.', '/')}.py"
        try:
            tree = ast.parse((project.root / file).read_bytes())
        except OSError:
            continue
        except SyntaxError as error:
            yield Problem(f"syntax error: {error.msg}", file, error.lineno or 0, "mend it")
            continue
        except (ValueError, RecursionError, MemoryError):
            yield Problem("this is no Python source", file, 0, "save it as UTF-8 text")
            continue
        yield from _arguments(tree, name, file)


def _arguments(tree: ast.Module, name: str, file: str) -> Iterator[Problem]:
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef) or statement.name != name or statement.decorator_list:
            continue
        taken = statement.args
        positional = len(taken.posonlyargs) + len(taken.args)
        required = positional - len(taken.defaults)
        keyword_only = [default for default in taken.kw_defaults if default is None]
        if required > _ARGUMENTS or (positional < _ARGUMENTS and taken.vararg is None) or keyword_only:
            yield Problem(
                f"{name} does not take the two arguments that Lambda calls it with",
                file,
                statement.lineno,
                f"write def {name}(event, context)",
            )


def seed(project: Project) -> Iterator[Problem]:
    """The stage's seed data is JSON."""
    file = project.seed_file
    if file is None:
        return
    name = f"{SEED_FOLDER}/{file.name}"
    try:
        json.loads(file.read_bytes())
    except json.JSONDecodeError as error:
        yield Problem(f"not JSON: {error.msg}", name, error.lineno, "mend it")
    except (ValueError, RecursionError):
        yield Problem("not JSON in UTF-8", name, 0, "mend it")
