"""``homeport token``: a token of the local issuer, whose tools are loaded when it runs."""

from __future__ import annotations

import argparse


def run(options: argparse.Namespace) -> int:
    """Print it; the exit status. Raises HomeportError."""
    from homeport.issuer.command import run as mint

    return mint(options)
