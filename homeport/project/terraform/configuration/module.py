"""A module: what the names in its expressions stand for, and the modules that it calls.

https://developer.hashicorp.com/terraform/language/expressions/references
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from homeport.project.model import Source
from homeport.project.names import did_you_mean, nearest
from homeport.project.terraform.configuration.instances import (
    Instances,
    ResourceInstance,
    every_instance,
    make_instances,
)
from homeport.project.terraform.configuration.module_files import ModuleFiles
from homeport.project.terraform.configuration.settings import TerraformSettings
from homeport.project.terraform.evaluation.evaluator import HclEvaluator
from homeport.project.terraform.evaluation.functions import FunctionFiles
from homeport.project.terraform.evaluation.type_constraints import convert, placeholder_of
from homeport.project.terraform.evaluation.values import (
    EvaluationError,
    GuessedValue,
    GuessNotes,
    LazyObject,
    Namespace,
    Noted,
    StandInText,
    as_bool,
)
from homeport.project.terraform.language.syntax import Block, Expression
from homeport.project.terraform.lines import ValueLines

Input = Callable[[Expression | None], Any]
"""The value that a caller gives a variable of the type of an expression."""


class Module:
    """A module of a configuration. ``address`` is ``""`` for the root, else like ``module.api.``.

    ``shown_at`` is the place that stands for all places in a module that the owner did not write. ``callee`` makes the
    modules that a block calls.
    """

    def __init__(
        self,
        settings: TerraformSettings,
        files: ModuleFiles,
        inputs: Mapping[str, Input],
        callee: Callable[[Module, Block], Any],
        address: str = "",
        shown_at: Source | None = None,
    ) -> None:
        self.settings = settings
        self.blocks = files
        self.address = address
        self.shown_at = shown_at
        self.missing: dict[str, Source] = {}
        self._inputs = inputs
        self._callee = callee
        self._known: dict[str, tuple[Any, Noted]] = {}
        self._open: list[str] = []
        self._roots: Mapping[str, Callable[[], Any]] = {
            "var": lambda: _Lookup("variable", files.variables, self._variable),
            "local": lambda: _Lookup("local value", files.locals, self._local),
            "module": lambda: _Lookup("module", files.modules, self.called_module),
            "data": lambda: _DataTypes(self),
            "path": self._path,
            "terraform": lambda: Namespace({"workspace": settings.workspace}, "terraform"),
        }

    @property
    def files(self) -> FunctionFiles:
        """The files that functions read."""
        return self.settings.files

    @property
    def notes(self) -> GuessNotes:
        """The notes of values that are not known."""
        return self.settings.notes

    @property
    def lines(self) -> ValueLines:
        """The lines of objects and lists."""
        return self.settings.lines

    def evaluator(self, file: str, names: Mapping[str, Any]) -> HclEvaluator:
        """Return an evaluator for the expressions of a file of this module."""
        return HclEvaluator(self, file, names, self.shown_at)

    def root(self, name: str) -> Any:
        """Return what a first name stands for. Raises EvaluationError."""
        if name in self._roots:
            return self._roots[name]()
        if name in ("each", "count", "self"):
            raise EvaluationError(f"{name!r} has no meaning here")
        return _ResourcesOfType(self, name)

    def instances(self, block: Block) -> list[ResourceInstance]:
        """Return the instances of a resource or a data source. Raises EvaluationError."""
        return every_instance(self.resource(block))

    def resource(self, block: Block) -> Instances:
        """Return what a reference to a resource gives. Raises EvaluationError."""
        found: Instances = self._once(f"{block.type}.{'.'.join(block.labels)}", lambda: make_instances(self, block))
        return found

    def called_module(self, name: str) -> Any:
        """Return what a reference to a module call gives. Raises EvaluationError."""
        return self._once(f"module.{name}", lambda: self._callee(self, self.blocks.modules[name]))

    def output(self, name: str) -> Any:
        """Return an output. Raises EvaluationError."""
        block = self.blocks.outputs.get(name)
        if block is None:
            raise EvaluationError(
                f"{self.address.rstrip('.')} has no output {name!r}", hint=did_you_mean(name, self.blocks.outputs)
            )
        attribute = block.body.attributes.get("value")
        if attribute is None:
            return None
        return self._once(f"output.{name}", lambda: self.evaluator(block.file, {}).value(attribute.expression))

    def _variable(self, name: str) -> Any:
        block = self.blocks.variables[name]
        return self._once(f"var.{name}", lambda: self._value_of_variable(name, block))

    def _value_of_variable(self, name: str, block: Block) -> Any:
        attributes = block.body.attributes
        type = attributes["type"].expression if "type" in attributes else None
        evaluator = self.evaluator(block.file, {})
        with self._of_variable(name, block):
            if name in self._inputs:
                value = self._inputs[name](type)
                # https://developer.hashicorp.com/terraform/language/values/variables#disallowing-null-input-values
                is_nullable = "nullable" not in attributes or as_bool(
                    evaluator.value(attributes["nullable"].expression)
                )
                if value is not None or is_nullable or "default" not in attributes:
                    return convert(value, type, evaluator.value)
            if "default" in attributes:
                return convert(evaluator.value(attributes["default"].expression), type, evaluator.value)
        self.missing[name] = Source(block.file, block.line)
        found = placeholder_of(name, type)
        hint = f"--parameter {name}=VALUE, TF_VAR_{name}, or a line in terraform.tfvars"
        self.notes.note(GuessedValue(name, hint, has_keys=type is None or isinstance(found, list | dict)))
        return found

    @contextmanager
    def _of_variable(self, name: str, block: Block) -> Iterator[None]:
        try:
            yield
        except EvaluationError as error:
            if not error.file:
                error.message = f"the variable {name!r}: {error.message}"
                error.file, error.line = block.file, block.line
            raise

    def _local(self, name: str) -> Any:
        attribute = self.blocks.locals[name]
        return self._once(f"local.{name}", lambda: self.evaluator(attribute.file, {}).value(attribute.expression))

    def _path(self) -> Namespace:
        settings = self.settings
        try:
            module = self.blocks.folder.relative_to(settings.folder).as_posix()
        except ValueError:
            module = str(self.blocks.folder)
        return Namespace({"module": module, "root": ".", "cwd": str(settings.folder)}, "path")

    def _once(self, key: str, work_out: Callable[[], Any]) -> Any:
        """Work out a value once; notes of what it hangs on are made each time."""
        if key not in self._known:
            if key in self._open:
                raise EvaluationError(f"{key} needs itself: {' needs '.join([*self._open, key])}")
            self._open.append(key)
            try:
                with self.notes.level() as noted:
                    value = work_out()
            finally:
                self._open.pop()
            self._known[key] = value, noted
        value, noted = self._known[key]
        self.notes.add(noted)
        return value


class _Lookup(LazyObject):
    """The variables, locals or module calls of a module."""

    def __init__(self, subject: str, known: Mapping[str, object], value_of: Callable[[str], Any]) -> None:
        self._subject = subject
        self._names = known
        self._value_of = value_of

    def attribute(self, name: str) -> Any:
        if name not in self._names:
            raise EvaluationError(f"there is no {self._subject} {name!r}", hint=did_you_mean(name, self._names))
        return self._value_of(name)

    def names(self) -> list[str]:
        return list(self._names)


class _ResourcesOfType(LazyObject):
    """The resources of a type, or the data sources."""

    def __init__(self, module: Module, type: str, *, is_data: bool = False) -> None:
        self._module = module
        self._type = type
        self._prefix = "data." if is_data else ""
        blocks = module.blocks.data if is_data else module.blocks.resources
        self._blocks = {name: block for (kind, name), block in blocks.items() if kind == type}

    def attribute(self, name: str) -> Any:
        if name not in self._blocks:
            near = nearest(name, self._blocks)
            raise EvaluationError(
                f"{self._prefix}{self._type}.{name} is not defined",
                hint=f"did you mean {near}?" if near is not None else "define it, or refer to another one",
            )
        return self._module.resource(self._blocks[name])

    def names(self) -> list[str]:
        return list(self._blocks)


class _DataTypes(LazyObject):
    def __init__(self, module: Module) -> None:
        self._module = module

    def attribute(self, name: str) -> Any:
        return _ResourcesOfType(self._module, name, is_data=True)

    def names(self) -> list[str]:
        return list(dict.fromkeys(type for type, _ in self._module.blocks.data))


class UnreadModule(LazyObject):
    """A called module whose source is not here: each output is a placeholder."""

    def __init__(self, notes: GuessNotes, name: str) -> None:
        self._notes = notes
        self._name = name

    def attribute(self, name: str) -> Any:
        """Return a placeholder."""
        self._notes.note(
            GuessedValue(f"module.{self._name}.{name}", "run terraform init, which puts the module on this machine")
        )
        return StandInText(f"{self._name}-{name}")

    def names(self) -> list[str]:
        """Return nothing: they are not known."""
        return []


class ModuleOutputs(LazyObject):
    """The outputs of a called module."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def attribute(self, name: str) -> Any:
        """Return an output. Raises EvaluationError."""
        return self.module.output(name)

    def names(self) -> list[str]:
        """Return the names of the outputs."""
        return list(self.module.blocks.outputs)
