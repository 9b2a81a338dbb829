"""Schemathesis' settings of a run: the kit's, with those of the project's tests/contract/schemathesis.toml over them.

A project's file has what differs. Without the kit's settings below it, a file that only has a credential would bring
back checks that no API behind API Gateway can pass.
https://schemathesis.readthedocs.io/en/stable/reference/configuration/
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError

CONFIG = Path("tests", "contract", "schemathesis.toml")
DEFAULT_CONFIG = Path(__file__).with_name("schemathesis.toml")
SETTINGS = "schemathesis.toml"


def write_settings(
    project: Path, folder: Path, undescribed: Iterable[str] = (), hidden: Sequence[str] | None = None
) -> Path:
    """Return the file with the settings of a run, in ``folder`` where they are not just the kit's.

    The operations ``undescribed`` may find any request faulty. Reports have no value of headers and query parameters
    that are named like one of ``hidden``, in lower case; None: of those that usually have credentials.
    Raises HomeportError for a file that is no TOML.
    """
    own = read_settings(project)
    settings = _kit_settings()
    if hidden is not None:
        settings["output"]["sanitization"]["keys-to-sanitize"] = list(hidden)
    settings = _merge(settings, own)
    off = [
        {"include-name": each, "checks": {"positive_data_acceptance": {"enabled": False}}}
        for each in dict.fromkeys(undescribed)
    ]
    if not own and not off and hidden is None:
        return DEFAULT_CONFIG
    if off:
        settings["operations"] = [*settings.get("operations", ()), *off]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / SETTINGS
    file.write_text("".join(f"{json.dumps(name)} = {_toml(one)}\n" for name, one in settings.items()), encoding="utf-8")
    return file


def usual_credentials() -> tuple[str, ...]:
    """Return the names of the headers that carry credentials in any API, in lower case."""
    hidden: list[str] = _kit_settings()["output"]["sanitization"]["keys-to-sanitize"]
    return tuple(hidden)


def _kit_settings() -> dict[str, Any]:
    return tomllib.loads(DEFAULT_CONFIG.read_text(encoding="utf-8"))


def read_settings(project: Path) -> Mapping[str, Any]:
    """Return the project's own settings, none without a file. Raises HomeportError for a file that is no TOML."""
    try:
        return tomllib.loads((project / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HomeportError(f"{CONFIG}: {error}", "it is a TOML file of schemathesis") from error


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        merged[name] = _merge(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return merged


def _toml(value: Any) -> str:
    """Return a value of TOML. A string of JSON is one of TOML, but for DEL."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{json.dumps(name)} = {_toml(one)}' for name, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool | float) else str(value)
