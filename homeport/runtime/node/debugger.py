"""Functions in Node.js under a debugger: each has a port at which Node's inspector protocol answers.

https://nodejs.org/en/learn/getting-started/debugging
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.runtimes import is_node

LONGEST_PAUSE = 24 * 3600
"""Seconds for which a debugger may hold a function: its own time limit does not apply."""


def debugger_ports(names: Iterable[str], first: int) -> dict[str, int]:
    """Return the port of each function in Node.js by name, in the order of their names, from ``first`` on."""
    return {name: first + place for place, name in enumerate(sorted(names))}


def under_debugger(configs: Mapping[str, FunctionConfig], first: int) -> dict[str, FunctionConfig]:
    """Return functions whose Node.js listens for a debugger, and whose time limit does not end them.

    A second environment of the same function finds the port taken: Node says so in its log and runs without.
    """
    ports = debugger_ports((name for name, config in configs.items() if is_node(config.runtime)), first)
    return {name: config if name not in ports else _with_port(config, ports[name]) for name, config in configs.items()}


def _with_port(config: FunctionConfig, port: int) -> FunctionConfig:
    own = config.environment.get("NODE_OPTIONS", "")
    options = f"{own} --inspect=127.0.0.1:{port}".strip()
    return replace(config, timeout=LONGEST_PAUSE, environment={**config.environment, "NODE_OPTIONS": options})
