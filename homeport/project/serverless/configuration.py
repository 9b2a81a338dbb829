"""The configuration of a service: the file that the owner writes, with everything that its variables stand for.

https://www.serverless.com/framework/docs/guides/variables
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.errors import Problem
from homeport.project.cloudformation.stack.parameters import DEFAULT_REGION
from homeport.project.esbuild import is_file
from homeport.project.formats.source_format import FormatRequest
from homeport.project.serverless.variables.outer_values import OuterValues
from homeport.project.serverless.variables.variable_resolver import VariableResolver
from homeport.project.source.builder import DocumentBuilder, Placed
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import read_document
from homeport.project.source.graft import relative_file
from homeport.project.source.yaml_text import long_form
from homeport.project.stages.settings import read_dotenv

DEFAULT_STAGE = "dev"
_NO_STAGE = "local"
"""The value of ``--stage`` where the user gives none."""

_NOT_RESOLVED = ("custom", "params", "stages", "variablesResolutionMode")
"""Keys whose values are resolved where something asks for them only."""

_OTHER_LANGUAGES = (".ts", ".js", ".cjs", ".mjs")


@dataclass(frozen=True)
class ServerlessConfiguration:
    """A configuration without variables. ``top`` is its top, each value with the file and line where it was written.

    ``custom`` are those keys below ``custom`` that were asked for, and ``dotenv`` the variables of the ``.env`` files.
    """

    top: Cursor
    custom: Cursor
    folder: Path
    stage: str
    region: str
    files: frozenset[str]
    used_parameters: frozenset[str]
    dotenv: Mapping[str, str]


def read_configuration(
    request: FormatRequest, custom_keys: tuple[str, ...], diagnostics: Diagnostics
) -> ServerlessConfiguration | None:
    """Read a service's configuration; None if it can't be read. ``custom_keys`` are to be read below ``custom``."""
    raw = _read_file(request, diagnostics)
    if raw is None:
        return None
    folder = (request.root / request.file).parent
    options = _options(request)
    stage = _setting(raw, request, options, "stage", DEFAULT_STAGE)
    dotenv, dotenv_files = _read_dotenv_files(request.root, folder, stage, raw, diagnostics)
    environ = {**dotenv, **request.environ}
    region = _setting(raw, request, options, "region", DEFAULT_REGION, environ)
    imports = {**_of_dotenv(dotenv, request.environ), **dict(request.inputs.imports)}
    outer = OuterValues(stage, region, folder, environ, imports, options)
    resolver = VariableResolver(
        raw,
        request.root,
        outer,
        dict(request.inputs.parameters),
        {"provider.stage": stage, "provider.region": region},
    )
    content: dict[str, Any] = {key: resolver.content(child) for key, child in raw.items() if key not in _NOT_RESOLVED}
    custom = resolver.follow(raw.at("custom"))
    wanted = {key: resolver.content(child) for key, child in custom.items() if key in custom_keys}
    top = Cursor.root(DocumentBuilder().document({**content, "custom": Placed(wanted, custom)}, raw), diagnostics)
    return ServerlessConfiguration(
        top=top,
        custom=top.at("custom"),
        folder=folder,
        stage=stage,
        region=region,
        files=frozenset((request.file, *dotenv_files, *resolver.files)),
        used_parameters=frozenset(resolver.used_parameters),
        dotenv=dotenv,
    )


def _of_dotenv(dotenv: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of ``.env`` files, each with the value that the shell has for it."""
    return {name: environ.get(name, value) for name, value in dotenv.items()}


def _read_file(request: FormatRequest, diagnostics: Diagnostics) -> Cursor | None:
    file = request.file
    if Path(file).suffix in _OTHER_LANGUAGES:
        diagnostics.add(
            Problem(
                "is a program, which is not run here: its configuration is not read",
                file,
                1,
                "write what it makes to a file, and name it: serverless print > serverless.print.yml, "
                "then --template serverless.print.yml",
            )
        )
        return None
    document, problems = read_document(request.root, file, tags=long_form)
    diagnostics.add(*problems)
    if document is None:
        return None
    top = Cursor.root(document, diagnostics)
    if not isinstance(document.value, dict):
        top.error("holds no map, so it is no configuration of a service", "write service, provider and functions")
        return None
    return top if _is_for_aws(top) else None


def _is_for_aws(top: Cursor) -> bool:
    """Return whether a configuration is one of the framework for AWS; report another one."""
    if top.has("component"):
        top.at("component").error("this is a Serverless Component, which is not read", "write service and provider")
        return False
    if top.has("services") and not top.has("provider"):
        top.at("services").error(
            "this is a list of services for Serverless Compose",
            "run it in the folder of one: homeport dev --project DIR",
        )
        return False
    provider = top.at("provider")
    name = provider.at("name") if isinstance(provider.value, dict) else provider
    if name.value is None:
        if isinstance(provider.value, dict):
            provider.error("provider has no name", "write name: aws")
        else:
            top.error("the configuration has no provider", "write provider: {name: aws}")
        return False
    if isinstance(name.value, str) and "${" not in name.value and name.value != "aws":
        name.error(f"the provider is {name.value}, and only aws is read here", "name aws, or use another tool")
        return False
    return True


def _options(request: FormatRequest) -> dict[str, str]:
    """Return the options with which the framework would be started: the stage, and those of ``--import opt:…``."""
    given = {name[4:]: value for name, value in request.inputs.imports if name.startswith("opt:")}
    return {"stage": request.stage_key, **given} if request.stage_key != _NO_STAGE else given


def _setting(
    raw: Cursor,
    request: FormatRequest,
    options: Mapping[str, str],
    key: str,
    default: str,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Return the stage or the region: the option, else the provider's, else the framework's default."""
    if key in options:
        return options[key]
    folder = (request.root / request.file).parent
    plain = raw._replace(diagnostics=Diagnostics())
    outer = OuterValues(
        DEFAULT_STAGE, DEFAULT_REGION, folder, environ or request.environ, dict(request.inputs.imports), options
    )
    defaults = {"provider.stage": default, "provider.region": default}
    resolver = VariableResolver(plain, request.root, outer, dict(request.inputs.parameters), defaults)
    found = resolver.find(plain, ("provider", key))
    value = resolver.follow(found).value if found is not None else None
    # A value that the framework could not work out either is reported where the whole file is read.
    is_known = isinstance(value, str) and value and not plain.diagnostics.all()
    return str(value) if is_known and re.fullmatch(r"[\w.-]+", str(value)) else default


def _read_dotenv_files(
    root: Path, folder: Path, stage: str, raw: Cursor, diagnostics: Diagnostics
) -> tuple[dict[str, str], list[str]]:
    """Return the variables of ``.env.STAGE`` and ``.env``, the first one before the other, and the files' names.

    https://www.serverless.com/framework/docs/environment-variables
    """
    values: dict[str, str] = {}
    setting = raw.at("useDotenv").value
    further = [setting] if isinstance(setting, str) else setting if isinstance(setting, list) else []
    places = [folder, *(folder / str(name) for name in further)]
    found_files = [[place] if is_file(place) else [place / f".env.{stage}", place / ".env"] for place in places]
    files = [relative_file(root, file) for group in found_files for file in group]
    if setting is False:
        return {}, files
    for file in files:
        try:
            text = (root / file).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            diagnostics.add(Problem("can't be read as UTF-8 text", file, hint="mend or remove it"))
            continue
        found, problems = read_dotenv(text, file)
        diagnostics.add(*problems)
        values = {**found, **values}
    return values, files
