"""``homeport test``, ``replay`` and ``parity``: commands of the contract tests, loaded when they run."""

from __future__ import annotations

import argparse

from homeport.environment import reject_windows


def run_test(options: argparse.Namespace) -> int:
    """Fuzz the contract and return the exit status. Raises HomeportError."""
    if options.url is None:
        reject_windows()
    from homeport.contract.fuzz.command import run

    return run(options)


def run_replay(options: argparse.Namespace) -> int:
    """Send recorded requests again and return the exit status. Raises HomeportError."""
    from homeport.contract.replay import run_replay as run

    return run(options)


def run_parity(options: argparse.Namespace) -> int:
    """Compare two URLs and return the exit status. Raises HomeportError."""
    from homeport.contract.replay import run_parity as run

    return run(options)
