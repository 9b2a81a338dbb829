"""Keys that a person presses in the terminal of ``homeport dev``, taken one by one; Ctrl-C stays what it is.

The terminal is changed only while this process is the one in its foreground, and put back whenever it ends.
https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap11.html

What the keys in the terminal of ``homeport dev`` do.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.package_cache import Say
from homeport.runtime.fault_socket import read_faults, send_faults
from homeport.runtime.faults import Faults
from homeport.terminal import Palette

# Seconds between two looks at whether to go on.
_TICK = 0.2


@contextlib.contextmanager
def pressed_keys(take: Callable[[str], None]) -> Iterator[bool]:
    """Call ``take`` with each key, in a thread, until the end; yields whether there is a terminal to press them in."""
    terminal = _Terminal.of_this_process()
    if terminal is None:
        yield False
        return
    ended = threading.Event()
    reader = threading.Thread(target=terminal.read, args=(take, ended), name="keys", daemon=True)
    atexit.register(terminal.restore)
    # After Ctrl-Z and fg the shell has put its own settings in place.
    before = signal.signal(signal.SIGCONT, lambda *_: terminal.take_over())
    terminal.take_over()
    reader.start()
    try:
        yield True
    finally:
        ended.set()
        terminal.restore()
        atexit.unregister(terminal.restore)
        signal.signal(signal.SIGCONT, before)


class _Terminal:
    def __init__(self, descriptor: int, settings: list[Any]) -> None:
        self._descriptor = descriptor
        self._settings = settings

    @classmethod
    def of_this_process(cls) -> _Terminal | None:
        """None where standard input or output is no terminal: then nobody is there to press a key."""
        with contextlib.suppress(OSError, ValueError, termios.error):
            descriptor = sys.stdin.fileno()
            if os.isatty(descriptor) and sys.stdout.isatty():
                return cls(descriptor, termios.tcgetattr(descriptor))
        return None

    def take_over(self) -> None:
        """Have keys come without Enter and unseen; signals, and what is written, stay as they are."""
        if self._is_ours():
            tty.setcbreak(self._descriptor, termios.TCSANOW)

    def restore(self) -> None:
        """Put the settings back."""
        if self._is_ours():
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._settings)

    def read(self, take: Callable[[str], None], ended: threading.Event) -> None:
        """Pass keys on until it is over."""
        while not ended.is_set():
            # Reading in the background would stop this process.
            if not self._is_ours():
                ended.wait(_TICK)
            elif select.select([self._descriptor], [], [], _TICK)[0] and not ended.is_set():
                try:
                    key = os.read(self._descriptor, 32)
                except OSError:
                    return
                if not key:
                    return
                take(key.decode(errors="replace"))

    def _is_ours(self) -> bool:
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return False


HINT = "press ? for help"
_OPENERS = ("wslview", "xdg-open")


@dataclass(frozen=True, slots=True)
class Controls:
    """What is at hand: the inspector's URL (None: there is none), the gateway's socket for faults, ``clear`` to empty
    the local tables (None: they are not ours to empty), and the faults that ``f`` switches on at first.
    """

    inspector: str | None
    fault_switch: Path
    clear: Callable[[], None] | None
    faults: Faults


class TerminalCommands:
    """Takes keys. ``say`` gets what there is to say; ``variables`` are the environment's."""

    def __init__(self, controls: Controls, say: Say, palette: Palette, variables: Mapping[str, str]) -> None:
        self._controls = controls
        self._say = say
        self._palette = palette
        self._variables = variables
        self._faults = controls.faults
        self._confirming = False
        self._keys: Mapping[str, tuple[str, Callable[[], None]]] = {
            "o": ("open the inspector", self._open),
            "f": ("switch faults off, or on again", self._toggle_faults),
            "c": ("clear the local tables", self._ask),
            "q": ("quit", _quit),
            "?": ("this list", self._help),
        }

    def take(self, keys: str) -> None:
        """Do what the keys say; those that say nothing are passed over."""
        if keys.startswith("\x1b"):
            # Escape, an arrow: it means nothing here, and its letters don't either.
            self._confirm("")
            return
        for key in keys:
            self._take(key)

    def _take(self, key: str) -> None:
        if self._confirming:
            self._confirm(key)
            return
        name = {"i": "o", "h": "?"}.get(key.lower(), key.lower())
        if name in self._keys:
            try:
                self._keys[name][1]()
            except HomeportError as error:
                self._tell(str(error))

    def _help(self) -> None:
        for key, (told, _) in self._keys.items():
            self._say(f"  {self._palette.paint('cyan', key)}  {told}")

    def _open(self) -> None:
        url = self._controls.inspector
        if url is None:
            self._tell("there is no inspector: homeport dev runs with --no-inspector")
            return
        opener = _opener(self._variables)
        if opener is None:
            self._tell(f"open {url}")
            return
        self._tell(f"opening {url}")
        quiet = subprocess.DEVNULL
        process = subprocess.Popen([opener, url], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
        threading.Thread(target=process.wait, daemon=True).start()

    def _toggle_faults(self) -> None:
        now = read_faults(self._controls.fault_switch)
        if now.faults:
            self._faults = now
            send_faults(self._controls.fault_switch, ())
            self._tell("faults are off")
        elif self._faults.faults:
            texts = [fault.text for fault in self._faults.faults]
            send_faults(self._controls.fault_switch, texts, self._faults.seed)
            self._tell(f"faults are on: {', '.join(texts)}")
        else:
            self._tell("there are no faults to switch on: give --fault, or choose some in the inspector")

    def _ask(self) -> None:
        if self._controls.clear is None:
            self._tell("there are no local tables to clear")
            return
        self._confirming = True
        self._tell("clear all local tables? press y to do it, any other key to leave them")

    def _confirm(self, key: str) -> None:
        if not self._confirming:
            return
        self._confirming = False
        if key.lower() == "y" and self._controls.clear is not None:
            self._tell("clearing the local tables")
            self._controls.clear()
        else:
            self._tell("the tables stay as they are")

    def _tell(self, line: str) -> None:
        self._say(self._palette.paint("cyan", line))


def _opener(variables: Mapping[str, str]) -> str | None:
    """What opens a URL in a browser with a window; one in the terminal would be in the way."""
    if sys.platform == "darwin":
        return shutil.which("open")
    if not (variables.get("DISPLAY") or variables.get("WAYLAND_DISPLAY") or variables.get("WSL_DISTRO_NAME")):
        return None
    return next((found for name in _OPENERS if (found := shutil.which(name))), None)


def _quit() -> None:
    os.kill(os.getpid(), signal.SIGINT)
