"""deploy/stages.yaml: one stage, merged with the defaults, its secrets taken from the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from homeport.project.model import Api, Flavor, Stage, Throttle
from homeport.project.names import did_you_mean, kebab_case, nearest, slug, snake_case
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceLines, SourceMap
from homeport.project.stages.keys import DEFAULT_REGION, FILE, STAGE
from homeport.project.stages.settings import check_literal_keys, read_settings, references, substitute
from homeport.project.stages.traffic_keys import DEFAULT_THROTTLE

LOCAL = "local"
ENVIRONMENT_BYTES = 4096
_LONGEST_STACK_NAME = 128
# The settings whose value in a Stage depends on more than their own key.
_DERIVED = frozenset(("flavor", "payloadFormat", "routes", "stackName", "stageName"))


def merge_stage(defaults: Cursor, stage: Cursor, substitute: Callable[[Cursor], str]) -> Cursor:
    """Merge a stage with the defaults, key by key, into a document whose values keep their lines.

    A null in the stage removes the default. ``substitute`` replaces ``${NAME}`` in a text.
    """
    merge = _StageMerge(substitute)
    value = merge.merge(defaults, stage)
    document = Document(defaults.document.file, value, merge.source_map)
    return Cursor.root(document, defaults.diagnostics)


class _StageMerge:
    def __init__(self, substitute: Callable[[Cursor], str]) -> None:
        self._substitute = substitute
        self.source_map: SourceMap = {}

    def merge(self, below: Cursor, above: Cursor) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key in {**below.value, **above.value}:
            winner = above.at(key) if key in above.value else below.at(key)
            if winner.value is None:
                continue
            both = isinstance(above.value.get(key), dict) and isinstance(below.value.get(key), dict)
            merged[key] = self.merge(below.at(key), above.at(key)) if both else self._copy(winner)
            lines[key] = winner.line
        self.source_map[id(merged)] = SourceLines((above if above.value else below).line, lines)
        return merged

    def _copy(self, cursor: Cursor) -> Any:
        match cursor.value:
            case str():
                return self._substitute(cursor)
            case list():
                entries = list(cursor.entries())
                copies = [self._copy(entry) for entry in entries]
                self.source_map[id(copies)] = SourceLines(cursor.line, [entry.line for entry in entries])
                return copies
            case dict():
                copied = {key: self._copy(child) for key, child in cursor.items()}
                self.source_map[id(copied)] = SourceLines(
                    cursor.line, {key: child.line for key, child in cursor.items()}
                )
                return copied
            case value:
                return value


def with_throttles(api: Api, file: StageFile) -> Api:
    """Return the API with the stage's ``throttle.routes``, which are keyed by route key or operationId.

    The routes of the stage's cache are keyed so too. Routes that the API does not have are reported.
    """
    names = {name for operation in api.operations for name in (operation.id, operation.route_key)}
    for section in ("throttle", "cache"):
        for name, entry in file.cursor.map(section).map("routes").items():
            if name not in names:
                entry.error(f"there is no route {name!r}", did_you_mean(name, names))
    if not file.routes:
        return api
    operations = tuple(
        replace(
            operation,
            throttle=file.routes.get(operation.id) or file.routes.get(operation.route_key) or operation.throttle,
        )
        for operation in api.operations
    )
    return replace(api, operations=operations)


class StageFile(NamedTuple):
    """A stage; ``cursor`` is at its merged settings, ``routes`` are its throttles by route."""

    stage: Stage
    cursor: Cursor
    routes: Mapping[str, Throttle]


def read_stages(root: Cursor, key: str, title: str, variables: Mapping[str, str], flavor: Flavor = "http") -> StageFile:
    """Read the stage ``key``; ``flavor`` is that of a stage that names none.

    The stage ``local`` exists even where the file does not name it, and replaces a stage that does not exist. Every
    section is checked, but only this stage's ``${NAME}`` are looked up in ``variables``. The stack is named after the
    API's ``title``.
    """
    if root.is_map():
        FILE.check_names(root)
    stages = root.map("stages")
    if key != LOCAL and key not in stages.value:
        known = [LOCAL, *(name for name in stages.value if name != LOCAL)]
        near = nearest(key, known)
        meant = f"did you mean {near}? " if near else ""
        there = f"the stages are {', '.join(known)}" if len(known) > 1 else f"the only stage is {LOCAL}"
        (stages if root.has("stages") else root).error(f"there is no stage {key!r}", meant + there)
        key = LOCAL
    _check_sections(root, stages)
    secrets: list[str] = []
    cursor = merge_stage(root.map("defaults"), stages.map(key), lambda text: _substitute(text, variables, secrets))
    given = {"flavor": flavor, **read_settings(cursor, partial=False)}
    stage = _stage(cursor, given, key, title, stages.map(key), frozenset(secrets))
    _check_keys(cursor, given)
    return StageFile(stage, cursor, given.get("routes", {}))


def _check_sections(root: Cursor, stages: Cursor) -> None:
    sections = [("defaults", root.map("defaults"))]
    sections += [(name, stages.map(name)) for name in stages.value]
    for name in stages.value:
        # It becomes part of file names: deploy/seed/local.json.
        if re.fullmatch(r"(?!\.)[^/\\\x00-\x1f\x7f]{1,128}", name) is None:
            stages.at(name).error(
                f"{name!r} can't name a stage", "use no slashes, no control characters, and no dot at the beginning"
            )
    for name, section in sections:
        read_settings(section, partial=True)
        if name != LOCAL:
            check_literal_keys(section.map("apiKeys"))
    if sections[0][1].has("stackName"):
        sections[0][1].at("stackName").error(
            "a stackName in the defaults would be that of every stage", "set it stage by stage"
        )
    for name in stages.value:
        whole = merge_stage(sections[0][1], stages.map(name), lambda text: str(text.value))
        read_settings(whole, partial=False)
        if name != LOCAL:
            _check_certificate(whole)


def _check_certificate(stage: Cursor) -> None:
    # The stage local, which is never deployed, has its certificate from `homeport dev --tls`.
    domain = stage.at("domain")
    if isinstance(domain.value, dict) and not domain.has("certificateArn"):
        domain.error("'domain' needs 'certificateArn'", "add it")


def _substitute(cursor: Cursor, variables: Mapping[str, str], secrets: list[str]) -> str:
    text: str = cursor.value
    names = references(text)
    missing = [name for name in names if name not in variables]
    if missing:
        cursor.error(f"the variable {missing[0]} is not set", f"export it, or write {missing[0]}=… into .env")
        return text
    if names:
        # ("defaults", "environment", "KEY") and ("stages", "prod", "environment", "KEY") are one setting.
        secrets.append(".".join(cursor.path[1 if cursor.path[0] == "defaults" else 2 :]))
    return substitute(text, variables)


def _stage(
    cursor: Cursor, given: Mapping[str, Any], key: str, title: str, own: Cursor, secrets: frozenset[str]
) -> Stage:
    flavor = given["flavor"]
    _check_environment(cursor, given.get("environment", {}))
    plain = {snake_case(name): value for name, value in given.items() if name not in _DERIVED}
    return Stage(
        **{"region": DEFAULT_REGION, "throttle": DEFAULT_THROTTLE, **plain},
        key=key,
        stage_name=_stage_name(cursor, given.get("stageName"), flavor, key),
        flavor=flavor,
        payload_format=_payload_format(given, flavor, own),
        stack_name=given.get("stackName") or f"{slug(title)}-{kebab_case(key)}"[:_LONGEST_STACK_NAME],
        secrets=secrets,
    )


def _stage_name(cursor: Cursor, name: str | None, flavor: str, key: str) -> str:
    if name is None and flavor == "http":
        return "$default"
    if name == "$default" and flavor == "rest":
        cursor.at("stageName").error("a REST API has no $default stage", "give it a name, or use flavor: http")
    if name is None and not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", key):
        cursor.error(f"the stage {key!r} can't be a REST API's stage name", "set its stageName")
    return name or key


def _payload_format(given: Mapping[str, Any], flavor: str, own: Cursor) -> Any:
    if flavor == "http":
        return given.get("payloadFormat", "2.0")
    # A payload format in the defaults is meant for the HTTP stages.
    if own.has("payloadFormat") and given.get("payloadFormat") == "2.0":
        own.at("payloadFormat").error("a REST API's payload format is always 1.0", "remove it")
    return "1.0"


def _check_environment(cursor: Cursor, environment: Mapping[str, str]) -> None:
    size = sum(len(name.encode()) + len(value.encode(errors="replace")) for name, value in environment.items())
    if size > ENVIRONMENT_BYTES:
        cursor.at("environment").error(
            f"the environment is {size} bytes, more than Lambda's {ENVIRONMENT_BYTES}",
            "move large values into Parameter Store",
        )


def _check_keys(cursor: Cursor, given: Mapping[str, Any]) -> None:
    if given["flavor"] == "http":
        for key in STAGE.keys:
            if key.flavor == "rest" and cursor.has(key.name):
                cursor.at(key.name).error(f"an HTTP API has no {key.name}", "use flavor: rest, or remove them")
        return
    plans = given.get("usagePlans", {})
    for name, key in given.get("apiKeys", {}).items():
        if key.usage_plan is not None and key.usage_plan not in plans:
            cursor.at("apiKeys").at(name).at("usagePlan").error(
                f"there is no usage plan {key.usage_plan!r}", did_you_mean(key.usage_plan, plans)
            )
