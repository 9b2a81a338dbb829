"""The values of the root module's variables: those of the command line, the shell, ``*.tfvars`` and their defaults.

https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.errors import Problem
from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import read_document
from homeport.project.source.graft import relative_file
from homeport.project.terraform.configuration.module_files import ModuleFiles
from homeport.project.terraform.language.blocks import parse_body
from homeport.project.terraform.language.json_syntax import parse_json_values
from homeport.project.terraform.language.syntax import HclAttribute, HclError

_FROM_SHELL = "TF_VAR_"


@dataclass(slots=True)
class VariableValues:
    """The values from outside: ``texts`` are of the command line or the shell, ``attributes`` of files.

    ``files`` are the files of values, relative to the project.
    """

    texts: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, HclAttribute] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def read_variable_values(
    root: Path,
    module: ModuleFiles,
    parameters: Mapping[str, str],
    environ: Mapping[str, str],
    stage_key: str,
    diagnostics: Diagnostics,
) -> VariableValues:
    """Return the values for the variables of the root module. ``STAGE.tfvars`` is read for the stage ``stage_key``."""
    found = VariableValues(
        texts={name.removeprefix(_FROM_SHELL): value for name, value in environ.items() if name.startswith(_FROM_SHELL)}
    )
    for path in _files(module.folder, stage_key):
        file = relative_file(root, path)
        found.files.append(file)
        for name, attribute in _attributes(root, path, file, diagnostics).items():
            found.attributes[name] = attribute
            found.texts.pop(name, None)
    for name, value in parameters.items():
        if name not in module.variables:
            diagnostics.add(
                Problem(
                    f"there is no variable {name!r}",
                    module.files[0] if module.files else "",
                    hint=did_you_mean(name, module.variables),
                )
            )
        found.attributes.pop(name, None)
        found.texts[name] = value
    return found


def _files(folder: Path, stage_key: str) -> list[Path]:
    """Return the files of values, the weakest first."""
    names = ["terraform.tfvars", "terraform.tfvars.json"]
    try:
        automatic = sorted(
            path.name for path in folder.iterdir() if path.name.endswith((".auto.tfvars", ".auto.tfvars.json"))
        )
    except OSError:
        automatic = []
    of_stage = [f"{stage_key}.tfvars", f"{stage_key}.tfvars.json"]
    return [folder / name for name in (*names, *automatic, *of_stage) if (folder / name).is_file()]


def _attributes(root: Path, path: Path, file: str, diagnostics: Diagnostics) -> Mapping[str, HclAttribute]:
    try:
        if path.name.endswith(".json"):
            document, problems = read_document(root, file)
            diagnostics.add(*problems)
            return parse_json_values(document).attributes if document is not None else {}
        return parse_body(path.read_text(encoding="utf-8-sig"), file).attributes
    except HclError as error:
        diagnostics.add(Problem(error.message, file, error.line, error.hint))
    except (OSError, UnicodeDecodeError) as error:
        diagnostics.add(Problem(f"can't be read: {error}", file))
    return {}
