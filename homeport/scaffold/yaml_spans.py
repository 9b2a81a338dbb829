"""Changes of a YAML (or JSON) text that leave every other character as it was.

A round trip through a YAML library keeps comments, but changes line breaks, quotes and flow maps. The diff of an added
operation has to show that operation only.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import yaml

from homeport.errors import HomeportError


class SpanError(HomeportError):
    """The text can't be changed in place."""


def replace_scalar(text: str, path: Sequence[str], value: str) -> str:
    """Return the text with another scalar at ``path``, the text as it is without one."""
    node = _find(text, path)
    if not isinstance(node, yaml.ScalarNode):
        return text
    return text[: node.start_mark.index] + _scalar(value) + text[node.end_mark.index :]


def keys_of(text: str, path: Sequence[str]) -> list[str]:
    """Return the keys of the mapping at ``path``, none without a mapping."""
    node = _find(text, path)
    return [name.value for name, _ in node.value] if isinstance(node, yaml.MappingNode) else []


def line_of(text: str, path: Sequence[str]) -> int:
    """Return the line of the key at ``path``, 1 if it is not there."""
    parent = _find(text, path[:-1])
    names = [name for name, _ in parent.value if name.value == path[-1]] if isinstance(parent, yaml.MappingNode) else []
    return int(names[-1].start_mark.line) + 1 if names else 1


def add_entry(text: str, path: Sequence[str], key: str, value: Any) -> str:
    """Return the text with ``key: value`` at the end of the mapping at ``path``. Raises SpanError.

    A missing mapping is made inside the nearest one above.
    """
    node = _find(text, path)
    if node is None and path:
        return add_entry(text, path[:-1], path[-1], {key: value})
    if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
        return add_entry(_without(text, node), path[:-1], path[-1], {key: value}) if path else dump({key: value})
    if not isinstance(node, yaml.MappingNode):
        raise SpanError(f"{' → '.join(path) or 'the document'} is no map")
    if not node.flow_style:
        return _add_in_block(text, node, key, value)
    parent = _find(text, path[:-1]) if path else None
    if not node.value and isinstance(parent, yaml.MappingNode) and not parent.flow_style:
        return _replace_empty_flow(text, node, parent, {key: value})
    return _add_in_flow(text, node, key, value)


def remove_entry(text: str, path: Sequence[str]) -> str:
    """Return the text without the entry at ``path``; a mapping that had no other is ``{}`` then. Raises SpanError.

    Comments inside of the entry go with it, those above it stay.
    """
    parent = _find(text, path[:-1])
    pairs = parent.value if isinstance(parent, yaml.MappingNode) else []
    at = next((index for index, (name, _) in enumerate(pairs) if name.value == path[-1]), None)
    if not isinstance(parent, yaml.MappingNode) or at is None:
        raise SpanError(f"{' → '.join(path)} is not there")
    if parent.flow_style:
        return _remove_in_flow(text, pairs, at)
    name, node = pairs[at]
    start, column = text.rfind("\n", 0, name.start_mark.index) + 1, name.start_mark.column
    if text[start : name.start_mark.index].strip():
        raise SpanError(f"line {name.start_mark.line + 1}: {path[-1]} does not begin its line")
    is_alias = node.start_mark.index < name.end_mark.index
    end = _end_of_line(text, name.end_mark.index if is_alias else _last_character(text, node), column)
    if text[:start].endswith(("\n\n", "\n\r\n")):
        # One of the empty lines on both sides is enough.
        end = _next_line(text, end) if text[end : _next_line(text, end)].strip() == "" else end
    rest = text[:start] + text[end:]
    return rest if len(pairs) > 1 else _with_empty_map(rest, text, path[:-1])


def _remove_in_flow(text: str, pairs: Sequence[tuple[yaml.Node, yaml.Node]], at: int) -> str:
    name, node = pairs[at]
    if at + 1 < len(pairs):
        return text[: name.start_mark.index] + text[pairs[at + 1][0].start_mark.index :]
    start = pairs[at - 1][1].end_mark.index if at else name.start_mark.index
    return text[:start] + text[node.end_mark.index :]


def _with_empty_map(rest: str, text: str, path: Sequence[str]) -> str:
    """Return ``rest``, the text without the only entry of the mapping at ``path``, with ``{}`` in place of nothing."""
    if not path:
        return rest
    above = _find(text, path[:-1])
    names = [name for name, _ in above.value if name.value == path[-1]] if isinstance(above, yaml.MappingNode) else []
    colon = text.index(":", names[-1].end_mark.index) + 1
    return f"{rest[:colon]} {{}}{rest[colon:]}"


def _find(text: str, path: Sequence[str]) -> yaml.Node | None:
    node = _compose(text)
    for step in path:
        if isinstance(node, yaml.SequenceNode) and step.isdecimal() and int(step) < len(node.value):
            node = node.value[int(step)]
            continue
        if not isinstance(node, yaml.MappingNode):
            return None
        found = [(name, value) for name, value in node.value if name.value == step]
        if not found:
            return None
        name, node = found[-1]
        if node.start_mark.index < name.end_mark.index:
            raise SpanError(f"line {name.start_mark.line + 1}: {step} is an alias", "write it out, then add to it")
    return node


# One change asks several times for places in the same text, and nobody changes its nodes.
@lru_cache(maxsize=2)
def _compose(text: str) -> yaml.Node | None:
    # libyaml is ten times as fast. It does not count a byte order mark, and PyYAML may have been built without it.
    loader = yaml.SafeLoader if text.startswith("\ufeff") else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    node: yaml.Node | None = yaml.compose(text, Loader=loader)
    return node


def _without(text: str, node: yaml.Node) -> str:
    """Return the text without the entry whose value is this null. The caller writes it again."""
    start = text.rfind("\n", 0, node.start_mark.index) + 1
    end = text.find("\n", node.end_mark.index)
    return text[:start] + (text[end + 1 :] if end >= 0 else "")


def _replace_empty_flow(text: str, node: yaml.MappingNode, parent: yaml.MappingNode, value: Any) -> str:
    """Return the text with a block in place of a ``{}`` that is the value of a key in a block."""
    newline = "\r\n" if "\r\n" in text else "\n"
    column = parent.value[0][0].start_mark.column
    block = textwrap.indent(dump(value), " " * (column + 2)).replace("\n", newline)
    before, end = text[: node.start_mark.index].rstrip(), _next_line(text, node.end_mark.index)
    comment = text[node.end_mark.index : end].rstrip()
    return f"{before}{comment}{newline}{block}{text[end:]}"


def _add_in_flow(text: str, node: yaml.MappingNode, key: str, value: Any) -> str:
    entry = f"{json.dumps(key)}: {json.dumps(value)}"
    brace = node.end_mark.index - 1
    if not node.value:
        return f"{text[:brace]}{entry}{text[brace:]}"
    last = node.value[-1][1].end_mark.index
    if "\n" not in text[node.start_mark.index : node.end_mark.index]:
        return f"{text[:last]}, {entry}{text[last:]}"
    column = node.value[0][0].start_mark.column
    pretty = f"{json.dumps(key)}: {json.dumps(value, indent=2)}"
    return f"{text[:last]},\n{textwrap.indent(pretty, ' ' * column)}{text[last:]}"


def _add_in_block(text: str, node: yaml.MappingNode, key: str, value: Any) -> str:
    column = node.value[0][0].start_mark.column
    newline = "\r\n" if "\r\n" in text else "\n"
    block = textwrap.indent(dump({key: value}), " " * column).replace("\n", newline)
    at = _end_of_line(text, _last_character(text, node), column)
    if at == len(text) and not text.endswith("\n"):
        return f"{text}{newline}{block}"
    return text[:at] + block + text[at:]


def _last_character(text: str, node: yaml.Node) -> int:
    """Return the position after a value. The end mark of a block may be after comments that follow it."""
    while isinstance(node, yaml.MappingNode | yaml.SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        key, node = last if isinstance(last, tuple) else (last, last)
        if node.start_mark.index < key.start_mark.index:
            return int(key.end_mark.index)
    end: int = node.end_mark.index
    return (
        max(len(text[:end].rstrip()), int(node.start_mark.index)) if getattr(node, "style", None) in ("|", ">") else end
    )


def _end_of_line(text: str, position: int, column: int) -> int:
    """Return the start of the next line, after comment lines that are indented deeper than ``column``."""
    end = _next_line(text, position)
    while (line := text[end : _next_line(text, end)]).lstrip().startswith("#"):
        if len(line) - len(line.lstrip()) <= column:
            break
        end = _next_line(text, end)
    return end


def _next_line(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def choose_scalar_style(self) -> Any:
        style = super().choose_scalar_style()
        return '"' if style == "'" else style


def _represent_map(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=value.keys() == {"$ref"})


def _represent_list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    short = all(isinstance(entry, str) for entry in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=short)


_Dumper.add_representer(dict, _represent_map)
_Dumper.add_representer(list, _represent_list)


class _QuickDumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


_QuickDumper.add_representer(dict, _represent_map)
_QuickDumper.add_representer(list, _represent_list)


def dump(value: Any, *, quick: bool = False) -> str:
    """Return block YAML in the style of the kit's files: lists indented, short lists and references in one line.

    ``quick`` is for large values: lists are not indented.
    """
    dumper = _QuickDumper if quick else _Dumper
    text: str = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def _scalar(value: str) -> str:
    return yaml.safe_dump(value, width=10_000, allow_unicode=True).removesuffix("\n").removesuffix("\n...")
