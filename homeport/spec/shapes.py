"""What a document must look like, as data: shapes, and the errors where a value does not hold one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from homeport.spec.names import did_you_mean
from homeport.spec.view import View

Check = Callable[[View], None]
"""Reports what is wrong with the value of a view."""


def free(view: View) -> None:
    """Anything at all."""


def text(view: View) -> None:
    """Text."""
    view.is_a(str, "text")


def flag(view: View) -> None:
    """True or false."""
    view.is_a(bool, "true or false")


def number(view: View) -> None:
    """A number."""
    view.is_a((int, float), "a number")


def integer(view: View) -> None:
    """A whole number."""
    view.is_a(int, "a whole number")


def choice(*words: str) -> Check:
    """One of some words."""

    def check(view: View) -> None:
        if view.is_a(str, "text") and view.value not in words:
            view.error(f"{view.name!r} can't be {view.value!r}", did_you_mean(view.value, words))

    return check


def list_of(entry: Check, least: int = 0) -> Check:
    """A list whose entries all hold a shape."""

    def check(view: View) -> None:
        if not view.is_a(list, "a list"):
            return
        if len(view.value) < least:
            view.error(f"{view.name!r} needs at least {least} {'entry' if least == 1 else 'entries'}")
        for child in view.entries():
            entry(child)

    return check


def map_of(value: Check) -> Check:
    """A map from names to what holds a shape; keys that start with x- are not looked at."""

    def check(view: View) -> None:
        if view.is_a(dict, "a map"):
            for key, child in view.items():
                if not key.startswith("x-"):
                    value(child)

    return check


def either(one: type, if_so: Check, otherwise: Check) -> Check:
    """The first shape for values of a type, the second for all others."""
    return lambda view: if_so(view) if isinstance(view.value, one) else otherwise(view)


class Record:
    """A map with known keys. ``what`` is what a message calls it; ``extensible`` lets x- keys stand in it.

    ``fields`` is a function because shapes refer to each other. ``referable``: a ``$ref`` may stand in its place.
    """

    def __init__(
        self,
        what: str,
        fields: Callable[[], Mapping[str, Check]],
        needed: tuple[str, ...] = (),
        *,
        extensible: bool = False,
        referable: bool = False,
    ) -> None:
        self._what = what
        self._fields = fields
        self._needed = needed
        self._extensible = extensible
        self._referable = referable

    def __call__(self, view: View) -> None:
        """Report unknown and missing keys, and what is wrong below."""
        if not view.is_a(dict, f"{self._what}, a map") or (self._referable and "$ref" in view.value):
            return
        fields = self._fields()
        for key, child in view.items():
            check = fields.get(key)
            if check is not None:
                check(child)
            elif not (self._extensible and key.startswith("x-")):
                child.error(f"unknown key {key!r} in {self._what}", did_you_mean(key, fields))
        for key in self._needed:
            if key not in view.value:
                view.error(f"{self._what} needs {key!r}", "add it")
