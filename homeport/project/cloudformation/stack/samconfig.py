"""samconfig.toml: the values with which the owner deploys a template, for ``sam deploy`` and its siblings.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from homeport.errors import Problem
from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.source_map import TextError
from homeport.project.source.yaml_text import read_yaml

SAMCONFIG_FILES = ("samconfig.toml", "samconfig.yaml", "samconfig.yml")
_COMMANDS = (
    *("global", "validate", "build", "package", "sync", "deploy"),
    *("local_start_lambda", "local_invoke", "local_start_api"),
)
"""The commands whose parameters are read, the weakest first: those for a run on this machine win."""

_TEMPLATE_KEYS = ("template_file", "template")

_VALUE = r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|[^{end}"'\\])(?:\\.|[^{end}\\])*|)"""
_SHORT = re.compile(r"\s*([\"']?)([A-Za-z0-9]+)\1=" + _VALUE.replace("{end}", r"\s"), re.DOTALL)
_LONG = re.compile(
    r"\s*ParameterKey=([\"']?)([A-Za-z0-9]+)\1,ParameterValue=" + _VALUE.replace("{end}", r"\s"), re.DOTALL
)


class SamConfig(NamedTuple):
    """The settings that concern a stack; ``""`` where the file has none.

    ``template`` is relative to the project; one that ``sam build`` wrote is no source.
    """

    stack_name: str = ""
    region: str = ""
    template: str = ""
    parameters: Mapping[str, str] = {}


def read_samconfig(root: Path, environment: str, diagnostics: Diagnostics) -> SamConfig:
    """Read the file's settings for an environment, those of ``default`` if there is none of that name."""
    file = next((name for name in SAMCONFIG_FILES if (root / name).is_file()), None)
    if file is None:
        return SamConfig()
    try:
        content = _read(root / file)
    except ValueError as error:
        diagnostics.add(Problem(f"can't be read: {error}", file, hint="mend it: sam reads it too"))
        return SamConfig()
    section = content.get(environment, content.get("default")) if isinstance(content, dict) else None
    settings: dict[str, Any] = {}
    template = ""
    parameters: dict[str, str] = {}
    for found in _settings(section):
        settings.update(found)
        files = (Path(str(found[key])) for key in _TEMPLATE_KEYS if found.get(key))
        template = next((file.as_posix() for file in files if ".aws-sam" not in file.parts), template)
        overrides = found.get("parameter_overrides")
        pairs, fault = read_overrides(overrides)
        parameters.update(pairs)
        if fault:
            diagnostics.add(Problem(f"parameter_overrides has a part that is not NAME=VALUE: {fault}", file))
    return SamConfig(
        stack_name=str(settings.get("stack_name") or ""),
        region=str(settings.get("region") or ""),
        template=template,
        parameters=parameters,
    )


def read_overrides(written: Any) -> tuple[dict[str, str], str]:
    """Read ``parameter_overrides``: a text, a list of texts or a map. Return also the first part that is neither.

    A text has pairs as ``Name=value Other="with space"``, or as ``ParameterKey=Name,ParameterValue=value``.
    """
    match written:
        case dict():
            return {str(name): _text(value) for name, value in written.items()}, ""
        case list():
            found: dict[str, str] = {}
            fault = ""
            for part in written:
                pairs, wrong = read_overrides(part)
                found.update(pairs)
                fault = fault or wrong
            return found, fault
        case str():
            return _read_text(written)
    return {}, ""


def _read_text(text: str) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    place = 0
    while text[place:].strip():
        pair = _LONG.match(text, place) or _SHORT.match(text, place)
        if pair is None:
            return found, text[place:].split()[0].partition("=")[0]
        found[pair[2]] = _unquote(pair[3])
        place = pair.end()
    return found, ""


def _unquote(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return re.sub(r"\\(.)", r"\1", text[1:-1] if quoted else text, flags=re.DOTALL)


def _text(value: Any) -> str:
    return ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)


def _settings(section: Any) -> Iterator[Mapping[str, Any]]:
    for command in _COMMANDS:
        found = section.get(command) if isinstance(section, dict) else None
        parameters = found.get("parameters") if isinstance(found, dict) else None
        if isinstance(parameters, dict):
            yield parameters


def _read(path: Path) -> Any:
    """Return the content of the file. Raises ValueError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(error.strerror) from error
    if path.suffix == ".toml":
        import tomllib

        return tomllib.loads(text)
    try:
        return read_yaml(text).value
    except TextError as error:
        raise ValueError(error.message) from error
