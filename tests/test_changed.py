"""Which unit tests ``make test-changed`` runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.changed import affected_tests

UNIT = "import pytest\n\npytestmark = pytest.mark.unit\n"
STACK = "import pytest\n\npytestmark = pytest.mark.stack\n"
FILES: Mapping[str, str] = {
    "tests/gateway/test_uri.py": UNIT + "from homeport.gateway import uri\n",
    "tests/gateway/http_api/test_event.py": UNIT + "from tests.support.gateway import make_request\n",
    "tests/contract_kit/test_model.py": UNIT + "import homeport.gateway.uri\n",
    "tests/docs/test_commands.py": STACK,
    "tests/docs/test_howto.py": UNIT,
    "tests/issuer/test_keys.py": UNIT + "from homeport.issuer import keys\n",
    "tests/test_terminal.py": UNIT + "from homeport.terminal import Terminal\n",
}


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ("homeport/gateway/uri.py", ["contract_kit/test_model", "gateway/http_api/test_event", "gateway/test_uri"]),
        ("homeport/contract/run/command.py", ["contract_kit/test_model"]),
        ("homeport/issuer/__init__.py", ["issuer/test_keys"]),
        ("homeport/terminal.py", ["test_terminal"]),
        ("tests/support/gateway.py", ["gateway/http_api/test_event"]),
        ("tests/issuer/test_keys.py", ["issuer/test_keys"]),
        ("tests/issuer/test_gone.py", []),
        ("docs/glossary.md", ["docs/test_howto"]),
        ("CHANGELOG.md", []),
        ("pyproject.toml", None),
        ("tests/conftest.py", None),
    ],
)
def test_tests_of_a_changed_file_are_those_of_its_room_and_those_that_import_it(
    tmp_path: Path, changed: str, chosen: list[str] | None
) -> None:
    for place, text in FILES.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    found = affected_tests([Path(changed)], tmp_path)
    names = None if found is None else sorted(str(path.relative_to("tests").with_suffix("")) for path in found)
    assert names == chosen
