"""Calls of modules: where the source of each is, and its inputs.

https://developer.hashicorp.com/terraform/language/modules/sources
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from homeport.errors import Problem
from homeport.project.model import Source
from homeport.project.terraform.configuration.instances import MOST_INSTANCES, each_of
from homeport.project.terraform.configuration.module import Input, Module, ModuleOutputs, UnreadModule
from homeport.project.terraform.configuration.module_files import ModuleFiles, configuration_files, read_module_files
from homeport.project.terraform.configuration.settings import TerraformSettings
from homeport.project.terraform.configuration.state import instance_key
from homeport.project.terraform.evaluation.evaluator import HclEvaluator
from homeport.project.terraform.evaluation.values import EvaluationError, Namespace, as_number
from homeport.project.terraform.language.syntax import Block, HclAttribute, HclLiteral

_STANDINS = Path(__file__).parent.parent / "standins"
_REGISTRY = re.compile(r"terraform-aws-modules/(?:terraform-aws-)?(?P<name>[\w-]+?)(?:/aws)?(?:\.git)?(?:\?.*)?$")
_LABEL = re.compile(r"cloudposse/(?:label/null|terraform-null-label)")
_PACKING = "lambda"
"""The module that packs code by a program of its own, and is so always stood for."""
_NOT_INPUTS = frozenset(("source", "version", "count", "for_each", "providers", "depends_on"))
_DEEPEST = 20


class ModuleCalls:
    """Makes the modules that blocks call. ``modules`` are all that were made, in the order of their calls."""

    def __init__(self, settings: TerraformSettings) -> None:
        self.modules: list[Module] = []
        self._settings = settings
        self._files: dict[Path, ModuleFiles] = {}
        self._installed = _installed_modules(settings.folder)

    def make_all(self, root: Module) -> None:
        """Make every module that the root module calls, and those that these call. What can't be is reported."""
        waiting = [root]
        while waiting:
            caller = waiting.pop(0)
            before = len(self.modules)
            for name, block in caller.blocks.modules.items():
                try:
                    with caller.notes.level():
                        caller.called_module(name)
                except EvaluationError as error:
                    file, line = (error.file, error.line) if error.file else (block.file, block.line)
                    message = f"{error.message}, so module.{name} is left out"
                    self._settings.diagnostics.add(Problem(message, file, line, error.hint))
            waiting += self.modules[before:]

    def call(self, caller: Module, block: Block) -> Any:
        """Return what a reference to a module call gives: its outputs, or those of each instance."""
        attributes = block.body.attributes
        evaluator = caller.evaluator(block.file, {})
        if "count" in attributes:
            with caller.notes.level(decides=True):
                number = int(as_number(evaluator.value(attributes["count"].expression)))
            return [
                self._instance(caller, block, index, {"count": Namespace({"index": index}, "count")})
                for index in range(min(number, MOST_INSTANCES))
            ]
        if "for_each" in attributes:
            entries = evaluator.entries(attributes["for_each"].expression)
            return {
                str(key): self._instance(caller, block, str(key), {"each": each_of(str(key), value)})
                for key, value in entries
            }
        return self._instance(caller, block, None, {})

    def _instance(self, caller: Module, block: Block, key: int | str | None, names: Mapping[str, Any]) -> Any:
        name = block.labels[0]
        files, is_standin = self._source(caller, block)
        if files is None:
            return UnreadModule(caller.notes, name)
        address = f"{caller.address}module.{name}{instance_key(key)}."
        if address.count("module.") > _DEEPEST:
            raise EvaluationError("modules call each other without an end", block.line, file=block.file)
        evaluator = caller.evaluator(block.file, names)
        inputs = {
            attribute.name: _input(evaluator, attribute)
            for attribute in block.body.attributes.values()
            if attribute.name not in _NOT_INPUTS
        }
        shown_at = caller.shown_at or (Source(block.file, block.line) if is_standin else None)
        module = Module(self._settings, files, inputs, self.call, address, shown_at)
        self.modules.append(module)
        return ModuleOutputs(module)

    def _source(self, caller: Module, block: Block) -> tuple[ModuleFiles | None, bool]:
        """Return the files of a module, and whether they stand for those of a registry."""
        written = block.body.attributes.get("source")
        source = written.expression.value if written and isinstance(written.expression, HclLiteral) else None
        if not isinstance(source, str):
            self._report(block, "has no source that is a plain text", 'write source = "./FOLDER"')
            return None, False
        if source.startswith(("./", "../", "/")):
            folder = Path(os.path.normpath(caller.blocks.folder / source))
            if configuration_files(folder):
                return self._read(folder), False
            self._report(block, f"has its source in {source}, where no file of Terraform is", "check the folder")
            return None, False
        found = _REGISTRY.search(source)
        name = found["name"] if found else ("label" if _LABEL.search(source) else None)
        standin = _STANDINS / name if name else None
        installed = self._installed.get(_key(caller, block))
        if installed is not None and configuration_files(installed) and name != _PACKING:
            return self._read(installed), False
        if standin is not None and standin.is_dir():
            return self._read(standin), True
        self._report(
            block, f"comes from {source}, which is not on this machine: its resources are left out", "terraform init"
        )
        return None, False

    def _read(self, folder: Path) -> ModuleFiles:
        if folder not in self._files:
            self._files[folder] = read_module_files(self._settings.root, folder, self._settings.diagnostics)
        return self._files[folder]

    def _report(self, block: Block, message: str, hint: str) -> None:
        problem = Problem(f"module.{block.labels[0]} {message}", block.file, block.line, hint, "warning")
        self._settings.diagnostics.add(problem)

    def read_files(self) -> Iterator[ModuleFiles]:
        """Yield the modules of the owner's that were read."""
        return (files for folder, files in self._files.items() if not folder.is_relative_to(_STANDINS))


def _input(evaluator: HclEvaluator, attribute: HclAttribute) -> Input:
    return lambda _: evaluator.value(attribute.expression)


def _key(caller: Module, block: Block) -> str:
    """Return a call's key in modules.json: the names of the calls, without their instances."""
    names = re.findall(r"module\.([\w-]+)", caller.address)
    return ".".join([*names, block.labels[0]])


def _installed_modules(folder: Path) -> dict[str, Path]:
    """Return the folders of modules that ``terraform init`` has put into ``.terraform/modules``."""
    try:
        listed = json.loads((folder / ".terraform" / "modules" / "modules.json").read_text(encoding="utf-8"))
        entries = listed["Modules"]
        return {str(each["Key"]): Path(os.path.normpath(folder / str(each["Dir"]))) for each in entries if each["Key"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
