"""Where functions can run: what Lambda gives them takes fork, Unix sockets and signals."""

from __future__ import annotations

import sys

from homeport.errors import SetupError


def refuse_windows(platform: str = sys.platform) -> None:
    """Raise SetupError on native Windows. To be called before a module of the runtime is imported."""
    if platform == "win32":
        raise SetupError(
            "homeport runs functions on Linux and macOS",
            "on Windows, use it inside WSL2: https://learn.microsoft.com/windows/wsl/install",
        )
