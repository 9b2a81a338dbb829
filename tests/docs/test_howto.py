"""Each how-to page is run from its first block to its last, in an empty folder, and prints what it says."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from homeport.cli import make_parser
from tests.docs.howto_page import inline_commands, matches, read_blocks, run_page, unexplained_blocks

PAGES = sorted((Path(__file__).parents[2] / "docs" / "how-to").glob("*.md"))
# The short form: an API of Homeport's own shape, and a project of another tool.
_SHORT = frozenset(("cors.md", "from-sam.md"))
_NAMES = frozenset(("curl", "event", "init", "invoke"))
RUN = [
    pytest.param(page, id=page.stem, marks=pytest.mark.stack if page.name in _SHORT else pytest.mark.slow)
    for page in PAGES
    if any(block.language == "sh" for block in read_blocks(page.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("page", RUN)
def test_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    run_page(page.read_text(encoding="utf-8"), tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_page_has_no_block_that_is_not_run(page: Path) -> None:
    assert unexplained_blocks(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_commands_within_sentences_can_be_parsed(page: Path) -> None:
    parser = make_parser()
    for command in inline_commands(page.read_text(encoding="utf-8")):
        words = shlex.split(command.partition(" > ")[0])[1:]
        # The name alone stands for the command.
        if len(words) > 1 or words[0] not in _NAMES:
            parser.parse_args(words)


def test_dots_stand_for_any_text() -> None:
    assert matches("ready …\n…\nend", "ready http://x\na\nb\nend")
    assert matches("…\nend", "end")
    assert not matches("ready", "ready now")
    assert not matches("a\nb", "a\n\nb")


@pytest.mark.stack
def test_wrong_output_of_a_page_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"printed\nhello\n"):
        run_page("```sh\necho hello\n```\n\n```text\ngoodbye\n```\n", tmp_path)


@pytest.mark.stack
def test_failing_command_of_a_page_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ended with 1"):
        run_page("```sh\nfalse\necho hello\n```\n", tmp_path)


@pytest.mark.stack
def test_folder_and_variables_last_from_block_to_block(tmp_path: Path) -> None:
    first = '```sh\nmkdir -p a/b && cd a\nNAME="two words"\n```\n\n```text title="b/c"\nold\n```\n'
    run_page(f'{first}\n```sh\necho "$NAME" $(cat b/c)\n```\n\n```text\ntwo words old\n```\n', tmp_path)
