"""Check the words of the package: names and docstrings that a reader of AWS's, HTTP's and Python's documents expects.

The rules, each with its reason:

- A class name is unique in ``homeport/``, so that a search finds one class.
- A docstring begins with a verb or a noun that names its subject, so that its first words
  say what the thing is.
- A retired word does not come back: it was a private word for something that has a standard name.
- A function is not named by a participle alone (``_shown``, ``told``): a verb says what it does, a
  noun what it returns.
- A person is "they", in documents too.
- The name of a test begins with its subject (``test_expired_token_is_rejected``), not with "one" or "what".
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

# The first word of a docstring may not leave its subject open.
OPEN_STARTS = frozenset(
    (
        *("how", "if", "it", "of", "one", "ones", "so", "someone", "that", "them", "these", "they", "this", "those"),
        *("what", "whatever", "when", "where", "whether", "which", "who", "whom", "whose", "why"),
    )
)

# Retired names, and what says the same: words of identifiers (``snake_case`` and ``CamelCase`` split into their parts).
RETIRED = {
    "around": "dependencies, or the name of what is passed",
    "cure": "hint",
    "handover": "recorder client",
    "heard": "received",
    "lend": "acquire",
    "lending": "scheduler",
    "lent": "leased",
    "loan": "lease",
    "mending": "recovery command",
    "nearness": "(deleted)",
    "ours": "x_homeport, or own",
    "patience": "timeout",
    "patient": "timeout, or context",
    "refusal": "gateway response type",
    "refused": "GatewayError, or rejected",
    "settle": "set up",
    "spared": "excluded",
    "standing": "status",
    "surroundings": "dependencies",
    "tell": "log or publish",
    "told": "logged or published",
    "veil": "redact",
    "veiled": "redacted",
    "verdict": "authorizer response, or result",
    "workshop": "setup",
}

# Participles that do not end in "ed".
PARTICIPLES = frozenset(
    (
        *("begun", "built", "done", "drawn", "given", "held", "kept", "known", "laid", "made", "meant", "said", "seen"),
        *("sent", "shown", "spelt", "spoken", "taken", "told", "understood", "written"),
    )
)
# Words that end in "ed" and are no participle, or are a name of a library's ("received" is waitress's).
NOT_PARTICIPLES = frozenset(("embed", "exceed", "feed", "need", "proceed", "received", "seed", "speed", "succeed"))

PRONOUNS = re.compile(r"\b(he|him|himself|his|she|her|herself|hers)\b", re.IGNORECASE)
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


# Retired words that mean nothing else in a document.
RETIRED_IN_PROSE = re.compile(
    r"\b(cure|handover|lending|nearness|refusals?|surroundings|veil|veiled|verdict)\b", re.IGNORECASE
)

# Words in docstrings and comments for which there are plain ones.
RETIRED_IN_TEXT = {"anew": "again", "cure": "hint", "goes on": "continues", "told": "reported, known, or distinguished"}
_IN_TEXT = re.compile(rf"\b({'|'.join(RETIRED_IN_TEXT)})\b")

# "One of the scopes" and "this machine" are subjects; "one that waits" is not.
_OPEN_TEST = re.compile(r"test_(ones?_(?:that|who|which)|how|it|that|they|those|what(?:ever)?|who|whom|why)_")


def check_documents(files: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each word of a Markdown document that breaks a rule; fenced blocks are left out."""
    for file in files:
        fenced = False
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            fenced ^= line.lstrip().startswith("```")
            if fenced:
                continue
            if pronoun := PRONOUNS.search(line):
                yield f"{file}:{number}: {pronoun[0]!r}: a person is 'they'"
            if word := RETIRED_IN_PROSE.search(line):
                instead = RETIRED.get(word[0].lower(), "see docs/glossary.md")
                yield f"{file}:{number}: {word[0]!r} is retired; say: {instead}"


def check_tests(files: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each test whose name does not begin with its subject."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (first := _OPEN_TEST.match(node.name)):
                yield f"{file}:{node.lineno}: {node.name}: name the subject instead of {first[1]!r}"


def check_files(files: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each word that breaks a rule, as ``file:line: text``."""
    classes: dict[str, list[str]] = defaultdict(list)
    for file in files:
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(f"{file}:{node.lineno}")
            yield from (f"{file}:{line}: {problem}" for line, problem in _check_node(node))
        yield from (f"{file}: {problem}" for problem in _check_name(file.stem))
        for number, line in enumerate(text.splitlines(), 1):
            if pronoun := PRONOUNS.search(line):
                yield f"{file}:{number}: {pronoun[0]!r}: a person is 'they'"
        for number, line in _explanations(text, tree):
            if word := _IN_TEXT.search(line):
                yield f"{file}:{number}: {word[0]!r} is retired; say: {RETIRED_IN_TEXT[word[0]]}"
    for name, places in classes.items():
        if len(places) > 1:
            yield f"{places[0]}: class {name} is defined again: {', '.join(places[1:])}"


def _explanations(text: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the lines of docstrings and of comments, with their numbers."""
    described = {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for number, line in enumerate(text.splitlines(), 1):
        if number in described or line.lstrip().startswith("#"):
            yield number, line


def _check_node(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        line = getattr(node, "lineno", 1)
        if problem := _check_docstring(ast.get_docstring(node)):
            yield line, problem
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from ((node.lineno, problem) for problem in _check_function(node))
    elif isinstance(node, ast.ClassDef):
        yield from ((node.lineno, problem) for problem in _check_name(node.name))
    elif isinstance(node, ast.arg):
        yield from ((node.lineno, problem) for problem in _check_name(node.arg))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield from ((node.lineno, problem) for problem in _check_name(node.id))
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield from ((node.lineno, problem) for problem in _check_name(node.attr))


def _check_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    yield from _check_name(node.name)
    name = node.name.strip("_")
    participle = name in PARTICIPLES or (name.endswith("ed") and name not in NOT_PARTICIPLES)
    if participle and "_" not in name and not _is_property(node):
        yield f"function {node.name}: a participle alone; name it by a verb, or by what it returns"


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


def _check_docstring(text: str | None) -> str | None:
    first = re.match(r"\W*([A-Za-z']+)", text or "")
    if first and first[1].lower() in OPEN_STARTS:
        return f"a docstring begins with {first[1]!r}; begin with a verb or with a noun that names the subject"
    return None


def _check_name(name: str) -> Iterator[str]:
    for part in _PARTS.findall(name):
        if instead := RETIRED.get(part.lower()):
            yield f"{name}: {part.lower()!r} is retired; say: {instead}"
