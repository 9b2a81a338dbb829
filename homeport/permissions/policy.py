"""Policy documents, read once into statements; a statement says whether it applies to a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .conditions import OPERATORS, Condition, all_hold, any_holds, negate, read_operator
from .patterns import Context, UnknownVariable, as_glob, globs_arn, is_like
from .principals import ANONYMOUS, KINDS, Principal, Principals

VERSION = "2012-10-17"
_FIRST_VERSION = "2008-10-17"
"""The version of a document that names none: it has no policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
"""

_DOCUMENT_KEYS = ("Version", "Id", "Statement")
_STATEMENT_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_PRINCIPAL_KEYS = ("Principal", "NotPrincipal")
_ACTION = re.compile(r"\*|[\w*?-]+:[\w*?]+")
_LONGEST_QUOTE = 64


class PolicyError(Exception):
    """A document is no policy. ``path`` leads to the place inside it (``Statement[0].Effect``)."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path} {message}")
        self.path = path


@dataclass(frozen=True)
class AccessRequest:
    """A request as policies see it: an action on a resource, with its condition keys, by a principal."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    principal: Principal = ANONYMOUS


@dataclass(frozen=True)
class PolicyStatement:
    """A statement of a policy.

    ``actions`` are in lower case; a resource of None is one that only AWS knows. The flags say that the lists are those
    of ``NotAction`` and ``NotResource``. ``principals`` is None in an identity-based policy. ``name`` is the Sid, or
    the place inside the document. ``variables`` says that ``${…}`` is a policy variable.
    """

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str | None, ...]
    not_action: bool = False
    not_resource: bool = False
    conditions: tuple[Condition, ...] = ()
    principals: Principals | None = None
    name: str = ""
    variables: bool = True

    def names_action(self, action: str) -> bool:
        """Return whether it is about an action, in any case of its letters."""
        wanted = action.lower()
        return any(is_like(wanted, name) for name in self.actions) is not self.not_action

    def names_resource(self, arn: str, context: Context, unknown: list[str]) -> bool | None:
        """Return whether it is about a resource, None if that is not known: ``unknown`` gets the reasons."""
        found = any_holds(self._is_resource(pattern, arn, context, unknown) for pattern in self.resources)
        return negate(found) if self.not_resource else found

    def applies(self, request: AccessRequest, unknown: list[str]) -> bool | None:
        """Return whether it applies to a request, None if that is not known: ``unknown`` gets the reasons."""
        if not self.names_action(request.action):
            return False
        if self.principals is not None and self.principals.match(request.principal) is None:
            return False
        reasons: list[str] = []
        results = [self.names_resource(request.resource, request.context, reasons)]
        for condition in self.conditions:
            results.append(condition.holds(request.context))
            reasons += [condition.key] if results[-1] is None else []
        result = all_hold(results)
        if result is None:
            unknown += reasons
        return result

    def unmet(self, context: Context) -> list[str]:
        """Return the keys of its conditions that a request does not meet."""
        return [condition.key for condition in self.conditions if not condition.holds(context)]

    def _is_resource(self, pattern: str | None, arn: str, context: Context, unknown: list[str]) -> bool | None:
        if pattern is None:
            unknown.append("a resource")
            return None
        try:
            return globs_arn(arn, as_glob(pattern, context) if self.variables else pattern.replace("[", "[[]"))
        except UnknownVariable as error:
            unknown.append(error.key)
            return None


def statement_of(written: Mapping[str, Any]) -> PolicyStatement:
    """Return a statement whose parts are lists already, with None for a value that only AWS knows."""
    not_action, not_resource = "NotAction" in written, "NotResource" in written
    return PolicyStatement(
        effect=written.get("Effect", ""),
        actions=tuple(str(each).lower() for each in written.get("NotAction" if not_action else "Action", ())),
        resources=tuple(written.get("NotResource" if not_resource else "Resource", ())),
        not_action=not_action,
        not_resource=not_resource,
        conditions=tuple(_conditions(written.get("Condition", {}))),
        name=str(written.get("Sid", "")),
    )


def _conditions(block: Mapping[str, Mapping[str, Any]]) -> Iterator[Condition]:
    for written, keys in block.items():
        operator = read_operator(written)
        for key, values in keys.items():
            yield Condition(written, operator, key, tuple(values))


@dataclass(frozen=True)
class Policy:
    """A policy document that has been read: the statements that deny, and those that allow."""

    denies: tuple[PolicyStatement, ...] = ()
    allows: tuple[PolicyStatement, ...] = ()

    @classmethod
    def of(cls, statements: Iterable[PolicyStatement]) -> Policy:
        """Return the policy that has some statements."""
        found = tuple(statements)
        return cls(
            tuple(each for each in found if each.effect == "Deny"),
            tuple(each for each in found if each.effect == "Allow"),
        )

    def __bool__(self) -> bool:
        """Return whether it has a statement."""
        return bool(self.denies or self.allows)

    @property
    def statements(self) -> tuple[PolicyStatement, ...]:
        """The statements, those that deny first."""
        return (*self.denies, *self.allows)

    def denying(self, request: AccessRequest, unknown: list[str]) -> PolicyStatement | None:
        """Return the statement that denies a request: one that is not to be known here denies too."""
        return next((each for each in self.denies if each.applies(request, unknown) is not False), None)

    def allowing(self, request: AccessRequest, unknown: list[str]) -> list[PolicyStatement]:
        """Return the statements that allow a request: one that is not to be known here does not."""
        return [each for each in self.allows if each.applies(request, unknown)]

    def unmet_keys(self, request: AccessRequest) -> list[str]:
        """Return the keys of conditions that a request did not meet, of statements that would have allowed it."""
        about = [
            each
            for each in self.allows
            if each.names_action(request.action) and each.names_resource(request.resource, request.context, [])
        ]
        return [key for each in about for key in each.unmet(request.context)]


def read_policy(
    document: Any,
    *,
    name: str = "Policy",
    resource_based: bool = False,
    short: str = "",
    templated: bool | Literal["whole"] = False,
) -> Policy:
    """Read a policy document.

    ``name`` begins the paths in messages. A ``resource_based`` policy names principals in each statement, and its
    resources may begin with ``short`` (``execute-api:``). In a ``templated`` one a function of CloudFormation may
    stand for a resource or a value: only AWS knows it; ``whole``: so may any other text. Raises PolicyError.
    """
    if not isinstance(document, Mapping):
        raise PolicyError(name, "is not an object")
    _check_keys(document, _DOCUMENT_KEYS, name)
    version = document.get("Version", _FIRST_VERSION)
    if version not in (VERSION, _FIRST_VERSION):
        raise PolicyError(f"{name}.Version", f"is not {VERSION}")
    statements = document.get("Statement")
    reader = _StatementReader(f"{name}.Statement", version == VERSION, resource_based, short, templated)
    if isinstance(statements, Mapping):
        return Policy.of([reader.read(statements)])
    if not isinstance(statements, list):
        raise PolicyError(name, "has no Statement")
    places = (replace(reader, place=f"{reader.place}[{number}]") for number in range(len(statements)))
    return Policy.of([each.read(statement) for each, statement in zip(places, statements, strict=True)])


@dataclass(frozen=True)
class _StatementReader:
    """Reads the statement at a place inside a document."""

    place: str
    variables: bool
    resource_based: bool
    short: str
    templated: bool | Literal["whole"]

    def read(self, statement: Any) -> PolicyStatement:
        if not isinstance(statement, Mapping):
            raise PolicyError(self.place, "is not an object")
        _check_keys(statement, (*_STATEMENT_KEYS, *(_PRINCIPAL_KEYS if self.resource_based else ())), self.place)
        effect = statement.get("Effect")
        if effect not in ("Allow", "Deny"):
            raise PolicyError(f"{self.place}.Effect", "is neither Allow nor Deny")
        not_action, not_resource = self._inverse(statement, "Action"), self._inverse(statement, "Resource")
        actions = self._texts(statement, "NotAction" if not_action else "Action")
        for action in actions:
            if not _ACTION.fullmatch(action):
                raise PolicyError(f"{self.place}.Action", f"{_quote(action)} is no action: write SERVICE:ACTION")
        resources = self._resources(statement, "NotResource" if not_resource else "Resource")
        for resource in resources:
            if not self._is_resource(resource):
                raise PolicyError(f"{self.place}.Resource", f"{_quote(str(resource))} is neither an ARN nor *")
        return PolicyStatement(
            effect=str(effect),
            actions=tuple(action.lower() for action in actions),
            resources=resources,
            not_action=not_action,
            not_resource=not_resource,
            conditions=tuple(self._conditions(statement.get("Condition", {}))),
            principals=self._principals(statement) if self.resource_based else None,
            name=str(statement.get("Sid") or self.place),
            variables=self.variables,
        )

    def _inverse(self, statement: Mapping[str, Any], name: str) -> bool:
        """Return whether a statement has the opposite of a part (``NotAction``): it has one of both."""
        if (name in statement) is (f"Not{name}" in statement):
            raise PolicyError(self.place, f"needs either {name} or Not{name}")
        return f"Not{name}" in statement

    def _texts(self, statement: Mapping[str, Any], key: str) -> tuple[str, ...]:
        return _texts(statement[key], f"{self.place}.{key}")

    def _resources(self, statement: Mapping[str, Any], key: str) -> tuple[str | None, ...]:
        written = statement[key]
        if not self.templated:
            return self._texts(statement, key)
        entries = written if isinstance(written, list) else [written]
        texts = iter(_texts([each for each in entries if not _is_function(each)], f"{self.place}.{key}"))
        found = (None if _is_function(each) else next(texts) for each in entries)
        return tuple(each if self.templated != "whole" or self._is_resource(each) else None for each in found)

    def _is_resource(self, text: str | None) -> bool:
        return text in ("*", None) or str(text).startswith(("arn:", "${", *filter(None, [self.short])))

    def _principals(self, statement: Mapping[str, Any]) -> Principals:
        inverse = self._inverse(statement, "Principal")
        key = "NotPrincipal" if inverse else "Principal"
        written = statement[key]
        place = f"{self.place}.{key}"
        if written == "*":
            return Principals({"AWS": ("*",)}, inverse)
        if not isinstance(written, Mapping):
            raise PolicyError(place, "is neither * nor a map from AWS, Service or Federated to principals")
        _check_keys(written, KINDS, place)
        return Principals({kind: _texts(names, f"{place}.{kind}") for kind, names in written.items()}, inverse)

    def _conditions(self, block: Any) -> Iterator[Condition]:
        place = f"{self.place}.Condition"
        if not isinstance(block, Mapping):
            # AWS rejects null: https://github.com/aws/aws-lambda-rust-runtime/issues/863
            raise PolicyError(place, "is not an object: leave it out, or write {}")
        for written, keys in block.items():
            operator = read_operator(str(written))
            if not operator.is_known:
                raise PolicyError(f"{place}.{str(written)[:_LONGEST_QUOTE]}", f"is no operator{_did_you_mean(written)}")
            if not isinstance(keys, Mapping):
                raise PolicyError(f"{place}.{written}", "does not map keys to values")
            for key, values in keys.items():
                where = f"{place}.{written}.{str(key)[:_LONGEST_QUOTE]}"
                entries = values if isinstance(values, list) else [values]
                texts = tuple(
                    None if self.templated and _is_function(value) else _value(value, where) for value in entries
                )
                condition = Condition(str(written), operator, str(key), texts, self.variables)
                if unreadable := condition.unreadable():
                    raise PolicyError(where, f"can't be compared with {', '.join(map(_quote, unreadable))}")
                yield condition


def _texts(value: Any, place: str) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise PolicyError(place, "is neither a text nor a list of texts")
    return tuple(texts)


def _is_function(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and str(next(iter(value))).startswith(("Fn::", "Ref"))


def _value(value: Any, place: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise PolicyError(place, "has a value that is neither text, number nor boolean")
    return str(value)


def _check_keys(value: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise PolicyError(place, f"has the unknown key {_quote(unknown[0])}")


def _did_you_mean(operator: object) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(operator)[:_LONGEST_QUOTE], OPERATORS, 1)
    return f" (did you mean {near[0]}?)" if near else ""


def _quote(text: str) -> str:
    return repr(text[:_LONGEST_QUOTE])
