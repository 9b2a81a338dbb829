"""The state of a resource: a property that only the service sets, and what the document says of its values. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from homeport.contract.checks.equality import Equality
from homeport.contract.rest.resource import Field, Resource

_PART = re.compile(r"[.;:,\n]")
_EXCEPTION = re.compile(r"\b(until|unless|except)\b", re.IGNORECASE)
_CHANGED = ("changed", "modified", "undone", "reversed")
# Letters by which "confirmed" and "confirmBooking" have the same verb.
_STEM = 4
# "From pending or confirmed; else 409", "only a draft can be published".
_FROM = re.compile(r"\b(from|only|unless)\b([^.;]*)", re.IGNORECASE)

# What can be done to a resource as a whole: "only" may also be about one property of it.
_DONE = r"(?:be )?(?:changed|replaced|edited|modified|updated|deleted|removed|cancell?ed)"
_ONLY = (
    re.compile(rf"\bonly ((?:\S+ ){{1,4}})(?:can|may) {_DONE}", re.IGNORECASE),
    re.compile(rf"\b(?:can|may) {_DONE} only (?:while|when|if|as long as|in) ([^.;,]*)", re.IGNORECASE),
    re.compile(rf"\b(?:can|may) only {_DONE} (?:while|when|if|as long as|in) ([^.;,]*)", re.IGNORECASE),
    re.compile(
        r"(?:^|[.;] )only (?:while|when|if|as long as) (?:it|its \w+|the \w+) (?:is|has) ([^.;,]*)", re.IGNORECASE
    ),
)


@dataclass(frozen=True, slots=True)
class StateField:
    """A property that only the service sets, with the values of its enum."""

    name: str
    values: tuple[str, ...]

    def find_origins(self, words: str) -> frozenset[str]:
        """Return the states from which a description lets an action go; empty: it names none."""
        said = " ".join(found[2] for found in _FROM.finditer(words))
        return frozenset() if self._rules_out(said) else self._named_in(said, 0)

    def find_changeable(self, words: str) -> frozenset[str]:
        """Return the states in which alone a resource can be changed or deleted, as the words say; empty: they don't.

        "Only drafts can be changed", "an order may be deleted only while it is open".
        """
        text = " ".join(words.split())
        found = " ".join(one for pattern in _ONLY for one in pattern.findall(text))
        return frozenset() if self._rules_out(found) else self._named_in(found, re.IGNORECASE)

    def _named_in(self, words: str, flags: int) -> frozenset[str]:
        return frozenset(one for one in self.values if re.search(rf"\b{re.escape(one)}s?\b", words, flags))

    def _rules_out(self, words: str) -> bool:
        """Return whether words name a state by its opposite: "only a booking that is not yet confirmed"."""
        states = "|".join(map(re.escape, self.values))
        return (
            re.search(rf"\b(?:not|never|no longer)\b(?: \w+){{0,2}} (?:{states})\b", words, re.IGNORECASE) is not None
        )

    def find_final(self, words: str, action: str) -> frozenset[str]:
        """Return the states that a resource never leaves, or not by an action with such an id, as the words say.

        "A cancelled booking stays cancelled", "closed is final", "an archived note can no longer be changed".
        """
        parts = [part for part in _PART.split(words) if not _EXCEPTION.search(part)]
        return frozenset(one for one in self.values if any(_is_final(one, part, action) for part in parts))


def _is_final(state: str, part: str, action: str) -> bool:
    own = rf"\b{re.escape(state)}\b"
    if re.search(
        rf"{own}.*\b((stays?|remains?) ({re.escape(state)}|so|as it is)|(is|are) final)\b", part, re.IGNORECASE
    ):
        return True
    rejected = re.search(rf"{own}.*\b(can ?not|can't|can no longer|must not) be (\w+)", part, re.IGNORECASE)
    verb = rejected[2].lower() if rejected else ""
    return verb in _CHANGED or (len(verb) > _STEM and verb[:_STEM] in action.lower())


def enum_values(equality: Equality, field: Field) -> tuple[str, ...]:
    """Return the values of a property that is a state: an enum of several texts, empty for any other."""
    for part in equality.parts(field.schema):
        values = tuple(value for value in part.get("enum") or () if isinstance(value, str))
        if len(values) > 1:
            return values
    return ()


def state_of(resource: Resource, equality: Equality) -> StateField | None:
    """Return the state of a resource, None where it has none that only the service sets."""
    for name, field in resource.fields.items():
        values = enum_values(equality, field)
        if field.answered and field.server_set and values:
            return StateField(name, values)
    return None
