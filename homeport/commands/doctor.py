"""``homeport doctor`` and ``homeport setup``: name what this machine lacks, and install what a project needs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from homeport.commands.arguments import inputs_of, read_chosen_project
from homeport.commands.dev import dev_options
from homeport.commands.json_output import print_json
from homeport.environment import reject_windows
from homeport.errors import HomeportError, SetupError
from homeport.terminal import Colour, palette_of

if TYPE_CHECKING:
    from homeport.dev.doctor_finding import DoctorFinding

UNFIT = 1
_COLOURS: dict[str, Colour] = {"ok": "green", "note": "yellow", "problem": "red"}


def run(options: argparse.Namespace) -> int:
    """Print the findings. Return 1 if ``homeport dev`` can't work with one of them."""
    found = []
    for finding in _findings(options):
        found.append({"state": finding.state, "text": finding.text, "hint": finding.hint})
        if not options.json:
            _show(finding.state, finding.text, finding.hint)
    fit = all(each["state"] != "problem" for each in found)
    if options.json:
        print_json({"fit": fit, "findings": found})
    else:
        print("homeport dev can run here" if fit else "homeport dev can't run here until the problems are solved")
    return 0 if fit else UNFIT


def _findings(options: argparse.Namespace) -> Iterator[DoctorFinding]:
    """Yield the findings as they are made."""
    from homeport.dev.doctor_finding import DoctorContext, DoctorFinding

    try:
        reject_windows()
    except SetupError as error:
        yield DoctorFinding("problem", error.message, error.hint)
        return
    from homeport.dev.doctor import examine
    from homeport.environment import read_environment

    yield from examine(DoctorContext(dev_options(options), read_environment().cache_dir))
    yield from _credentials()


def _credentials() -> Iterator[DoctorFinding]:
    from homeport.cloud.aws.client import CREDENTIALS_HINT, credentials_source
    from homeport.dev.doctor_finding import DoctorFinding

    try:
        source = credentials_source()
    except HomeportError as error:
        yield DoctorFinding("note", f"AWS credentials, which homeport deploy needs: {error.message}", error.hint)
        return
    if source is None:
        message = "there are no AWS credentials: only homeport deploy and its like need them"
        yield DoctorFinding("note", message, CREDENTIALS_HINT)
    else:
        yield DoctorFinding("ok", f"there are AWS credentials ({source})")


def _show(state: str, text: str, hint: str) -> None:
    print(f"{palette_of(sys.stdout).paint(_COLOURS[state], f'{state:<8}')} {text}", flush=True)
    if hint:
        print(f"{'':<8} → {hint}", flush=True)


def add_setup_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport setup``."""
    parser.add_argument("--runtime", default="python3.13", help="the functions' runtime (default: %(default)s)")
    parser.add_argument("--no-engine", action="store_true", help="leave the embedded DynamoDB out")


def run_setup(options: argparse.Namespace) -> int:
    """Install what functions and the engine need, for work offline. Raises HomeportError."""
    reject_windows()
    from homeport.dev.worker_setup import install_packages, install_template_packages
    from homeport.project.load import is_template_project

    root = options.project.resolve()
    if is_template_project(root, inputs_of(options)):
        install_template_packages(read_chosen_project(options, options.stage), not options.no_engine, print)
        return 0
    install_packages(root, options.runtime, not options.no_engine, print)
    return 0
