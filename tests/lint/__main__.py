"""``python -m tests.lint [PATH …]``: print what breaks a rule of this package, and exit with 1 then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.lint.import_circles import find_import_circles
from tests.lint.named_modules import check_docstring_modules, check_document_modules
from tests.lint.prose import check_prose
from tests.lint.unused import find_unused
from tests.lint.words import check_documents, check_files, check_tests

PLACES = ("homeport", "tests", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def find_files(places: list[Path], suffix: str) -> list[Path]:
    """Return the files with this suffix at and below these places; templates of new projects are left out."""
    found = chain.from_iterable([place] if place.is_file() else sorted(place.rglob(f"*{suffix}")) for place in places)
    return [file for file in found if file.suffix == suffix and "skeleton" not in file.parts]


def check_places(places: list[Path]) -> Iterator[str]:
    """Yield what breaks a rule: in the package's modules, in the names of tests, and in documents."""
    code = [file for file in find_files(places, ".py") if "tests" not in file.parts]
    tests = [file for file in find_files(places, ".py") if "tests" in file.parts]
    yield from check_files(code)
    yield from check_tests(tests)
    for kit in (place for place in places if (place / "cli.py").is_file()):
        yield from find_unused(kit)
        yield from find_import_circles(kit)
        yield from check_docstring_modules(kit)
    documents = find_files(places, ".md")
    yield from check_documents(documents)
    # The changelog is history, and decisions are letters of their day.
    current = [file for file in documents if not {"CHANGELOG.md", "decisions"} & {*file.parts}]
    yield from check_prose(current)
    yield from check_document_modules((file for file in current if "how-to" not in file.parts), Path.cwd())


def main(arguments: list[str]) -> int:
    """Check the given places, or the whole repository."""
    problems = list(check_places([Path(argument) for argument in arguments or PLACES]))
    if problems:
        print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
