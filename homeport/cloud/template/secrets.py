"""Settings that came from the environment: NoEcho parameters of the template, which CloudFormation never shows.

While the template is built, a mark stands for such a value; at the end every mark becomes a reference.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from homeport.project.logical_ids import logical_ids
from homeport.project.model import Api, Stage
from homeport.project.openapi.extension_keys import CORS_LISTS
from homeport.project.project import Project

_MARK = re.compile(r"<<homeport:([A-Za-z0-9]+)>>")
_PLAIN = {"variables": "variables", "environment": "environment", "access_log": "accessLog", "cors": "cors"}
_OPTIONAL = {"alarms": "alarms", "domain": "domain"}
_CORS_FIELDS = {"allowOrigins": "allow_origins", "allowMethods": "allow_methods", "allowHeaders": "allow_headers"}
_CORS_FIELDS |= {"exposeHeaders": "expose_headers"}

# n, r and p of scrypt: each guess takes a tenth of a second.
_COST = (2**14, 8, 1)


class Secrets:
    """The secret settings of a stage. ``values`` and ``settings`` (``environment.PARTNER_KEY``) are by parameter."""

    def __init__(self, stage: Stage) -> None:
        self._ids = logical_ids(stage.secrets)
        self.values: dict[str, str] = {}
        self.settings: dict[str, str] = {}

    def with_marks(self, value: Any, path: str) -> Any:
        """Return the value of a setting with marks in place of its secret texts."""
        if isinstance(value, Mapping):
            return {key: self.with_marks(inner, f"{path}.{key}") for key, inner in value.items()}
        if isinstance(value, tuple | list):
            return tuple(self.with_marks(inner, f"{path}.{index}") for index, inner in enumerate(value))
        if not isinstance(value, str) or path not in self._ids:
            return value
        name = self._ids[path]
        self.values[name], self.settings[name] = value, path
        return f"<<homeport:{name}>>"

    def parameters(self, template: Any) -> dict[str, Any]:
        """Return the parameters that the template refers to."""
        used = set(_MARK.findall("\n".join(_texts(template))))
        return {
            name: {"Type": "String", "NoEcho": True, "Description": f"{self.settings[name]} of deploy/stages.yaml"}
            for name in sorted(used)
        }

    def parameter_values(self, template: Mapping[str, Any]) -> dict[str, str]:
        """Return the values of the NoEcho parameters of a template."""
        return {name: value for name, value in self.values.items() if name in template["Parameters"]}

    def fingerprint(self, salt: str, *sections: str) -> str:
        """Return a hash of the secret values, "" without any.

        ``sections`` (``environment``, …) limits it to the values of these settings.
        """
        values = {
            name: value
            for name, value in self.values.items()
            if not sections or self.settings[name].partition(".")[0] in sections
        }
        if not values:
            return ""
        n, r, p = _COST
        text = repr(sorted(values.items())).encode(errors="surrogatepass")
        return hashlib.scrypt(text, salt=salt.encode(), n=n, r=r, p=p, dklen=16).hex()


def without_secrets(project: Project) -> tuple[Project, Secrets]:
    """Return the project with marks in place of its secret values."""
    stage, secrets = project.stage, Secrets(project.stage)
    if not stage.secrets:
        return project, secrets
    plain = {field: secrets.with_marks(getattr(stage, field), key) for field, key in _PLAIN.items()}
    optional = {field: _optional_with_marks(secrets, getattr(stage, field), key) for field, key in _OPTIONAL.items()}
    keys = {
        name: replace(key, value=secrets.with_marks(key.value, f"apiKeys.{name}.value"))
        for name, key in stage.api_keys.items()
    }
    auth = {
        name: replace(
            said,
            issuer=secrets.with_marks(said.issuer, f"auth.{name}.issuer"),
            audience=_audience_with_marks(secrets, said.audience, f"auth.{name}.audience"),
        )
        for name, said in stage.auth.items()
    }
    canary = stage.canary and replace(
        stage.canary, variables=secrets.with_marks(stage.canary.variables, "canary.variables")
    )
    marked = replace(stage, **plain, **optional, api_keys=keys, auth=auth, canary=canary)
    return replace(project, stage=marked, api=_with_cors(project.api, marked)), secrets


def _optional_with_marks(secrets: Secrets, value: Mapping[str, Any] | None, path: str) -> Any:
    return None if value is None else secrets.with_marks(value, path)


def _audience_with_marks(secrets: Secrets, audience: tuple[str, ...], path: str) -> tuple[str, ...]:
    """Return the audience with marks. In the file it is a list or one text."""
    if len(audience) == 1:
        one = secrets.with_marks(audience[0], path)
        return (one,) if one != audience[0] else (secrets.with_marks(audience[0], f"{path}.0"),)
    marked: tuple[str, ...] = secrets.with_marks(audience, path)
    return marked


def _with_cors(api: Api, stage: Stage) -> Api:
    if api.cors is None:
        return api
    said: dict[str, Any] = {_CORS_FIELDS[key]: tuple(stage.cors[key]) for key in CORS_LISTS if key in stage.cors}
    return replace(api, cors=replace(api.cors, **said))


def replace_marks(value: Any) -> Any:
    """Return a template with references to parameters in place of the marks."""
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
            return {"Fn::Sub": _MARK.sub(r"${\1}", value["Fn::Sub"])}
        return {key: replace_marks(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [replace_marks(inner) for inner in value]
    return _reference(value) if isinstance(value, str) else value


def _reference(text: str) -> Any:
    alone = _MARK.fullmatch(text)
    if alone is not None:
        return {"Ref": alone[1]}
    if not _MARK.search(text):
        return text
    return {"Fn::Sub": _MARK.sub(r"${\1}", text.replace("${", "${!"))}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
