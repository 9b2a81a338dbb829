"""``homeport test``, ``replay`` and ``parity``: the tools of the contract, loaded when they run."""

from __future__ import annotations

import argparse

from homeport.environment import reject_windows


def run_test(options: argparse.Namespace) -> int:
    """Fuzz the contract; the exit status. Raises HomeportError."""
    if options.url is None:
        reject_windows()
    from homeport.contract.command import run

    return run(options)


def run_replay(options: argparse.Namespace) -> int:
    """Make recorded calls again; the exit status. Raises HomeportError."""
    from homeport.contract.replay.replay import run_replay as run

    return run(options)


def run_parity(options: argparse.Namespace) -> int:
    """Compare two URLs; the exit status. Raises HomeportError."""
    from homeport.contract.replay.replay import run_parity as run

    return run(options)
