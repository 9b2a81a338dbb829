"""Resources and data sources of a module: one instance for each of ``count`` or ``for_each``.

https://developer.hashicorp.com/terraform/language/meta-arguments
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeport.project.model import Source
from homeport.project.terraform.configuration.computed import computed_value
from homeport.project.terraform.configuration.state import instance_key
from homeport.project.terraform.configuration.views import BlockView, View
from homeport.project.terraform.evaluation.values import EvaluationError, LazyObject, Namespace, as_number
from homeport.project.terraform.language.syntax import Block

if TYPE_CHECKING:
    from homeport.project.terraform.configuration.module import Module

MOST_INSTANCES = 1000
Key = int | str | None


class ResourceInstance(LazyObject):
    """A resource or a data source. ``view`` are the attributes and blocks that its owner wrote.

    ``address`` is Terraform's own (``module.api.aws_lambda_function.this[0]``), ``is_data`` tells data sources apart.
    """

    def __init__(self, module: Module, block: Block, key: Key, names: dict[str, Any]) -> None:
        self.module = module
        self.type, self.name = block.labels[0], block.labels[1]
        self.key = key
        self.is_data = block.type == "data"
        prefix = "data." if self.is_data else ""
        self.local_address = f"{prefix}{self.type}.{self.name}{instance_key(key)}"
        self.address = f"{module.address}{self.local_address}"
        evaluator = module.evaluator(block.file, {**names, "self": self})
        source = module.shown_at or Source(block.file, block.line)
        self.view: View = BlockView(block.body, evaluator, module.lines, source, fixed=module.shown_at is not None)
        self._asked: set[str] = set()
        self._known: dict[str, Any] = {}

    @property
    def source(self) -> Source:
        """The place of the block."""
        return self.view.source

    def attribute(self, name: str) -> Any:
        """Return an attribute that is written, or what Terraform's provider would make of it."""
        if self.view.has(name):
            value = self.view.attribute(name)
            if value is not None:
                return value
        if name not in self._known:
            if name in self._asked:
                raise EvaluationError(f"{self.address}.{name} needs itself")
            self._asked.add(name)
            try:
                self._known[name] = computed_value(self, name)
            finally:
                self._asked.discard(name)
        return self._known[name]

    def names(self) -> list[str]:
        """Return the attributes that are written, and the id."""
        return list(dict.fromkeys([*self.view.names(), "id"]))


Instances = ResourceInstance | list[ResourceInstance] | dict[str, ResourceInstance]


def make_instances(module: Module, block: Block) -> Instances:
    """Return the one instance of a block, the list of ``count``, or the map of ``for_each``. Raises EvaluationError."""
    attributes = block.body.attributes
    evaluator = module.evaluator(block.file, {})
    if "count" in attributes:
        with module.notes.level(decides=True):
            number = as_number(evaluator.value(attributes["count"].expression))
        if not 0 <= number <= MOST_INSTANCES:
            raise EvaluationError(f"count is {number}", attributes["count"].line, "", block.file)
        return [
            ResourceInstance(module, block, index, {"count": Namespace({"index": index}, "count")})
            for index in range(int(number))
        ]
    if "for_each" in attributes:
        entries = evaluator.entries(attributes["for_each"].expression)
        return {
            str(key): ResourceInstance(module, block, str(key), {"each": each_of(str(key), value)})
            for key, value in entries[:MOST_INSTANCES]
        }
    return ResourceInstance(module, block, None, {})


def each_of(key: str, value: Any) -> Namespace:
    """Return what ``each`` stands for."""
    return Namespace({"key": key, "value": value}, "each")


def every_instance(instances: Instances) -> list[ResourceInstance]:
    """Return the instances as a list."""
    if isinstance(instances, ResourceInstance):
        return [instances]
    return list(instances.values()) if isinstance(instances, dict) else instances
