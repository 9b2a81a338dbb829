"""``homeport completion``: candidates from the parser and the project, and the scripts in real shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.cli import main, make_parser
from homeport.commands.completion import SCRIPTS, complete
from tests.support.spec import write_project

STAGES = "stages: {dev: {}, prod: {}}"


def words(*line: str) -> list[str]:
    """Return the words that may stand in the place of the last one."""
    return [candidate.word for candidate in complete(make_parser(), line)]


def test_first_word_is_a_command() -> None:
    assert words("sn") == ["snapshot"]
    assert {"init", "dev", "check", "completion", "deploy"} <= set(words(""))


def test_command_has_a_description() -> None:
    (found,) = complete(make_parser(), ["chec"])
    assert found.about == "say what AWS would refuse and what is not emulated"


def test_options_are_those_of_the_command() -> None:
    assert words("deploy", "--allow") == ["--allow-data-loss"]
    assert words("check", "--allow") == []
    assert "--json" in words("check", "-")


def test_choices_of_an_argument_and_of_an_option() -> None:
    assert words("snapshot", "l") == ["load", "list"]
    assert words("init", "x", "--flavor", "") == ["http", "rest"]
    assert words("init", "x", "--flavor=r") == ["--flavor=rest"]
    assert words("completion", "") == list(SCRIPTS)


def test_stages_are_those_of_the_project(tmp_path: Path) -> None:
    root = str(write_project(tmp_path, stages=STAGES))
    assert words("deploy", "--project", root, "--stage", "") == ["local", "dev", "prod"]
    assert words("deploy", f"--project={root}", "--stage=p") == ["--stage=prod"]
    # bash makes words of their own of the equals signs.
    assert words("deploy", "--project", "=", root, "--stage", "=", "p") == ["prod"]


def test_operations_are_those_of_the_project(tmp_path: Path) -> None:
    root = str(write_project(tmp_path))
    assert words("invoke", "--project", root, "get") == ["getThing"]
    (found,) = complete(make_parser(), ["event", "--project", root, "createT"])
    assert (found.word, found.about) == ("createThing", "POST /things")


def test_project_that_can_not_be_read_has_no_names(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("{")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "stages.yaml").write_text("stages: [")
    assert words("invoke", "--project", str(tmp_path), "") == []
    assert words("deploy", "--project", str(tmp_path), "--stage", "") == ["local"]


def test_files_are_left_to_the_shell() -> None:
    assert words("invoke", "x", "--event", "") == []
    assert words("adopt", "") == []
    assert words("no-such-command", "") == []


def test_words_are_printed_one_a_line_with_their_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "words", "snap"]) == 0
    assert capsys.readouterr().out == "snapshot\tkeep what the tables hold, and bring it back\n"


def in_shell(shell: str, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a text in a shell that finds ``homeport`` on its PATH."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "HOME": str(folder)}
    return subprocess.run(
        [program, "-c", text], cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.stack
def test_bash_completes_commands_and_stages(tmp_path: Path) -> None:
    write_project(tmp_path, stages=STAGES)
    text = """\
eval "$(homeport completion bash)"
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _homeport; echo "${COMPREPLY[@]}"; }
try homeport snap
try homeport deploy --stage p
try homeport deploy --stage = d
complete -p homeport
"""
    done = in_shell("bash", text, tmp_path)
    *replies, registered = done.stdout.splitlines()
    assert (replies, done.stderr) == (["snapshot", "prod", "dev"], "")
    assert registered == "complete -o default -F _homeport homeport"


@pytest.mark.stack
def test_fish_completes_commands_and_stages(tmp_path: Path) -> None:
    write_project(tmp_path, stages=STAGES)
    text = """\
homeport completion fish | source
complete -C 'homeport snap'
complete -C 'homeport deploy --stage p'
"""
    done = in_shell("fish", text, tmp_path)
    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == ["snapshot", "prod"], done.stderr


@pytest.mark.stack
def test_zsh_takes_the_script(tmp_path: Path) -> None:
    text = """\
autoload -Uz compinit && compinit -u -d "$HOME/dump"
eval "$(homeport completion zsh)"
print ${_comps[homeport]}
"""
    done = in_shell("zsh", text, tmp_path)
    assert (done.stdout, done.stderr) == ("_homeport\n", "")
