"""Values that another stack exports or that a dynamic reference stands for; here the user gives them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from homeport.project.source.cursor import Cursor

_REFERENCE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}")
_POWERTOOLS = "/aws/service/powertools/"
"""The public parameters that name a layer of Powertools: the reader of layers knows them by their names.

https://docs.aws.amazon.com/powertools/python/latest/getting-started/install/
"""
_PUBLIC = "/aws/service/"
"""https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html"""


class _Target(NamedTuple):
    """The target of a dynamic reference: ``key`` is a key in the JSON text of a secret, ``""`` for the whole value."""

    subject: str
    name: str
    key: str = ""


class Imported(NamedTuple):
    """A value from outside the template. ``missing`` is the name that has no value here, ``""`` if it has one.

    ``secret`` says that it must not be printed.
    """

    value: str
    missing: str = ""
    secret: bool = False


class ImportedValues:
    """The values that the user gives, by name. ``unanswered`` has the names without one, each with its first place.

    A name that no variable can have, such as ``/prod/db-url``, is also found as ``PROD_DB_URL``.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.unanswered: dict[str, tuple[str, Cursor]] = {}

    def export(self, name: str, cursor: Cursor) -> Imported:
        """Return the value that another stack exports under a name, or a placeholder."""
        return self._find(_Target("the export", name), cursor)

    def parameter(self, name: str, cursor: Cursor) -> Imported:
        """Return the value of a parameter of Systems Manager, or a placeholder.

        A layer of Powertools stays the dynamic reference that names it.
        """
        if name.startswith(_POWERTOOLS) and name not in self._given:
            return Imported(f"{{{{resolve:ssm:{name}}}}}")
        return self._find(_Target("the parameter of Systems Manager", name), cursor)

    def resolve(self, text: str, cursor: Cursor) -> Imported:
        """Return a text with its dynamic references replaced."""
        missing: list[str] = []
        secret = False

        def replace(found: re.Match[str]) -> str:
            nonlocal secret
            service, rest = found.groups()
            secret = secret or service != "ssm"
            if service == "secretsmanager":
                target = self._find(_secret(rest), cursor)
            else:
                target = self.parameter(re.sub(r":[0-9]+$", "", rest), cursor)
            missing.append(target.missing)
            return target.value

        return Imported(_REFERENCE.sub(replace, text), next(filter(None, missing), ""), secret)

    def report(self) -> None:
        """Warn of each name that has no value."""
        for name, (subject, cursor) in self.unanswered.items():
            cursor.warning(
                f"{subject} {name!r} has no value here, so a placeholder stands for it",
                import_hint(name),
            )

    def _find(self, target: _Target, cursor: Cursor) -> Imported:
        full = f"{target.name}:{target.key}" if target.key else target.name
        for name in (full, _variable(full)):
            if name in self._given:
                return Imported(self._given[name])
        for name in (target.name, _variable(target.name)):
            if name in self._given:
                found = _json_value(self._given[name], target.key)
                if found is not None:
                    return Imported(found)
        if not target.name.startswith(_PUBLIC):
            self.unanswered.setdefault(full, (target.subject, cursor))
        return Imported(placeholder(full), full)


def import_hint(name: str) -> str:
    """Return how a value is given to a name."""
    return f"--import {name}=VALUE, or {_variable(name)}=VALUE in .env"


def placeholder(name: str) -> str:
    """Return what stands for a value that is not known: the last part of its name."""
    if name.startswith(f"{_PUBLIC}ami"):
        return "ami-00000000000000000"
    return re.split(r"[/:]", name.rstrip("/:"))[-1] or "placeholder"


def _secret(rest: str) -> _Target:
    """Read ``secret-id:SecretString:json-key:version-stage:version-id``; the id may be an ARN, which has six colons."""
    parts = rest.split(":")
    length = 7 if rest.startswith("arn:") else 1
    return _Target("the secret", ":".join(parts[:length]), parts[length + 1] if len(parts) > length + 1 else "")


def _json_value(text: str, key: str) -> str | None:
    try:
        value = json.loads(text)[key]
    except (ValueError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _variable(name: str) -> str:
    """Return a name as that of a variable: ``/prod/db-url`` is ``PROD_DB_URL``."""
    return re.sub(r"[^A-Za-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").upper()
