"""Tokens of the local issuer in the commands of a report: a variable, and the command that mints such a token. Pure.

A token is hundreds of characters long, and ends with the day of the run.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from homeport.contract.http_exchange import HttpExchange
from homeport.issuer.trust import ISSUER

_TOKEN = re.compile(r"eyJ[\w-]+\.([\w-]+)\.[\w-]+")


@dataclass(frozen=True, slots=True)
class CurlLines:
    """The commands of a finding: ``tokens`` set the variables that ``requests`` use."""

    tokens: tuple[str, ...]
    requests: tuple[str, ...]


def curl_lines(exchanges: Iterable[HttpExchange]) -> CurlLines:
    """Return the commands that repeat requests, in their order."""
    every = tuple(exchanges)
    names: dict[str, str] = {}
    variables: dict[str, str] = {}
    for exchange in every:
        for text in (*(value for _, value in exchange.headers), exchange.url):
            for found in _TOKEN.finditer(text):
                command = _mint_command(found[1])
                if command is not None:
                    number = f"_{len(names) + 1}" if names else ""
                    variables[found[0]] = names.setdefault(command, f"TOKEN{number}")
    tokens = tuple(f"{name}=$({command})" for command, name in names.items())
    return CurlLines(tokens, tuple(one.as_curl(variables) for one in every))


def _mint_command(payload: str) -> str | None:
    """Return the command that mints a token like that of a payload, None where the local issuer did not mint it."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(claims, dict) or claims.get("iss") != ISSUER:
        return None
    scope = ["--scope", str(claims["scope"])] if claims.get("scope") else []
    return shlex.join(["homeport", "token", "--sub", str(claims.get("sub", "")), *scope])
