"""``$foreach``: where a loop is."""

from __future__ import annotations

from collections.abc import Sequence

from homeport.vtl.limits import Meter
from homeport.vtl.values import TemplateObject, to_text


class ForeachScope(TemplateObject):
    """The position in a loop, and the variables that a template sets on it.

    https://velocity.apache.org/engine/1.7/apidocs/org/apache/velocity/runtime/directive/ForeachScope.html
    """

    def __init__(self, length: int, parent: ForeachScope | None) -> None:
        self.index = -1
        self._length = length
        self._parent = parent
        self._own: dict[object, object] = {}

    @property
    def has_next(self) -> bool:
        """True if another element follows."""
        return self.index + 1 < self._length

    def advance(self) -> None:
        """Go to the next element."""
        self.index += 1

    def get(self, name: str) -> object:
        """Return a property: ``count``, ``index``, ``hasNext``, ``first``, ``last``, ``parent``, or an own variable."""
        match name:
            case "count":
                return self.index + 1
            case "index":
                return self.index
            case "hasNext":
                return self.has_next
            case "first":
                return self.index == 0
            case "last":
                return not self.has_next
            case "parent":
                return self._parent
            case "topmost":
                return self._topmost()
            case _:
                return self._own.get(name)

    def put(self, name: str, value: object) -> None:
        """Set a variable that is gone after the loop."""
        self._own[name] = value

    def call(self, name: str, arguments: Sequence[object], meter: Meter) -> object:
        """Return what a getter returns: ``hasNext()``, ``isFirst()``, ``getIndex()``."""
        if arguments:
            return None
        if name == "hasNext":
            return self.has_next
        for prefix in ("get", "is"):
            if name.startswith(prefix) and len(name) > len(prefix):
                name = name.removeprefix(prefix)
                return self.get(name[0].lower() + name[1:])
        return None

    def to_text(self, meter: Meter) -> str:
        """Return the variables that the template set on it."""
        return to_text(self._own, meter)

    def _topmost(self) -> ForeachScope:
        scope = self
        while scope._parent is not None:
            scope = scope._parent
        return scope
