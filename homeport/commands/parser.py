"""``CommandParser``: argparse, with the nearest name where a command, an option or a choice is misspelt."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, cast

from homeport.errors import EXIT_STATUS

# Columns of the help: the last one at which a description may begin, and what the longest name of a command takes.
_LAST_COLUMN, _COMMAND_WIDTH = 26, 14


class _Help(argparse.HelpFormatter):
    """The help of a command line. argparse does not count the indent of the commands, and would break the long ones."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_LAST_COLUMN)
        self._action_max_length = _COMMAND_WIDTH


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are one line with a hint. Parsers of commands are made of the same class."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("formatter_class", _Help)
        super().__init__(*args, **options)

    def parse_all(self, arguments: Sequence[str], command: str) -> argparse.Namespace:
        """Return the options; ``command`` is the attribute with the command's name. Exits for one that is unknown."""
        options, rest = self.parse_known_args(arguments)
        if rest:
            self._parser_of(getattr(options, command))._reject(rest)
        return options

    def _parser_of(self, command: str) -> CommandParser:
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction) and command in action.choices:
                return cast(CommandParser, action.choices[command])
        return self

    def _reject(self, rest: Sequence[str]) -> NoReturn:
        wrong = next((text for text in rest if text.startswith("-")), rest[0])
        name, known = wrong.partition("=")[0], [text for text in self._option_string_actions if text.startswith("--")]
        if wrong.startswith("-"):
            self._fail(f"{self.prog} has no option {name}", name, known, f"{self.prog} --help lists them")
        self._fail(f"{self.prog} takes no further argument {name!r}", "", (), f"{self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = list(map(str, action.choices))
        if isinstance(action, argparse._SubParsersAction):
            self._fail(f"{self.prog} has no command {value!r}", str(value), known, f"{self.prog} --help lists them")
        what = "/".join(action.option_strings) or f"the {action.dest}"
        choice = f"choose from {', '.join(known)}"
        self._fail(f"{self.prog}: {what} can't be {value!r}", str(value), known, choice)

    def _fail(self, message: str, name: str, known: Iterable[str], otherwise: str) -> NoReturn:
        from homeport.project.names import nearest

        near = nearest(name, known)
        self.exit(EXIT_STATUS, f"{message} ({f'did you mean {near}?' if near else otherwise})\n")


def print_help(parser: argparse.ArgumentParser) -> int:
    """Print the help of a command line without a command, and return the exit status."""
    parser.print_help(sys.stdout)
    return 0
