"""``homeport logs``: print the log lines of functions, of ``homeport dev`` or of a deployed stage."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from homeport.commands.arguments import LOCAL, inputs_of
from homeport.commands.json_output import print_json
from homeport.errors import HomeportError, ProjectError
from homeport.terminal import line_colour, palette_of

if TYPE_CHECKING:
    from homeport.dev.logs import LogFilter
    from homeport.project.project import Project
    from homeport.runtime.logs import LogLine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport logs``."""
    parser.add_argument(
        "function", nargs="?", metavar="FUNCTION", help="an operationId, or a function's name (default: all of them)"
    )
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    parser.add_argument(
        "--since",
        default="10m",
        metavar="5m",
        help="30s, 5m, 2h, 1d, 1w ago, or a date and time (default: %(default)s)",
    )
    parser.add_argument(
        "--filter", default="", metavar="TEXT", help="only lines with this text; %%regex%% is a regular expression"
    )


def run(options: argparse.Namespace) -> int:
    """Print the log lines. Raises HomeportError."""
    from homeport.dev.logs import LogFilter, follow_logs, read_logs, since_time, text_filter
    from homeport.runtime.logs import functions_with_logs

    choice = LogFilter(since_time(options.since, time.time()), text_filter(options.filter))
    if options.stage != LOCAL:
        return _run_deployed(options, choice)
    project = _project(options)
    named = _find_function(project, options.function)

    show = partial(_print, with_name=named is None, as_json=options.json)

    def functions() -> list[str]:
        return [named] if named else functions_with_logs(project.data_dir)

    if options.follow:
        with contextlib.suppress(KeyboardInterrupt):
            show(follow_logs(project.data_dir, functions, choice))
    elif not show(read_logs(project.data_dir, functions(), choice)):
        print(f"homeport: {_no_lines_reason(project, functions(), options)}", file=sys.stderr)
    return 0


def _run_deployed(options: argparse.Namespace, choice: LogFilter) -> int:
    from homeport.cloud.deploy_target import find_target
    from homeport.cloud.logs import follow_cloud_logs, function_names, read_cloud_logs
    from homeport.commands.cloud import readable_project
    from homeport.project.names import find_function

    project = readable_project(options)
    target = find_target(project)
    named = find_function(project.api, options.function).name if options.function else None

    show = partial(_print, with_name=named is None, as_json=options.json)

    def functions() -> dict[str, str]:
        return {name: own for name, own in function_names(target).items() if named in (None, name)}

    if not functions():
        what = f"the function {named!r}" if named else project.stage.stack_name
        raise HomeportError(f"{what} is not deployed in {target.region}", f"homeport deploy --stage {options.stage}")
    if options.follow:
        with contextlib.suppress(KeyboardInterrupt):
            show(follow_cloud_logs(target.aws, functions, choice, time.sleep))
    elif not show(read_cloud_logs(target.aws, functions(), choice)):
        print(f"homeport: nothing was logged since {options.since} (--since 1d looks further back)", file=sys.stderr)
    return 0


def _no_lines_reason(project: Project, functions: Sequence[str], options: argparse.Namespace) -> str:
    """Return the reason why no line was printed."""
    from homeport.dev.logs import LogFilter, read_logs

    last = max((line.at for line in read_logs(project.data_dir, functions, LogFilter())), default=None)
    if last is None:
        return "nothing has been logged yet (homeport dev and homeport invoke do)"
    what = f"nothing with {options.filter!r} was logged" if options.filter else "nothing was logged"
    return f"{what} since {options.since}; the last line is of {last} (--since 1d looks further back)"


def _project(options: argparse.Namespace) -> Project:
    """Return the project even if it has errors: its logs can be read nevertheless."""
    from homeport.project.load import read_project

    project, problems = read_project(options.project.resolve(), options.stage, inputs=inputs_of(options))
    if project is None:
        raise ProjectError(problems)
    return project


def _find_function(project: Project, name: str | None) -> str | None:
    from homeport.project.names import find_function
    from homeport.runtime.logs import functions_with_logs

    if name is None:
        return None
    # A function that was removed from the project may have log lines.
    return name if name in functions_with_logs(project.data_dir) else find_function(project.api, name).name


def _print(lines: Iterable[LogLine], *, with_name: bool, as_json: bool) -> int:
    """Print lines, each as a line of JSON if it is for programs. Return how many."""
    palette = palette_of(sys.stdout)
    count = 0
    for line in lines:
        if as_json:
            print_json({"at": line.at, "function": line.function, "text": line.text})
        else:
            name = f"{palette.paint('cyan', line.function)} " if with_name else ""
            text = palette.paint(line_colour(line.text), line.text)
            print(f"{palette.paint('grey', line.at)} {name}{text}", flush=True)
        count += 1
    return count
