"""Calls of AWS that a function's code can come to, whether or not a run led there. Pure but for the code's files.

A permission that no request of a run needed is one too many only where no such call is in the code. The reading errs on
the side of the call: whatever a reachable line names may run. It knows Python alone.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from homeport.project.languages import language_of
from homeport.project.model import Function, Source, Table
from homeport.project.names import snake_case
from homeport.project.project import Project
from homeport.project.python_code import CodeModule, imported_modules

_TRANSACTED = {"ConditionCheckItem": "ConditionCheck", "DeleteItem": "Delete", "GetItem": "Get"}
_TRANSACTED |= {"PutItem": "Put", "UpdateItem": "Update"}
"""The key of an action within a transaction.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItem.html
"""
_BATCHES = {"BatchWriteItem": ("batch_writer",)}
"""Methods of boto3 beside the one that is named like the action."""

_OF_READS = {None, "ExpressionAttributeValues", "KeyConditionExpression", "KeyConditions", "TableName"}
"""Arguments by which a method is known as one of DynamoDB; None is a dictionary of them."""

_PLAIN = frozenset(("abstractmethod", "cache", "cached_property", "classmethod", "contextlib", "contextmanager"))
_PLAIN |= {"dataclass", "dataclasses", "functools", "lru_cache", "overload", "override", "property", "staticmethod"}
_PLAIN |= {"wraps"}
"""Decorators that register nothing."""

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class CodeCalls:
    """The calls in the code of a function that ``find`` looks through.

    ``nodes`` are what can run, each with its file relative to the project. ``tables`` are the tables, by logical id,
    that stand behind the names in the code.
    """

    nodes: tuple[tuple[ast.AST, str], ...] = ()
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def find(self, action: str, table: str = "", *, is_used: bool = False) -> Source | None:
        """Return where the code asks for an action (``UpdateItem``, ``SendMessage``), None where it does nowhere.

        ``table`` is the logical id of its table. Where ``is_used``, the action was seen on another one: then a call
        counts only if it names the table.
        """
        called = {id(node.func) for node, _ in self.nodes if isinstance(node, ast.Call)}
        for node, file in self.nodes:
            part = None if id(node) in called else _part_of_call(node, action)
            if part is None:
                continue
            named = self._tables_in(part)
            is_any = not named and not is_used and not _is_of_anything(node, action)
            if not table or table in named or is_any:
                return Source(file, getattr(node, "lineno", 1))
        return None

    def _tables_in(self, node: ast.AST) -> frozenset[str]:
        return frozenset(one for name in _names(node) for one in self.tables.get(name, ()))


def read_calls(project: Project, function: Function) -> CodeCalls:
    """Return the calls in a function's code; none of code in another language."""
    if language_of(function.runtime or project.stage.runtime) != "python":
        return CodeCalls()
    root = function.code.root if function.code is not None else project.root
    served = [project.api.operations_by_id[name] for name in function.operations] if function.generated else []
    handlers = [operation.handler for operation in served] or [function.handler]
    modules = {one.file: one for handler in handlers for one in imported_modules(root, handler)}
    if not modules:
        return CodeCalls()
    nodes = [
        (node, _file_name(module.file, project.root))
        for module, part in _reachable(tuple(modules.values()), handlers)
        for node in _walk_own(part)
    ]
    return CodeCalls(tuple(nodes), _tables_by_name(list(modules.values()), list(project.resources.tables.values())))


def _reachable(modules: Sequence[CodeModule], handlers: Sequence[str]) -> Iterator[tuple[CodeModule, ast.AST]]:
    """Yield the modules and the definitions that can run: what a handler names, what that names, and so on."""
    definitions: defaultdict[str, list[tuple[CodeModule, _Definition]]] = defaultdict(list)
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, _Definition):
                definitions[node.name].append((module, node))
    waiting = [handler.rpartition(".")[2] for handler in handlers]
    own = {name for handler in waiting for _, one in definitions[handler] for name in _decorators(one)}
    # Routes are registered by a decorator. What has that of the handler itself is another function's handler.
    waiting += [name for name, found in definitions.items() for _, one in found if _decorators(one) - own]
    for module in modules:
        yield module, module.tree
        waiting += [name for node in _walk_own(module.tree) for name in _name(node)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for module, definition in definitions.get(name, ()):
            yield module, definition
            waiting += [found for node in _walk_own(definition) for found in _name(node)]
            members = definition.body if isinstance(definition, ast.ClassDef) else ()
            waiting += [one.name for one in members if isinstance(one, _Definition) and one.name.startswith("__")]


def _decorators(definition: _Definition) -> set[str]:
    """Return the first names of a definition's decorators: ``app`` of ``@app.get("/items")``."""
    called = (one.func if isinstance(one, ast.Call) else one for one in definition.decorator_list)
    return {next((node.id for node in ast.walk(one) if isinstance(node, ast.Name)), "") for one in called} - _PLAIN


def _walk_own(part: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module or definition without those of the definitions in it."""
    for child in ast.iter_child_nodes(part):
        if isinstance(child, _Definition):
            for decorator in child.decorator_list:
                yield from ast.walk(decorator)
        else:
            yield child
            yield from _walk_own(child)


def _name(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            yield name


def _names(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        yield from _name(one)


def _part_of_call(node: ast.AST, action: str) -> ast.AST | None:
    """Return the part of a call of an action that names its table, None: the node is no such call.

    A method counts where it is only named as well: ``pages(table.query, …)``.
    """
    methods = (snake_case(action), *_BATCHES.get(action, ()))
    match node:
        case ast.Call(ast.Attribute(receiver, name), keywords=keywords) if name in methods:
            return _table_name({one.arg: one.value for one in keywords}, receiver)
        case ast.Call(ast.Attribute(attr="get_paginator"), [ast.Constant(name)]) if name in methods:
            return node
        case ast.Attribute(receiver, name) if name in methods:
            return receiver
        case ast.Dict(keys, values) if action in _TRANSACTED:
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value == _TRANSACTED[action]:
                    return _table_name(_entries(value), value)
    return None


def _is_of_anything(node: ast.AST, action: str) -> bool:
    """Return whether what a node names may have to do with no database at all: the ``query`` of a request."""
    if action not in ("Query", "Scan"):
        return False
    arguments = {one.arg for one in node.keywords} if isinstance(node, ast.Call) else set()
    return isinstance(node, ast.Attribute) or (isinstance(node, ast.Call) and not arguments & _OF_READS)


def _table_name(arguments: Mapping[str | None, ast.AST], other: ast.AST) -> ast.AST:
    """Return the argument TableName, or those that are taken from a dictionary, or else another part."""
    return arguments.get("TableName") or arguments.get(None) or other


def _entries(value: ast.AST) -> dict[str | None, ast.AST]:
    match value:
        case ast.Dict(keys, values):
            pairs = zip(keys, values, strict=True)
            return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}
    return {}


def _tables_by_name(modules: Sequence[CodeModule], tables: Sequence[Table]) -> dict[str, frozenset[str]]:
    """Return the tables that the values of names have to do with, by the variables in which functions get their names.

    ``orders`` is one of the ``OrdersTable`` after ``orders = dynamodb.Table(os.environ["ORDERS_TABLE"])``.
    """
    words = {table.variable: table.logical_id for table in tables}
    bound: defaultdict[str, set[str]] = defaultdict(set)
    uses: defaultdict[str, set[str]] = defaultdict(set)
    for module in modules:
        for node in ast.walk(module.tree):
            for name, value in _bindings(node):
                for one in ast.walk(value):
                    if isinstance(one, ast.Constant) and one.value in words:
                        bound[name].add(words[str(one.value)])
                    uses[name].update(_name(one))

    @cache
    def tables_behind(name: str) -> frozenset[str]:
        found: set[str] = set()
        waiting, seen = [name], set[str]()
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                found |= bound.get(one, set())
                waiting += uses.get(one, ())
        return frozenset(found)

    return {name: tables_behind(name) for name in {*bound, *uses}}


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that a statement gives a value; that of a function is what it returns."""
    match node:
        case ast.Assign(targets, value):
            yield from ((name, value) for target in targets for name in _name(target))
        case ast.AnnAssign(target, value=ast.expr() as value) | ast.NamedExpr(target, value):
            yield from ((name, value) for name in _name(target))
        case ast.FunctionDef(name, body=body) | ast.AsyncFunctionDef(name, body=body):
            ends = (one for part in body for one in ast.walk(part) if isinstance(one, ast.Return))
            yield from ((name, one.value) for one in ends if one.value is not None)


def _file_name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
