"""Changes of operations: paths, parameters, bodies, answers, security. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.document.places import Carrier, OperationPlace, ResponsePlace, as_map
from homeport.contract.document.since.change import DocumentChange, Effect, Versions
from homeport.contract.document.since.schema_changes import SchemaComparison

_VARIABLE = re.compile(r"\{([^}+]*)(\+?)\}")


def path_shape(template: str) -> str:
    """Return a path template without the names of its variables, which no client sees."""
    return _VARIABLE.sub(lambda found: f"{{{found[2]}}}", template.rstrip("/") or "/")


class OperationComparison:
    """Compares an operation before and now."""

    def __init__(self, versions: Versions, schemas: SchemaComparison, old: OperationPlace, new: OperationPlace) -> None:
        self._versions = versions
        self._schemas = schemas
        self._old = old
        self._new = new

    def changes(self) -> Iterator[DocumentChange]:
        """Yield the changes."""
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()
        yield from self._security()

    def _change(
        self, effect: Effect, says: str, before: tuple[str, ...] = (), now: tuple[str, ...] = ()
    ) -> DocumentChange:
        return self._versions.change(
            effect, self._new.label, says, before or self._old.path, now or self._new.path, subject=says
        )

    def _parameters(self) -> Iterator[DocumentChange]:
        old, new = _by_key(self._old), _by_key(self._new)
        for key, parameter in old.items():
            if key not in new:
                says = f"the {parameter.place} parameter {parameter.name!r} is gone"
                yield self._change("breaking", says, parameter.path)
        for key, parameter in new.items():
            name = f"the {parameter.place} parameter {parameter.name!r}"
            before = old.get(key)
            if before is None:
                effect: Effect = "breaking" if parameter.required else "compatible"
                needed = ", and required" if parameter.required else ""
                yield self._change(effect, f"{name} is new{needed}", now=parameter.path)
                continue
            if parameter.required != before.required:
                effect = "breaking" if parameter.required else "compatible"
                says = f"{name} is {'required' if parameter.required else 'optional'} now"
                yield self._change(effect, says, before.path, parameter.path)
            if _style_of(before) != _style_of(parameter):
                yield self._change("breaking", f"{name} is written another way now", before.path, parameter.path)
            if before.schema is not None and parameter.schema is not None:
                yield from self._schemas.compare(before.schema, parameter.schema, "request", name, self._new.label)

    def _body(self) -> Iterator[DocumentChange]:
        old, new = self._old, self._new
        if old.body_path is None or new.body_path is None:
            if new.body_path is not None:
                effect: Effect = "breaking" if new.body_required else "compatible"
                yield self._change(effect, "there is a request body now", now=new.body_path)
            elif old.body_path is not None:
                yield self._change("risky", "there is no request body any more", old.body_path)
            return
        if new.body_required and not old.body_required:
            yield self._change("breaking", "the request body is required now", old.body_path, new.body_path)
        yield from self._contents(old.body, new.body, "request", "the request body")

    def _contents(
        self, old: tuple[Carrier, ...], new: tuple[Carrier, ...], direction: str, label: str
    ) -> Iterator[DocumentChange]:
        kinds = {content.media_type: content for content in new}
        for content in old:
            same = kinds.get(content.media_type)
            if same is None and kinds:
                yield self._change("breaking", f"{label} is no longer {content.media_type}", content.path)
            elif same is None:
                effect: Effect = "breaking" if direction == "request" or "answer 2" in label else "risky"
                yield self._change(effect, f"{label} has no content any more", content.path)
            elif content.schema is not None and same.schema is not None:
                yield from self._schemas.compare(
                    content.schema,
                    same.schema,
                    "request" if direction == "request" else "response",
                    label,
                    self._new.label,
                )
        for content in new:
            if content.media_type not in {each.media_type for each in old}:
                # A client that does not ask for one may get the new one.
                effect = "risky" if not old and "answer 2" in label else "compatible"
                yield self._change(effect, f"{label} can be {content.media_type} now", now=content.path)

    def _responses(self) -> Iterator[DocumentChange]:
        old = {response.status.upper(): response for response in self._old.responses}
        new = {response.status.upper(): response for response in self._new.responses}
        fresh = [status for status in new if status not in old and status.startswith("2")]
        for status, response in old.items():
            if status in new:
                yield from self._response(response, new[status])
            elif status[0] in "23":
                instead = f", {fresh[0]} is new" if fresh and status[0] == "2" else ""
                yield self._change("breaking", f"the answer {response.status} is gone{instead}", response.path)
            elif not {f"{status[0]}XX", "DEFAULT"} & set(new):
                yield self._change("risky", f"the answer {response.status} is gone", response.path)
        for status, response in new.items():
            if status not in old:
                covered = bool({f"{status[0]}XX", "DEFAULT"} & set(old))
                effect: Effect = "risky" if status[0] in "23" and not covered else "compatible"
                yield self._change(effect, f"the answer {response.status} is new", now=response.path)

    def _response(self, old: ResponsePlace, new: ResponsePlace) -> Iterator[DocumentChange]:
        label = f"the answer {new.status}"
        headers = {header.name.lower(): header for header in new.headers}
        for header in old.headers:
            same = headers.get(header.name.lower())
            if same is None:
                yield self._change("breaking", f"{label} no longer has the header {header.name}", header.path, new.path)
                continue
            if header.required and not same.required:
                says = f"{label} may lack the header {header.name} now"
                yield self._change("breaking", says, header.path, same.path)
            if header.schema is not None and same.schema is not None:
                name = f"the header {header.name} of {label}"
                yield from self._schemas.compare(header.schema, same.schema, "response", name, self._new.label)
        known = {header.name.lower() for header in old.headers}
        for name, header in headers.items():
            if name not in known:
                yield self._change("compatible", f"{label} has the header {header.name} now", now=header.path)
        yield from self._contents(old.content, new.content, "response", label)

    def _security(self) -> Iterator[DocumentChange]:
        before = _security(self._old, self._versions.before.root)
        now = _security(self._new, self._versions.now.root)
        # A client fulfils one alternative of before; each must fulfil one of now.
        for credentials in before:
            if not any(_fulfils(credentials, asked) for asked in now):
                what = " or ".join(_words(asked) for asked in now)
                says = (
                    f"credentials are asked for now ({what})"
                    if not credentials
                    else f"{_words(credentials)} is not enough now"
                )
                yield self._change("breaking", says)
                return
        if before != now:
            yield self._change("compatible", "credentials are asked for less strictly now")


_Alternative = Mapping[str, frozenset[str]]


def _security(operation: OperationPlace, root: Mapping[str, Any]) -> list[_Alternative]:
    asked = operation.value.get("security", root.get("security"))
    found = [as_map(each) for each in asked] if isinstance(asked, list) else []
    return [{str(name): frozenset(map(str, scopes or ())) for name, scopes in each.items()} for each in found] or [{}]


def _fulfils(credentials: _Alternative, asked: _Alternative) -> bool:
    return all(name in credentials and scopes <= credentials[name] for name, scopes in asked.items())


def _words(alternative: _Alternative) -> str:
    texts = [f"{name} with {', '.join(sorted(scopes))}" if scopes else name for name, scopes in alternative.items()]
    return " and ".join(texts) or "nothing"


def _by_key(operation: OperationPlace) -> dict[tuple[str, str], Carrier]:
    """Return the parameters by what clients see of them: a path parameter's position, any other's name."""
    positions = {name: str(index) for index, (name, _) in enumerate(_VARIABLE.findall(operation.template))}
    found: dict[tuple[str, str], Carrier] = {}
    for parameter in operation.parameters:
        name = positions.get(parameter.name, parameter.name) if parameter.place == "path" else parameter.name
        found[parameter.place, name.lower() if parameter.place == "header" else name] = parameter
    return found


def _style_of(parameter: Carrier) -> tuple[Any, ...]:
    """Return how a parameter's values are written: https://spec.openapis.org/oas/v3.0.3#style-values."""
    style = parameter.value.get("style", "form" if parameter.place in ("query", "cookie") else "simple")
    return style, parameter.value.get("explode", style == "form"), tuple(as_map(parameter.value.get("content")))
