"""What a saved test is written with: names for what is known, and the sources of texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from homeport.contract.literals import quoted
from homeport.contract.saved import TOKEN
from homeport.contract.steps import Steps
from homeport.inspector.recording import Recording
from homeport.spec.names import snake_case

_OPAQUE = re.compile(TOKEN)
# A shorter text may be an id by chance.
SHORTEST = 4


@dataclass(slots=True)
class Writer:
    """``known`` are texts that have a name in the test, with the source that stands for them."""

    steps: Steps
    base: str
    known: dict[str, str] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)

    @property
    def all(self) -> tuple[Recording, ...]:
        return (*self.steps.before, self.steps.recording)


def text_source(writer: Writer, text: str) -> str:
    """The source of a text, in which what is known has its name."""
    if text in writer.known:
        return writer.known[text]
    there = {known: source for known, source in writer.known.items() if len(known) >= 2 * SHORTEST and known in text}
    return 'f"' + template(text, there) + '"' if there else quoted(text)


def template(text: str, names: Mapping[str, str]) -> str:
    """The inside of an f-string. Sources in it are quoted by single quotes, as Python before 3.12 needs it."""
    if not names:
        return quoted(text)[1:-1].replace("{", "{{").replace("}", "}}")
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pieces = []
    place = 0
    for found in re.finditer(pattern, text):
        pieces.append(template(text[place : found.start()], {}))
        pieces.append("{" + names[found[0]].replace('"', "'") + "}")
        place = found.end()
    return "".join((*pieces, template(text[place:], {})))


def is_opaque(text: str) -> bool:
    return (
        len(text) >= 8
        and _OPAQUE.fullmatch(text) is not None
        and re.search(r"\d", text) is not None
        and re.search(r"[A-Za-z]", text) is not None
    )


def unused(writer: Writer, name: str) -> str:
    taken = {"homeport_url", "reply", "requests", *writer.names}
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    writer.names.append(candidate)
    return candidate


def word(name: str) -> str:
    word = re.sub(r"\W+", "_", snake_case(name)).strip("_").lower()
    return word if word and not word[0].isdigit() else f"n_{word}"
