"""The files of a module's folder, merged: its variables, locals, resources, module calls and outputs.

https://developer.hashicorp.com/terraform/language/files
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from homeport.errors import Problem
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import read_document
from homeport.project.source.graft import relative_file
from homeport.project.terraform.language.blocks import parse_body
from homeport.project.terraform.language.json_syntax import parse_json_body
from homeport.project.terraform.language.syntax import Block, HclAttribute, HclBody, HclError

SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json")
_LARGEST = 6 * 1024 * 1024


@dataclass(slots=True)
class ModuleFiles:
    """The blocks of a module by their names. ``resources`` and ``data`` have pairs of type and name as keys.

    ``folder`` is absolute, ``files`` are relative to the project. ``providers`` has the blocks in their order.
    """

    folder: Path
    files: list[str] = field(default_factory=list)
    variables: dict[str, Block] = field(default_factory=dict)
    locals: dict[str, HclAttribute] = field(default_factory=dict)
    resources: dict[tuple[str, str], Block] = field(default_factory=dict)
    data: dict[tuple[str, str], Block] = field(default_factory=dict)
    modules: dict[str, Block] = field(default_factory=dict)
    outputs: dict[str, Block] = field(default_factory=dict)
    providers: list[Block] = field(default_factory=list)


def configuration_files(folder: Path) -> list[Path]:
    """Return the files of a module in Terraform's order: overrides come last, and ``.tofu`` replaces ``.tf``."""
    try:
        found = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES) and path.is_file())
    except OSError:
        return []
    names = {path.name for path in found}
    kept = [path for path in found if path.name.replace(".tf", ".tofu") not in names or ".tofu" in path.name]
    return sorted((path for path in kept if not path.name.startswith(".")), key=_is_override)


def _is_override(path: Path) -> bool:
    stem = path.name.partition(".")[0]
    return stem == "override" or stem.endswith("_override")


def read_module_files(root: Path, folder: Path, diagnostics: Diagnostics) -> ModuleFiles:
    """Read the files of a folder; one that is no HCL is reported and left out. ``root`` is the project."""
    module = ModuleFiles(folder)
    for path in configuration_files(folder):
        file = relative_file(root, path)
        module.files.append(file)
        body = read_body(root, path, diagnostics)
        if body is not None:
            _add(module, body, diagnostics, overrides=_is_override(path))
    return module


def read_body(root: Path, path: Path, diagnostics: Diagnostics) -> HclBody | None:
    """Read a file; None if it is no HCL or JSON, which is reported."""
    file = relative_file(root, path)
    try:
        if path.name.endswith(".json"):
            document, problems = read_document(root, file)
            diagnostics.add(*problems)
            return parse_json_body(document) if document is not None else None
        if path.stat().st_size > _LARGEST:
            raise HclError("is too large for a file of Terraform", 0, "split it")
        return parse_body(path.read_text(encoding="utf-8-sig"), file)
    except HclError as error:
        diagnostics.add(Problem(error.message, file, error.line, error.hint))
    except UnicodeDecodeError as error:
        diagnostics.add(Problem(f"is not UTF-8: {error.reason}", file, hint="save the file as UTF-8"))
    except OSError as error:
        diagnostics.add(Problem(f"can't be read: {error.strerror}", file))
    return None


def _add(module: ModuleFiles, body: HclBody, diagnostics: Diagnostics, *, overrides: bool) -> None:
    named = {"variable": module.variables, "module": module.modules, "output": module.outputs}
    typed = {"resource": module.resources, "data": module.data}
    for block in body.blocks:
        match block.type, block.labels:
            case "locals", _:
                module.locals.update(block.body.attributes)
            case "provider", _:
                module.providers.append(block)
            case kind, (name,) if kind in named:
                _put(named[kind], name, block, diagnostics, overrides=overrides)
            case kind, (type, name) if kind in typed:
                _put(typed[kind], (type, name), block, diagnostics, overrides=overrides)


def _put(into: dict, key: object, block: Block, diagnostics: Diagnostics, *, overrides: bool) -> None:  # type: ignore[type-arg]
    known = into.get(key)
    if known is None:
        into[key] = block
    elif overrides:
        into[key] = _overridden(known, block)
    else:
        shown = ".".join(block.labels)
        diagnostics.add(
            Problem(
                f"{block.type} {shown} is there twice: first in {known.file}:{known.line}",
                block.file,
                block.line,
                "rename one of them",
            )
        )


def _overridden(block: Block, by: Block) -> Block:
    """Return a block with what an override says instead.

    https://developer.hashicorp.com/terraform/language/files/override
    """
    replaced = {each.type for each in by.body.blocks}
    body = HclBody(
        {**block.body.attributes, **by.body.attributes},
        [*(each for each in block.body.blocks if each.type not in replaced), *by.body.blocks],
    )
    return Block(block.type, block.labels, body, block.file, block.line)
