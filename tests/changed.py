"""The unit tests of what changed: ``python -m tests.changed``.

What changed is what differs from where this branch left origin/main, and files that Git does not know yet. Its tests
are those of the room of the same name, and those that import a changed module. Where that can't be told, as for
pyproject.toml, all unit tests run.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from tests import fast
from tests.support.tiers import may_have

ROOT = Path(__file__).parents[1]
_CODE = ("homeport", "service", "bench")
_ROOMS = {"cli": "commands", "contract": "contract_kit"}
"""Rooms of the code whose tests have another name."""
_READ_BY_DOCS = ("docs", "README.md", "CONTRIBUTING.md", "mkdocs.yml")
_READ_BY_NO_UNIT_TEST = ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "LICENSE", "SECURITY.md")


def main(arguments: list[str]) -> int:
    """Run the tests, say how many files they are, and return pytest's exit status."""
    paths = _changed_paths()
    tests = affected_tests(map(Path, paths))
    if tests is None:
        return fast.main(arguments)
    print(f"{len(paths)} changed files, {len(tests)} files with unit tests of them", flush=True)
    command = [sys.executable, "-m", "pytest", "-m", "unit", *fast.LIGHT, *arguments, *sorted(map(str, tests))]
    return subprocess.call(command, cwd=ROOT) if tests else 0


def affected_tests(changed: Iterable[Path], root: Path = ROOT) -> frozenset[Path] | None:
    """Return the files with unit tests of changed files, None for all of them. Each path is relative to ``root``."""
    tests = [file.relative_to(root) for file in (root / "tests").rglob("test_*.py") if may_have(file, "unit")]
    found: set[Path] = set()
    modules: set[str] = set()
    for path in changed:
        own = _tests_beside(path, tests)
        if own is None:
            return None
        found.update(own)
        modules.add(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    return frozenset(found.union(test for test in tests if modules.intersection(_imports(root / test))))


def _tests_beside(path: Path, tests: Collection[Path]) -> list[Path] | None:
    """Return the tests of a file's room, none for what only tests import, None if there is no telling."""
    place = path.parts[0]
    if place in _CODE:
        room = path.parts[1].removesuffix(".py") if place == "homeport" else place
        folder = Path("tests", _ROOMS.get(room, room))
        return [test for test in tests if folder in test.parents or test == Path("tests", f"test_{room}.py")]
    if place == "tests" and path.name.startswith("test_"):
        return [test for test in tests if test == path]
    if place in _READ_BY_DOCS:
        return [test for test in tests if Path("tests/docs") in test.parents]
    is_imported = path.is_relative_to("tests/support") and path.name != "tiers.py"
    return [] if is_imported or place in _READ_BY_NO_UNIT_TEST else None


def _imports(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports, and the names in them, which may be modules too."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _changed_paths() -> list[str]:
    base = _git("merge-base", "HEAD", "origin/main") or ["HEAD"]
    return sorted({*_git("diff", "--name-only", *base), *_git("ls-files", "--others", "--exclude-standard")})


def _git(*words: str) -> list[str]:
    found = subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
