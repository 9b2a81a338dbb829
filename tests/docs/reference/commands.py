"""The page of commands, from the parser of the command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from homeport.cli import make_parser
from tests.docs.reference.markdown import anchor, page, table

_LEAD = """
Every command, with its arguments and options. `homeport COMMAND --help` prints the same. Results go to standard output,
errors to standard error; there are colours where the output is a terminal.
[Exit statuses](exit-statuses.md) are the same for all commands.
"""


def commands_page() -> str:
    """Return the page."""
    commands = dict(sub_commands(make_parser()))
    rows = ((f"[`homeport {name}`](#{anchor(f'homeport {name}')})", summary) for name, (summary, _) in commands.items())
    parts = (_command(name, summary, parser) for name, (summary, parser) in commands.items())
    return page("Commands", _LEAD, table(("Command", "What it does"), rows), *parts)


def sub_commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, tuple[str, argparse.ArgumentParser]]]:
    """Yield the commands of a parser by name: the summary of each and its own parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield from ((name, (summaries.get(name, ""), found)) for name, found in action.choices.items())


def _command(name: str, summary: str, parser: argparse.ArgumentParser, level: str = "##") -> Iterator[str]:
    yield from (f"{level} homeport {name}", "", f"{summary[:1].upper()}{summary[1:]}.", "")
    yield from ("```", _usage(parser), "```", "")
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    shown = [action for action in actions if not isinstance(action, argparse._SubParsersAction)]
    yield from table(("Argument or option", "Meaning"), ((_names(action), _help(parser, action)) for action in shown))
    for inner, (words, sub) in sub_commands(parser):
        yield from _command(f"{name} {inner}", words, sub, "###")


def _usage(parser: argparse.ArgumentParser) -> str:
    """Return the command with its arguments. argparse itself breaks lines otherwise in each version of Python."""
    arguments = [_shape(action) for action in parser._actions if not action.option_strings]
    optional = {"?": "[{}]", "*": "[{} ...]", "+": "{} [{} ...]"}
    places = [action.nargs for action in parser._actions if not action.option_strings]
    shown = [
        optional.get(str(nargs), "{}").replace("{}", shape) for shape, nargs in zip(arguments, places, strict=True)
    ]
    return " ".join((parser.prog, *shown, "[options]"))


def _shape(action: argparse.Action) -> str:
    shape = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper())
    return shape if isinstance(shape, str) else " ".join(shape)


def _names(action: argparse.Action) -> str:
    shape = _shape(action)
    if not action.option_strings:
        return f"`{shape}`"
    value = "" if action.nargs == 0 else f" [{shape}]" if action.nargs == "?" else f" {shape}"
    return ", ".join(f"`{name}{value}`" for name in action.option_strings)


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    return re.sub(r"\s+", " ", text).replace("<", "&lt;").replace("*", r"\*").replace("_", r"\_")
