"""The functions of a template as ``x-homeport``, and the folders that hold their code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.errors import Problem
from homeport.project.cloudformation.permissions.roles import EVERYTHING
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.languages import NODE_RUNTIMES, PYTHON_RUNTIMES, RUNTIMES, language_of
from homeport.project.model import Function, Source
from homeport.project.names import kebab_case
from homeport.scaffold.adopted.adoption import Json
from homeport.scaffold.adopted.stack_references import StackReferences

_DEFAULT_ARCHITECTURE = "x86_64"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html"""

_KEPT = frozenset(
    (
        *("Architectures", "Code", "Environment", "Handler", "Layers", "MemorySize", "PackageType"),
        *("ReservedConcurrentExecutions", "Role", "Runtime", "Timeout", "TracingConfig"),
    )
)
_MADE_BY_SAM = [{"Key": "lambda:createdBy", "Value": "SAM"}]
# The kit lets each function write its log, and its traces where the stage has tracing.
_OF_THE_KIT = ("logs:", "xray:")


@dataclass
class OwnFunctions:
    """The functions of a template that the API invokes.

    ``folders`` maps each folder of code, absolute, to its place in the project. ``lost`` has what did not come along,
    ``errors`` what can't.
    """

    root: Path
    stack: CloudFormationStack
    names: StackReferences
    functions: Mapping[str, Function]
    folders: dict[Path, str] = field(default_factory=dict)
    requirements: dict[Path, str] = field(default_factory=dict)
    lost: list[tuple[Source, str]] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        used = list(self.functions.values())
        self.runtime = _most_common([_runtime(function) for function in used])
        self.architecture = _most_common([function.architecture or _DEFAULT_ARCHITECTURE for function in used])
        self.memory = _most_common([function.memory or 0 for function in used])
        self.timeout = _most_common([function.timeout or 0 for function in used])
        for function in used:
            self._check(function)

    @property
    def is_traced(self) -> bool:
        """True if a function is traced: it is a setting of the whole stage."""
        modes = (self._resource(name).properties.map("TracingConfig").value.get("Mode") for name in self.functions)
        return "Active" in modes

    def settings(self, function: Function, *, first: bool, suffix: str = "") -> Json:
        """Return the ``x-homeport`` of an operation, or of an authorizer with a name of its own by ``suffix``.

        The ``first`` one of a function's operations says everything, the others what they must.
        """
        code = function.code
        assert code is not None
        layers = list(self._layers(function))
        said: Json = {
            "function": f"{kebab_case(function.name)}{suffix}",
            "code": self._place(code.root),
            "handler": function.handler,
        }
        if layers:
            said["layers"] = layers
        if not first:
            return said
        architecture = function.architecture or _DEFAULT_ARCHITECTURE
        own = {
            "runtime": _runtime(function) if _runtime(function) != self.runtime else None,
            "architecture": architecture if architecture != self.architecture else None,
            "memory": function.memory if function.memory != self.memory else None,
            "timeout": function.timeout if function.timeout != self.timeout else None,
            "reservedConcurrency": function.reserved_concurrency,
            "environment": {name: self.names.value(value) for name, value in function.environment.items()} or None,
            "policies": list(self._policies(function)) or None,
        }
        return {**said, **{key: value for key, value in own.items() if value is not None}}

    def _check(self, function: Function) -> None:
        """Note what of a function has no counterpart; report one that can't run."""
        resource, source = self._resource(function.name), function.source
        if function.fault or function.code is None:
            message = f"{function.name} can't be adopted: {function.fault or 'it has no code here'}"
            hint = "homeport dev runs the template's other functions in place"
            self.errors.append(Problem(message, source.file, source.line, hint))
        for name, at in resource.properties.items():
            if name not in _KEPT and not (name == "Tags" and at.value == _MADE_BY_SAM):
                self.lost.append((at.source, f"{name} of {function.name}"))
        if _runtime(function) != function.runtime and not function.fault:
            text = f"{function.runtime} of {function.name}, which is {_runtime(function)} now"
            self.lost.append((resource.properties.at("Runtime").source, text))
        if function.alias:
            self.lost.append((source, f"the alias {function.alias} of {function.name}"))
        if function.boundary is not None:
            self.lost.append((source, f"the permissions boundary of {function.name}"))

    def _resource(self, name: str) -> StackResource:
        return self.stack.resources[name]

    def _layers(self, function: Function) -> Iterator[str]:
        code = function.code
        folders = list(code.layers) if code is not None else []
        yield from (self._place(folder) for folder in folders)
        if code is not None and code.packages:
            for entry in self._resource(function.name).properties.list("Layers"):
                if isinstance(entry.value, str) and ":layer:AWSLambdaPowertools" in entry.value:
                    yield entry.value

    def _place(self, folder: Path) -> str:
        """Return the place of a folder of code in the project: its own, or one for what was made of the template."""
        if folder not in self.folders:
            inside = folder.is_relative_to(self.root) and ".homeport" not in folder.relative_to(self.root).parts
            # Made of the template's own text or of an archive: its name is the resource's and a digest.
            made = f"functions/{kebab_case(folder.name.rpartition('-')[0] or folder.name)}"
            place = folder.relative_to(self.root).as_posix() if inside else made
            self.folders[folder] = "code" if place == "." else place
        return self.folders[folder]

    def _policies(self, function: Function) -> Iterator[Json]:
        for statement in function.policies:
            if statement is EVERYTHING:
                text = f"a policy of {function.name} that is not in the template: write what it may do as policies"
                self.lost.append((function.source, text))
                continue
            actions = [action for action in statement.get("Action") or () if not str(action).startswith(_OF_THE_KIT)]
            if statement.get("Action") and not actions:
                continue
            made = self._statement(statement)
            if made is None:
                text = f"a statement of {function.name} about what only AWS knows"
                self.lost.append((function.source, text))
            else:
                yield made

    def _statement(self, statement: Mapping[str, Any]) -> Json | None:
        made: Json = {key: statement[key] for key in ("Sid", "Effect") if key in statement}
        for key in ("Action", "NotAction", "Resource", "NotResource"):
            if key not in statement:
                continue
            values = [value for value in statement[key] if value is not None]
            # Less to deny, or more to allow: neither is what the owner wrote.
            if len(values) < len(statement[key]) and (key.startswith("Not") or statement.get("Effect") == "Deny"):
                return None
            texts = [self.names.value(value) if key.endswith("Resource") else value for value in values]
            if not texts:
                return None
            made[key] = texts[0] if len(texts) == 1 else texts
        conditions: Json = {}
        for operator, keys in (statement.get("Condition") or {}).items():
            if any(value is None for values in keys.values() for value in values):
                return None
            conditions[operator] = {key: [self.names.value(value) for value in values] for key, values in keys.items()}
        return {**made, "Condition": conditions} if conditions else made


def _runtime(function: Function) -> str:
    """Return a function's runtime, in place of an older one the oldest of its language that the kit runs."""
    if function.runtime in RUNTIMES or function.fault:
        return function.runtime
    return NODE_RUNTIMES[0] if language_of(function.runtime) == "node" else PYTHON_RUNTIMES[0]


def _most_common(values: list[Any]) -> Any:
    return Counter(values).most_common(1)[0][0] if values else None
