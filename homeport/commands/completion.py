"""``homeport completion``: completion of the command line for bash, zsh and fish.

The scripts are a few lines: they ask ``homeport completion words WORD …`` for what may follow, so that commands,
options and the project's own names come from one place for every shell.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from homeport.environment import state_dir

if TYPE_CHECKING:
    from homeport.project.model import Api

WORDS = ("completion", "words")
"""The first arguments of a call by a script. The words of the line follow; the last one is being typed."""

_BASH = """\
# eval "$(homeport completion bash)" in ~/.bashrc
_homeport() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("$(printf %q "$word")")
  done < <("${COMP_WORDS[0]}" completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _homeport homeport
"""
_ZSH = """\
#compdef homeport
# eval "$(homeport completion zsh)" in ~/.zshrc, after compinit
_homeport() {
  local -a found
  local word about
  while IFS=$'\\t' read -r word about; do
    found+=("${word//:/\\\\:}:$about")
  done < <("${words[1]}" completion words "${(@)words[2,$CURRENT]}" 2>/dev/null)
  if (( $#found )); then
    _describe homeport found
  else
    _files
  fi
}
compdef _homeport homeport
"""
_FISH = """\
# homeport completion fish | source in ~/.config/fish/config.fish
function __homeport_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    test (count $current) -eq 0; and set current ''
    set -l found ($before[1] completion words $before[2..-1] $current 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path $current
    end
end
complete -c homeport -f -a '(__homeport_complete)'
"""
SCRIPTS: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


class Candidate(NamedTuple):
    """A word that may stand in the place of the last one, and what it means."""

    word: str
    about: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument of ``homeport completion``."""
    parser.add_argument("shell", choices=tuple(SCRIPTS), help="the shell whose script is printed")


def run(options: argparse.Namespace) -> int:
    """Print the script of a shell."""
    print(SCRIPTS[options.shell], end="")
    return 0


def print_words(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Print the candidates for the last word, one a line, each with what it means after a tab."""
    for candidate in complete(parser, words):
        print(f"{candidate.word}\t{' '.join(candidate.about.split())}".rstrip("\t"))
    return 0


def complete(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[Candidate]:
    """Return the candidates for the last of the words of a line, without the program's name."""
    *before, current = words or [""]
    commands = _commands(parser)
    if not before:
        return _beginning(current, _options(parser) if current.startswith("-") else commands.values())
    command = _parsers(parser).get(before[0])
    if command is None:
        return []
    line = _read_line(command, before[1:])
    if line.waiting is not None:
        return _beginning(current, _values(command, line.waiting, line))
    option, equals, value = current.partition("=")
    if equals and (action := command._option_string_actions.get(option)) is not None:
        return [
            Candidate(f"{option}={found.word}", found.about)
            for found in _beginning(value, _values(command, action, line))
        ]
    if current.startswith("-"):
        return _beginning(current, _options(command))
    places = [action for action in command._actions if not action.option_strings]
    place = places[min(line.arguments, len(places) - 1)] if places else None
    return _beginning(current, _values(command, place, line)) if place is not None else []


def _commands(parser: argparse.ArgumentParser) -> dict[str, Candidate]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return {choice.dest: Candidate(choice.dest, choice.help or "") for choice in action._choices_actions}
    return {}


def _parsers(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    actions = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return next((action.choices for action in actions), {})


class _Line(NamedTuple):
    """The words of a command before the last one: the option that waits for its value, arguments, and the project."""

    waiting: argparse.Action | None
    arguments: int
    project: Path


def _read_line(parser: argparse.ArgumentParser, words: Iterable[str]) -> _Line:
    waiting, arguments, project = None, 0, Path()
    for word in words:
        # bash makes words of their own of the equals signs.
        if word == "=":
            continue
        if waiting is not None:
            project = Path(word) if waiting.dest == "project" else project
            waiting = None
        elif word.startswith("-"):
            option, equals, value = word.partition("=")
            action = parser._option_string_actions.get(option)
            waiting = action if action is not None and not equals and action.nargs in (None, "?") else None
            project = Path(value) if option == "--project" and equals else project
        else:
            arguments += 1
    return _Line(waiting, arguments, project)


def _options(parser: argparse.ArgumentParser) -> Iterator[Candidate]:
    for action in parser._actions:
        names = [name for name in action.option_strings if name.startswith("--")] or action.option_strings
        if names and action.help != argparse.SUPPRESS:
            yield Candidate(names[0], parser._get_formatter()._expand_help(action) if action.help else "")


def _values(parser: argparse.ArgumentParser, action: argparse.Action, line: _Line) -> Iterator[Candidate]:
    """Yield the values of an option or argument; none where a shell should propose files."""
    if action.choices is not None:
        yield from (Candidate(str(choice)) for choice in action.choices)
    elif (find := _NAMES.get((parser.prog.split()[-1], action.dest)) or _NAMES.get(("", action.dest))) is not None:
        # A project that can't be read has no names.
        try:
            yield from find(line.project)
        except Exception:
            return


def _beginning(text: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    return [candidate for candidate in candidates if candidate.word.startswith(text)]


def _stages(project: Path) -> Iterator[Candidate]:
    from homeport.project.project import STAGES_FILE
    from homeport.project.source.document import read_document

    document, _ = read_document(project, STAGES_FILE)
    found = document.find(("stages",)) if document is not None else None
    names = found[0] if found is not None and isinstance(found[0], dict) else ()
    yield from map(Candidate, dict.fromkeys(("local", *names)))


def _operations(project: Path) -> Iterator[Candidate]:
    api = _api(project)
    yield from (Candidate(operation.id, operation.route_key) for operation in (api.operations if api else ()))


def _functions(project: Path) -> Iterator[Candidate]:
    yield from _operations(project)
    api = _api(project)
    functions = api.functions.values() if api is not None else ()
    yield from (Candidate(function.name) for function in functions if not function.operations)


@cache
def _api(project: Path) -> Api | None:
    """Return the API of a project of the kit's own shape; another tool's project may take seconds to read."""
    from homeport.project.load import is_template_project, read_project

    if is_template_project(project.resolve()):
        return None
    found, _ = read_project(project.resolve())
    return found.api if found is not None else None


def _starters(_: Path) -> Iterator[Candidate]:
    from homeport.scaffold.init import starter_projects

    yield from map(Candidate, starter_projects())


def _snapshots(project: Path) -> Iterator[Candidate]:
    from homeport.aws.snapshot import SUFFIX as SERVICES
    from homeport.dynamodb.snapshot import SUFFIX

    folder = state_dir(project.resolve()) / "snapshots"
    files = (file.name.removesuffix(suffix) for suffix in (SUFFIX, SERVICES) for file in folder.glob(f"[!.]*{suffix}"))
    yield from map(Candidate, sorted(set(files)))


def _runtimes(_: Path) -> Iterator[Candidate]:
    from homeport.project.languages import RUNTIMES

    yield from map(Candidate, RUNTIMES)


def _none(_: Path) -> Iterator[Candidate]:
    yield from ()


_NAMES: Mapping[tuple[str, str], Callable[[Path], Iterator[Candidate]]] = {
    ("add", "operation"): _none,
    ("snapshot", "name"): _snapshots,
    ("init", "source"): _starters,
    ("", "function"): _functions,
    ("", "operation"): _operations,
    ("", "runtime"): _runtimes,
    ("", "stage"): _stages,
}
"""The names that a project has for an argument or option, by its command (``""``: any) and its attribute."""
