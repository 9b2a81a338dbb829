"""YAML text to plain values with lines, from the parser's events.

Events, and not PyYAML's composed nodes: libyaml's composer recurses and takes the process down on deep nesting.
Keys are always text (``200:`` is ``"200"``), duplicates are flaws, ``<<`` merges, an anchor's value is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import yaml
from yaml import events

from homeport.spec.tree import DEEPEST, MOST_VALUES, Marks, TextError, Tree
from homeport.spec.yaml_errors import explained
from homeport.spec.yaml_frames import List, Map
from homeport.spec.yaml_scalars import TAGGED, plain

Tags = Callable[[str, Any], Any]
"""What a tag such as ``!Sub`` makes of its value. Raises ValueError if it can't."""

_COLLECTION_TAGS = frozenset((None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))


def no_tags(tag: str, value: Any) -> Any:
    """The tags of a text that has none of its own."""
    raise ValueError(f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} has no meaning here")


def quickest_parser(text: str) -> Any:
    """libyaml's parser, PyYAML's own where PyYAML was built without it."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        return yaml.SafeLoader(text)
    return CParser(text)


def read_yaml(text: str, tags: Tags = no_tags, parser: Callable[[str], Any] = quickest_parser) -> Tree:
    """Read one YAML document. Raises TextError if its syntax is broken or it unfolds beyond all bounds."""
    builder = _Builder(tags)
    try:
        for event in _events(text, parser):
            builder.take(event)
    except yaml.YAMLError as error:
        raise explained(error, text) from error
    return Tree(builder.root, builder.marks, builder.flaws)


def _events(text: str, parser: Callable[[str], Any]) -> Iterator[events.Event]:
    source = parser(text)
    while True:
        event = source.get_event()
        yield event
        if type(event) is events.StreamEndEvent:
            return


class _Builder:
    def __init__(self, tags: Tags) -> None:
        self.root: Any = None
        self.marks: dict[int, Marks] = {}
        self.flaws: list[TextError] = []
        self._tags = tags
        self._open: list[Map | List] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0
        self._unfolded = 0
        self._steps: dict[type[events.Event], Callable[[Any], None]] = {
            events.ScalarEvent: self._scalar,
            events.MappingStartEvent: self._start,
            events.SequenceStartEvent: self._start,
            events.MappingEndEvent: self._end,
            events.SequenceEndEvent: self._end,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._document,
        }

    def take(self, event: events.Event) -> None:
        step = self._steps.get(type(event))
        if step is not None:
            step(event)

    def _document(self, event: events.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise TextError("a second YAML document starts here", _line(event), "one file holds one: remove the ---")

    def _scalar(self, event: events.ScalarEvent) -> None:
        waiting = self._waiting_for_key()
        if waiting is not None:
            self._name(waiting, event.value, _line(event), merge=event.value == "<<" and event.implicit[0])
            value: Any = event.value
        else:
            value = self._value(event)
            self._put(value, 1, _line(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)

    def _value(self, event: events.ScalarEvent) -> Any:
        try:
            if event.tag is None:
                return plain(event.value) if event.implicit[0] else event.value
            if event.tag in TAGGED:
                return TAGGED[event.tag](event.value)
            return self._tagged(event.tag, event.value, _line(event))
        except ValueError as error:
            own_tag = event.tag is not None and event.tag not in TAGGED
            cure = "remove it" if own_tag else "put quotes around what is meant as text"
            self.flaws.append(TextError(str(error), _line(event), cure))
            return event.value

    def _start(self, event: events.MappingStartEvent | events.SequenceStartEvent) -> None:
        line = _line(event)
        if len(self._open) >= DEEPEST:
            raise TextError(f"nested more than {DEEPEST} levels deep", line, "flatten it")
        if self._waiting_for_key() is not None:
            raise TextError("a map or list stands where a key is expected", line, "keys are plain text")
        kind = Map if type(event) is events.MappingStartEvent else List
        self._open.append(kind(line, event.anchor, event.tag))

    def _end(self, event: events.MappingEndEvent | events.SequenceEndEvent) -> None:
        done = self._open.pop()
        value: Any = done.close(self.marks)
        if done.tag not in _COLLECTION_TAGS:
            try:
                value = self._tagged(str(done.tag), value, done.line)
            except ValueError as error:
                self.flaws.append(TextError(str(error), done.line, "remove it"))
        if done.anchor is not None:
            self._anchors[done.anchor] = (value, done.size)
        self._put(value, done.size, done.line)

    def _tagged(self, tag: str, value: Any, line: int) -> Any:
        made = self._tags(tag, value)
        if made is not value and isinstance(made, dict):
            self.marks[id(made)] = Marks(line, dict.fromkeys(made, line))
            for inner in made.values():
                if inner is not value and isinstance(inner, list):
                    self.marks[id(inner)] = Marks(line, [line] * len(inner))
        return made

    def _alias(self, event: events.AliasEvent) -> None:
        name, line = event.anchor, _line(event)
        if any(frame.anchor == name for frame in self._open):
            raise TextError(f"*{name} stands inside &{name} itself and would never end", line, "write the value out")
        if name not in self._anchors:
            raise TextError(f"*{name} has no anchor &{name} above it", line, "check the name")
        value, size = self._anchors[name]
        self._unfolded += size
        waiting = self._waiting_for_key()
        if waiting is not None:
            self._name(waiting, str(value), line, merge=False)
        else:
            self._put(value, size, line)

    def _waiting_for_key(self) -> Map | None:
        frame = self._open[-1] if self._open else None
        return frame if isinstance(frame, Map) and frame.key is None else None

    def _name(self, frame: Map, key: str, line: int, *, merge: bool) -> None:
        flaw = frame.name(key, line, merge=merge)
        if flaw is not None:
            self.flaws.append(flaw)

    def _put(self, value: Any, size: int, line: int) -> None:
        if not self._open:
            self.root = value
            return
        frame = self._open[-1]
        frame.size += size
        if frame.size > MOST_VALUES or self._unfolded > MOST_VALUES:
            raise TextError(f"aliases unfold to more than {MOST_VALUES} values", line, "write the values out")
        frame.add(value, line)


def _line(event: events.Event) -> int:
    mark = event.start_mark
    return int(mark.line) + 1 if mark is not None else 0
