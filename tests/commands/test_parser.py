"""The command line: help without a command, and the nearest name for one that is misspelt."""

from __future__ import annotations

import errno
import os

import pytest

from homeport.cli import explain, main, make_parser
from tests.docs.reference.commands import sub_commands

pytestmark = pytest.mark.unit


def rejected(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command line that is rejected."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_homeport_alone_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == make_parser().format_help()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["dve"], "homeport has no command 'dve' (did you mean dev?)"),
        (["xyzzy"], "homeport has no command 'xyzzy' (homeport --help lists them)"),
        (["dev", "--prot", "9000"], "homeport dev has no option --prot (did you mean --port?)"),
        (["dev", "--prot=9000"], "homeport dev has no option --prot (did you mean --port?)"),
        (["dev", "--xyzzy"], "homeport dev has no option --xyzzy (homeport dev --help lists them)"),
        (["init", "one", "two"], "homeport init takes no further argument 'two' (homeport init --help)"),
        (["snapshot", "lod", "x"], "homeport snapshot: the action can't be 'lod' (did you mean load?)"),
        (["init", "a", "--flavor", "htp"], "homeport init: --flavor can't be 'htp' (did you mean http?)"),
        (["--verson"], "homeport has no option --verson (did you mean --version?)"),
    ],
)
def test_misspelt_name_is_answered_by_the_nearest(
    capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    assert rejected(capsys, *arguments) == line


def test_parser_of_one_command_knows_what_that_of_all_commands_knows() -> None:
    whole, alone = dict(sub_commands(make_parser())), dict(sub_commands(make_parser("dev")))
    assert list(alone) == ["dev"]
    assert alone["dev"][1].format_help() == whole["dev"][1].format_help()
    assert list(dict(sub_commands(make_parser("deploy")))) == list(whole)


def test_each_command_has_one_line_in_the_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    commands = make_parser().format_help().partition("COMMAND\n")[2].splitlines()
    assert len(commands) > 25
    assert all(len(line) <= 80 and len(line.split()) > 2 for line in commands)


@pytest.mark.parametrize(
    ("number", "hint"),
    [(errno.ENOSPC, "free some room there"), (errno.EROFS, "mount a folder there"), (errno.EACCES, "give this user")],
)
def test_folder_that_can_not_be_written_is_one_clear_line(number: int, hint: str) -> None:
    line = explain(OSError(number, os.strerror(number), "/project/.homeport"))
    assert line.startswith(f"/project/.homeport: {os.strerror(number)} (")
    assert hint in line


def test_other_error_of_the_system_is_a_fault_with_its_traceback() -> None:
    assert explain(OSError(errno.EBADF, "Bad file descriptor")) == ""
