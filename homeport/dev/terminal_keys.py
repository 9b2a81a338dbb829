"""The keys of ``homeport dev``: read one by one from its terminal, and carried out. Ctrl-C keeps its meaning.

The terminal is changed only while this process is in its foreground, and restored at the end.
https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap11.html
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
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.package_cache import Say
from homeport.runtime.control import read_faults, send_faults
from homeport.runtime.faults import Faults
from homeport.terminal import Palette

HINT = "press ? for help"
# Seconds between two looks at whether to continue.
_TICK = 0.2
_OPENERS = ("wslview", "xdg-open")


@contextlib.contextmanager
def read_keys(take: Callable[[str], None]) -> Iterator[bool]:
    """Call ``take`` with each key, in a thread, until the end. Yield False if there is no terminal."""
    terminal = _KeyReader.of_this_process()
    if terminal is None:
        yield False
        return
    ended = threading.Event()
    thread = threading.Thread(target=terminal.read, args=(take, ended), name="keys", daemon=True)
    atexit.register(terminal.restore)
    # After Ctrl-Z and fg the shell has put its own settings in place.
    before = signal.signal(signal.SIGCONT, lambda *_: terminal.take_over())
    terminal.take_over()
    thread.start()
    try:
        yield True
    finally:
        ended.set()
        terminal.restore()
        atexit.unregister(terminal.restore)
        signal.signal(signal.SIGCONT, before)


class _KeyReader:
    def __init__(self, descriptor: int, settings: list[Any]) -> None:
        self._descriptor = descriptor
        self._settings = settings

    @classmethod
    def of_this_process(cls) -> _KeyReader | None:
        """Return the reader of standard input, None if it or standard output is no terminal."""
        with contextlib.suppress(OSError, ValueError, termios.error):
            descriptor = sys.stdin.fileno()
            if os.isatty(descriptor) and sys.stdout.isatty():
                return cls(descriptor, termios.tcgetattr(descriptor))
        return None

    def take_over(self) -> None:
        """Let keys arrive without Enter and without echo; signals and output stay as they are."""
        if self._is_in_foreground():
            tty.setcbreak(self._descriptor, termios.TCSANOW)

    def restore(self) -> None:
        """Put the settings back."""
        if self._is_in_foreground():
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._settings)

    def read(self, take: Callable[[str], None], ended: threading.Event) -> None:
        """Pass keys on until ``ended`` is set."""
        while not ended.is_set():
            # A process in the background that reads from its terminal is stopped.
            if not self._is_in_foreground():
                ended.wait(_TICK)
            elif select.select([self._descriptor], [], [], _TICK)[0] and not ended.is_set():
                try:
                    key = os.read(self._descriptor, 32)
                except OSError:
                    return
                if not key:
                    return
                take(key.decode(errors="replace"))

    def _is_in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return False


class TerminalCommands:
    """The commands of the keys.

    ``inspector`` is the inspector's URL (None: there is none), ``control`` the gateway's control socket.
    ``clear`` empties the local tables (None: they belong to another DynamoDB). ``faults`` are those that ``f`` switches
    on at first. ``say`` gets lines for the terminal.
    """

    def __init__(
        self,
        inspector: str | None,
        control: Path,
        clear: Callable[[], None] | None,
        faults: Faults,
        say: Say,
        palette: Palette,
    ) -> None:
        self._inspector = inspector
        self._control = control
        self._clear = clear
        self._say = say
        self._palette = palette
        self._faults = faults
        self._confirming = False
        self._keys: Mapping[str, tuple[str, Callable[[], None]]] = {
            "o": ("open the inspector", self._open_inspector),
            "f": ("switch faults off, or on again", self._toggle_faults),
            "c": ("clear the local tables", self._ask_to_clear),
            "q": ("quit", _quit),
            "?": ("this list", self._show_help),
        }

    def take(self, keys: str) -> None:
        """Carry out each key's command; keys without one are ignored."""
        if keys.startswith("\x1b"):
            # Escape or an arrow, an escape sequence: its letters are not keys.
            self._confirm("")
            return
        for key in keys:
            self._take_key(key)

    def _take_key(self, key: str) -> None:
        if self._confirming:
            self._confirm(key)
            return
        name = {"i": "o", "h": "?"}.get(key.lower(), key.lower())
        if name in self._keys:
            try:
                self._keys[name][1]()
            except HomeportError as error:
                self._show(str(error))

    def _show_help(self) -> None:
        for key, (text, _) in self._keys.items():
            self._say(f"  {self._palette.paint('cyan', key)}  {text}")

    def _open_inspector(self) -> None:
        url = self._inspector
        if url is None:
            self._show("there is no inspector: homeport dev runs with --no-inspector")
            return
        opener = _find_opener(os.environ)
        if opener is None:
            self._show(f"open {url}")
            return
        self._show(f"opening {url}")
        quiet = subprocess.DEVNULL
        process = subprocess.Popen([opener, url], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
        threading.Thread(target=process.wait, daemon=True).start()

    def _toggle_faults(self) -> None:
        current = read_faults(self._control)
        if current.faults:
            self._faults = current
            send_faults(self._control, ())
            self._show("faults are off")
        elif self._faults.faults:
            texts = [fault.text for fault in self._faults.faults]
            send_faults(self._control, texts, self._faults.seed)
            self._show(f"faults are on: {', '.join(texts)}")
        else:
            self._show("there are no faults to switch on: give --fault, or choose some in the inspector")

    def _ask_to_clear(self) -> None:
        if self._clear is None:
            self._show("there are no local tables to clear")
            return
        self._confirming = True
        self._show("clear all local tables and what other services hold? press y to do it, any other key to leave them")

    def _confirm(self, key: str) -> None:
        if not self._confirming:
            return
        self._confirming = False
        if key.lower() == "y" and self._clear is not None:
            self._show("clearing the local tables")
            self._clear()
        else:
            self._show("the tables stay as they are")

    def _show(self, line: str) -> None:
        self._say(self._palette.paint("cyan", line))


def _find_opener(variables: Mapping[str, str]) -> str | None:
    """Return the program that opens a URL in a browser with a window, None if there is no display."""
    if sys.platform == "darwin":
        return shutil.which("open")
    if not (variables.get("DISPLAY") or variables.get("WAYLAND_DISPLAY") or variables.get("WSL_DISTRO_NAME")):
        return None
    return next((found for name in _OPENERS if (found := shutil.which(name))), None)


def _quit() -> None:
    os.kill(os.getpid(), signal.SIGINT)
