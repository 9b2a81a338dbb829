"""AWS::Include: the files that a template includes, put in their places.

AWS reads them from S3, where ``sam package`` puts the local ones.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeport.errors import Problem
from homeport.project.model import Source
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.graft import adopt_lines, merge_map, own_file, relative_file, source_in
from homeport.project.source.source_map import SourceLines
from homeport.project.source.template_text import read_template_text
from homeport.project.source.yaml_text import long_form

INCLUDE = "AWS::Include"

_DEEPEST = 20


def include_files(root: Path, document: Document, diagnostics: Diagnostics) -> Document:
    """Put the local files that a template includes into it, in place, and report those that are not there."""
    return _Includer(root, document, diagnostics).include()


class _Includer:
    def __init__(self, root: Path, document: Document, diagnostics: Diagnostics) -> None:
        self._root = root.resolve()
        self._document = document
        self._diagnostics = diagnostics
        self._seen: set[int] = set()
        self._open: list[str] = []

    def include(self) -> Document:
        value = self._document.value
        written = value.get("Transform")
        for entry in written if isinstance(written, list) else [written]:
            if isinstance(entry, dict) and entry.get("Name") == INCLUDE:
                self._merge(value, entry, source_in(self._document, value, "Transform"))
        self._children(value)
        return self._document

    def _children(self, container: Any) -> None:
        """Include what the values in a container name."""
        if id(container) in self._seen:
            return
        self._seen.add(id(container))
        pairs = list(container.items() if isinstance(container, dict) else enumerate(container))
        for key, child in pairs:
            if isinstance(child, dict):
                child = self._replace(container, key, child)
            if isinstance(child, dict | list):
                self._children(child)

    def _replace(self, container: Any, key: str | int, child: dict[str, Any]) -> Any:
        transform = child.get("Fn::Transform")
        entries = transform if isinstance(transform, list) else [transform]
        includes = [each for each in entries if isinstance(each, dict) and each.get("Name") == INCLUDE]
        if not includes:
            return child
        source = source_in(self._document, child, "Fn::Transform")
        if len(child) > 1 or len(entries) > 1:
            for each in includes:
                self._merge(child, each, source)
            if len(includes) == len(entries):
                child.pop("Fn::Transform")
            return child
        found = self._read(includes[0], child, source)
        if found is None:
            container[key] = {}
            self._document.source_map[id(container[key])] = SourceLines(source.line, {}, source.file)
            return container[key]
        adopt_lines(self._document.source_map, found.value, found)
        container[key] = found.value
        self._inside(found)
        return None

    def _merge(self, into: dict[str, Any], transform: dict[str, Any], source: Source) -> None:
        found = self._read(transform, into, source)
        if found is None:
            return
        if not isinstance(found.value, dict):
            self._report("an include beside other keys needs a map", source, "write key: value in it")
            return
        self._inside(found)
        merge_map(self._document.source_map, into, found.value, found)

    def _inside(self, found: Document) -> None:
        """Include what an included file names itself."""
        if len(self._open) < _DEEPEST and found.file not in self._open:
            self._open.append(found.file)
            inner = _Includer(self._root, found, self._diagnostics)
            inner._open = self._open
            if isinstance(found.value, dict | list):
                inner._children(found.value)
                adopt_lines(self._document.source_map, found.value, found)
            self._open.pop()

    def _read(self, transform: dict[str, Any], holder: Any, source: Source) -> Document | None:
        parameters = transform.get("Parameters")
        location = parameters.get("Location") if isinstance(parameters, dict) else None
        file = self._find(location, own_file(self._document, holder), source)
        if file is None:
            return None
        short: list[str] = []

        def tags(tag: str, value: Any) -> Any:
            short.append(tag)
            return long_form(tag, value)

        found, problems = read_template_text(self._root, file, tags)
        self._diagnostics.add(*problems)
        if short:
            self._diagnostics.add(
                Problem(
                    f"AWS::Include does not know the short form {short[0]} in a file",
                    file,
                    0,
                    "write the long form, such as Fn::Sub: …",
                    "warning",
                )
            )
        return found

    def _find(self, location: Any, file: str, source: Source) -> str | None:
        """Return the file of a location, relative to the project."""
        text = location_text(location)
        if text is None:
            self._report("AWS::Include needs a Location", source, "write Parameters: {Location: ./file.yaml}")
            return None
        found = local_file(self._root, file, text)
        if found is None and "://" in text:
            self._report(f"the include {text} is on S3", source, "name a local file: sam package uploads it")
        elif found is None:
            self._report(f"there is no file {text} to include", source, "check the Location")
        elif "://" in text:
            message = f"{found} is included instead of {text}, which is on S3"
            self._diagnostics.add(Problem(message, source.file, source.line, "", "warning"))
        return found

    def _report(self, message: str, source: Source, hint: str) -> None:
        self._diagnostics.add(Problem(message, source.file, source.line, hint))


def local_file(root: Path, file: str, location: str) -> str | None:
    """Return the file that a location in ``file`` names, both relative to the project; None if there is none.

    For a place on S3 it is the only file of that name in the folder or one level below, which is what is uploaded.
    """
    folder = (root / file).parent
    if "://" not in location:
        found = [folder / location]
    else:
        name = location.rpartition("/")[2]
        found = [] if "${" in name or not name else [folder / name, *sorted(folder.glob(f"*/{name}"))]
    return next((relative_file(root, each) for each in found if each.is_file()), None)


def location_text(location: Any) -> str | None:
    """Return a location as text; a function with its placeholders."""
    match location:
        case str():
            return location
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return text
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(part if isinstance(part, str) else "${}" for part in parts)
        case dict():
            return "s3://${}"
    return None
