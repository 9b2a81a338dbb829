"""Values of options that several commands take."""

from __future__ import annotations

import argparse


def port(text: str) -> int:
    """A port's number."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def dynamodb_url(text: str) -> str:
    """An endpoint's URL."""
    if text.startswith(("http://", "https://")):
        return text.rstrip("/")
    raise argparse.ArgumentTypeError(f"{text!r} is no http://host:port")


def dynamodb(text: str) -> str:
    """``embedded``, ``none`` or an endpoint's URL."""
    if text in {"embedded", "none"} or text.startswith(("http://", "https://")):
        return text.rstrip("/")
    raise argparse.ArgumentTypeError(f"{text!r} is none of embedded, none, http://host:port")
