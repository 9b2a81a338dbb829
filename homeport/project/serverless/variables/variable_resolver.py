"""The resolver of variables: the written configuration as content whose values stand in the variables' places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from homeport.project.names import did_you_mean
from homeport.project.serverless.variables.configuration_files import ConfigurationFiles, FileContent
from homeport.project.serverless.variables.outer_values import MissingValue, OuterValues, source_text
from homeport.project.serverless.variables.variable_syntax import (
    LiteralSource,
    ServerlessVariable,
    TypedSource,
    read_source,
    split_text,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor, describe

_DEEPEST = 60
_MOST_VALUES = 20_000
PSEUDO_PARAMETERS = "serverless-pseudo-parameters"


class UnknownText(str):
    """A text that stands for a value which is not known: nothing in it is known either."""

    __slots__ = ()


class VariableResolver:
    """Resolves the variables of a configuration, each when it is asked for.

    ``configuration`` is the configuration as written; ``root`` is the project's folder, to which the files of documents
    are relative, and ``folder`` that of the configuration. ``parameters`` are values of ``${param:…}`` that the user
    gives, ``defaults`` those of keys of ``self`` that the framework adds (``provider.stage``).
    """

    def __init__(
        self,
        configuration: Cursor,
        root: Path,
        outer: OuterValues,
        parameters: Mapping[str, str],
        defaults: Mapping[str, str],
    ) -> None:
        self._files = ConfigurationFiles(root, outer)
        self.used_parameters: set[str] = set()
        self._configuration = configuration
        self._outer = outer
        self._parameters = parameters
        self._defaults = defaults
        plugins = configuration.at("plugins").value
        self._has_pseudo_parameters = isinstance(plugins, list) and PSEUDO_PARAMETERS in plugins
        self._open: set[tuple[str, tuple[str, ...], str]] = set()
        self._reported: set[str] = set()
        self._values = 0

    @property
    def files(self) -> frozenset[str]:
        """The files that were looked for, relative to the project."""
        return frozenset(self._files.names)

    def content(self, cursor: Cursor, depth: int = 0) -> Placed:
        """Return the value at a cursor, all variables in it resolved, as content for a ``DocumentBuilder``."""
        self._values += 1
        if self._values == _MOST_VALUES or depth > _DEEPEST:
            cursor.error("the variables here lead back to themselves, or unfold beyond all bounds", "write it out")
        if self._values >= _MOST_VALUES or depth > _DEEPEST:
            return Placed(None, cursor)
        target = self.follow(cursor)
        match target.value:
            case dict():
                return Placed({key: self.content(child, depth + 1) for key, child in target.items()}, cursor)
            case list():
                return Placed([self.content(child, depth + 1) for child in target.entries()], cursor)
        if self._has_pseudo_parameters and isinstance(target.value, str) and "#{" in target.value:
            return Placed(_with_pseudo_parameters(target), cursor)
        return Placed(target.value, cursor)

    def follow(self, cursor: Cursor) -> Cursor:
        """Return what a value stands for: the cursor itself, or the place or the text that its variable leads to."""
        while isinstance(cursor.value, str) and "${" in cursor.value:
            pieces = split_text(cursor.value)
            if len(pieces) != 1 or not isinstance(pieces[0], ServerlessVariable):
                return cursor._replace(value="".join(self._texts(pieces, cursor)))
            found = self._lead(pieces[0], cursor)
            if found.document is cursor.document and found.path == cursor.path:
                return found
            cursor = found
        return cursor

    def find(self, cursor: Cursor, keys: Sequence[str]) -> Cursor | None:
        """Return the value below some keys, variables on the way followed; None if there is none."""
        for key in keys:
            cursor = self.follow(cursor)
            if isinstance(cursor.value, UnknownText):
                return cursor._replace(value=UnknownText(keys[-1]))
            if isinstance(cursor.value, list) and key.isdecimal():
                entries = list(cursor.entries())
                found = entries[int(key)] if int(key) < len(entries) else None
            else:
                found = cursor.at(key) if isinstance(cursor.value, dict) and key in cursor.value else None
            if found is None:
                return None
            cursor = found
        return cursor

    def _lead(self, variable: ServerlessVariable, at: Cursor) -> Cursor:
        """Return what a variable leads to; a placeholder after a problem."""
        place = (at.document.file, at.path, variable.text)
        if place in self._open or len(self._open) > _DEEPEST:
            at.error(f"the variable {variable.text} leads back to itself", "write the value")
            return at._replace(value=None)
        self._open.add(place)
        try:
            found = self._value(variable, at)
        finally:
            self._open.discard(place)
        if isinstance(found, Cursor):
            return found
        self._report(found, at)
        return at._replace(value=UnknownText(found.stands_in) if found.stands_in else None)

    def _report(self, missing: MissingValue, at: Cursor) -> None:
        if missing.message not in self._reported:
            self._reported.add(missing.message)
            (at.error if missing.is_error else at.warning)(missing.message, missing.hint)

    def _value(self, variable: ServerlessVariable, at: Cursor) -> Cursor | MissingValue:
        """Return the value of the first source that has one, or why there is none."""
        missing: MissingValue | None = None
        empty: Cursor | None = None
        for text in variable.sources:
            found = self._source(text, at)
            if isinstance(found, MissingValue):
                missing = found if missing is None or missing.is_error else missing
                continue
            found = self.follow(found)
            value = found.value
            if value is None and read_source(text) != LiteralSource(None):
                empty = empty or found
            elif isinstance(value, UnknownText):
                empty = found
            else:
                return found
        if empty is not None:
            return empty
        return missing or MissingValue(
            f"the variable {variable.text} has no source", "write self:, env: or another one"
        )

    def _source(self, text: str, at: Cursor) -> Cursor | MissingValue:
        pieces = split_text(text)
        if len(pieces) == 1 and isinstance(pieces[0], ServerlessVariable):
            return self._value(pieces[0], at)
        plain: list[str] = []
        for piece in pieces:
            if isinstance(piece, str):
                plain.append(piece)
                continue
            found = self._value(piece, at)
            if isinstance(found, MissingValue):
                if not found.stands_in:
                    return found
                self._report(found, at)
                found = at._replace(value=found.stands_in)
            plain.append(self._as_text(found, piece, at))
        source = read_source("".join(plain))
        match source:
            case LiteralSource(value):
                return at._replace(value=value)
            case TypedSource():
                return self._by_kind(source, at)
        return MissingValue(f"{text!r} is no source of a variable", "put quotes around a text", is_error=True)

    def _by_kind(self, source: TypedSource, at: Cursor) -> Cursor | MissingValue:
        own: Mapping[str, Callable[[TypedSource, Cursor], Cursor | MissingValue]] = {
            "self": self._self,
            "file": self._file,
            "param": self._parameter,
        }
        if source.kind in own:
            return own[source.kind](source, at)
        found = self._outer.find(source)
        return found if isinstance(found, MissingValue) else at._replace(value=found)

    def _self(self, source: TypedSource, at: Cursor) -> Cursor | MissingValue:
        keys = [key for key in source.address.split(".") if key]
        found = self.find(self._configuration, keys)
        if found is None and source.address in self._defaults:
            return at._replace(value=self._defaults[source.address])
        if found is None and source.address == "service.name":
            found = self.find(self._configuration, ["service"])
        if found is not None:
            return found
        above = self.find(self._configuration, keys[:-1])
        names = self.follow(above).value if above is not None else None
        hint = did_you_mean(keys[-1], names) if keys and isinstance(names, dict) and names else "write the value"
        return MissingValue(f"the variable ${{{source_text(source)}}} leads to nothing", hint, is_error=True)

    def _file(self, source: TypedSource, at: Cursor) -> Cursor | MissingValue:
        found = self._files.find(source, at)
        if not isinstance(found, FileContent):
            return found
        value = self.find(found.content, found.keys)
        if value is not None:
            return value
        return MissingValue(f"{found.file} has no {'.'.join(found.keys)}", "check the key", is_error=True)

    def _parameter(self, source: TypedSource, at: Cursor) -> Cursor | MissingValue:
        """Return a parameter: the one given, else that of the stage, else the default.

        https://www.serverless.com/framework/docs/guides/parameters
        """
        name, stage = source.address, self._outer.stage
        self.used_parameters.add(name)
        if name in self._parameters:
            return at._replace(value=self._parameters[name])
        places = (
            ("stages", stage, "params"),
            ("params", stage),
            ("stages", "default", "params"),
            ("params", "default"),
        )
        for place in places:
            found = self.find(self._configuration, (*place, name))
            if found is not None:
                return found
        hint = f"--parameter {name}=VALUE, or write it below params"
        return MissingValue(f"no value is given for the parameter {name}: a placeholder stands for it", hint, name)

    def _texts(self, pieces: Sequence[str | ServerlessVariable], at: Cursor) -> Iterator[str]:
        for piece in pieces:
            yield piece if isinstance(piece, str) else self._as_text(self._lead(piece, at), piece, at)

    def _as_text(self, found: Cursor, variable: ServerlessVariable, at: Cursor) -> str:
        """Return a value as part of a text."""
        value = self.follow(found).value
        match value:
            case None:
                return ""
            case bool():
                return "true" if value else "false"
            case list() if not any(isinstance(each, dict | list) for each in value):
                return ",".join(map(str, value))
            case dict() | list():
                at.error(f"{variable.text} is {describe(value)}, which can't be part of a text", "name a value in it")
                return ""
        return str(value)


def _with_pseudo_parameters(at: Cursor) -> Any:
    """Return a text in which ``#{AWS::Region}`` stands for CloudFormation's value, as the plugin writes it.

    https://github.com/svdgraaf/serverless-pseudo-parameters
    """
    text = re.sub(r"#\{([\w:.]+)\}", r"${\1}", str(at.value))
    return text if at.name == "Fn::Sub" else {"Fn::Sub": text}
