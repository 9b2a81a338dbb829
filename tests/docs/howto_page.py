"""A how-to page as a program: its files, its commands and what they print.

A page is run as a reader would follow it, in an empty folder, from its first fenced block to its last:

- a block with ``title="FILE"`` is that file, as it stands; one of ``diff`` changes it: its old lines stand there once;
- a block of ``sh`` is typed into the page's one shell, so that ``cd`` and variables last;
- a block of ``text`` after it is what it prints. ``…`` stands for anything, on a line of its own for any lines.

``homeport dev`` keeps running: the page goes on when it is ready, and the next ``homeport dev`` ends it, as Ctrl-C
does. Its ports are free ones here, and the page's numbers are replaced by them, and back in what is printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from homeport.child_process import end_process
from tests.support.ports import free_ports

_FENCE = re.compile(r'^( *)```(\w*)(?: title="([^"]+)")?[^\n]*\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(homeport [a-z][^`\n]*)`(?!`)")
_READY = re.compile(r"^ready ", re.MULTILINE)
_SERVICES = re.compile(r"^aws http://127\.0\.0\.1:(\d+)", re.MULTILINE)
_DEV = re.compile(r"^homeport dev\b")
# Seconds that a command, or a start, may take on a busy machine.
_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file that it is (``""``: none), its text, and its line in the page."""

    language: str
    title: str
    text: str
    line: int


def read_blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page in their order; those in a list item lose its indentation."""
    found = []
    for match in _FENCE.finditer(text):
        indent, language, title, body = match.groups()
        lines = [line.removeprefix(indent) for line in body.splitlines(keepends=True)]
        found.append(Block(language, title or "", "".join(lines), text.count("\n", 0, match.start()) + 1))
    return found


def inline_commands(text: str) -> list[str]:
    """Return the homeport commands within a page's sentences."""
    return _INLINE.findall(_FENCE.sub("", text))


def unexplained_blocks(text: str) -> list[str]:
    """Return the blocks of a page that would not be run: a hidden step, or a reader's riddle."""
    known = {"sh", "text", "diff"}
    return [
        f"line {block.line}: {block.language or 'no language'}"
        for block in read_blocks(text)
        if (block.language == "diff" and not block.title) or (block.language not in known and not block.title)
    ]


def matches(expected: str, printed: str) -> bool:
    """Return whether what was printed is what the page says; spaces at the ends of lines do not count."""
    parts = []
    for line in expected.strip().splitlines():
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*?".join(map(re.escape, line.rstrip().split("…"))) + r"[ \t]*\n")
    text = "".join(line.rstrip() + "\n" for line in printed.strip().splitlines())
    return re.fullmatch("".join(parts), text) is not None


class PageRun:
    """A page's run in ``folder``, with a shell's state between its blocks."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._cwd, self._home = folder / "work", folder
        self._cwd.mkdir()
        self._variables = folder / "variables.sh"
        self._variables.touch()
        (folder / ".curlrc").write_text("silent\nshow-error\nconnect-timeout = 60\n")
        self._ports = dict(zip(("8080", "8081", "8082", "8083", "8000"), map(str, free_ports(5)), strict=True))
        self._dev: subprocess.Popen[bytes] | None = None
        self._dev_output = folder / "dev.txt"
        stack.callback(self.end_dev)

    def write(self, block: Block) -> None:
        """Write, or change, the block's file."""
        file = self._cwd / block.title
        file.parent.mkdir(parents=True, exist_ok=True)
        if block.language != "diff":
            file.write_text(self._to_here(block.text))
            return
        text = file.read_text()
        for hunk in re.split(r"^@@.*\n", block.text, flags=re.MULTILINE):
            lines = hunk.splitlines(keepends=True)
            old = "".join(line[1:] or "\n" for line in lines if not line.startswith("+"))
            new = "".join(line[1:] or "\n" for line in lines if not line.startswith("-"))
            if lines:
                assert text.count(old) == 1, f"line {block.line}: {block.title} does not hold this once:\n{old}\n{text}"
                text = text.replace(old, new)
        file.write_text(text)

    def execute(self, block: Block, expected: Block | None) -> None:
        """Type a block of commands, and compare what it prints with what the page says."""
        first = block.text.strip()
        printed = self._start_dev(first) if _DEV.match(first) and first.count("\n") == 0 else self._type(block)
        if expected is not None:
            printed = self._to_page(printed)
            assert matches(expected.text, printed), (
                f"line {block.line}:\n{block.text}printed\n{printed}\nnot\n{expected.text}"
            )

    def _type(self, block: Block) -> str:
        script = (
            f"source {self._variables}\ncd {self._cwd}\nset -aeo pipefail\n{self._to_here(block.text)}\n"
            f"set +a\nexport -p | grep -v 'PATH=' > {self._variables}\npwd > {self._home}/cwd\n"
        )
        done = subprocess.run(
            ["bash", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment(),
            timeout=_TIMEOUT,
            check=False,
        )
        log = self._dev_output.read_text() if self._dev else ""
        assert done.returncode == 0, (
            f"line {block.line}:\n{block.text}ended with {done.returncode}:\n{done.stdout}\n{log}"
        )
        self._cwd = Path((self._home / "cwd").read_text().strip())
        return done.stdout

    def _start_dev(self, command: str) -> str:
        self.end_dev()
        given = command.removeprefix("homeport dev")
        ports = f" --port {self._ports['8080']} --dynamodb-port {self._ports['8000']}"
        with self._dev_output.open("wb") as sink:
            self._dev = subprocess.Popen(
                [
                    "bash",
                    "-c",
                    f"source {self._variables}; cd {self._cwd}; exec homeport dev{ports}{self._to_here(given)}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=self._environment(),
            )
        deadline = time.monotonic() + _TIMEOUT
        while not _READY.search(printed := self._dev_output.read_text()):
            assert self._dev.poll() is None, f"homeport dev ended:\n{printed}"
            assert time.monotonic() < deadline, f"homeport dev was not ready:\n{printed}"
            time.sleep(0.05)
        if found := _SERVICES.search(printed):
            self._ports["4566"] = found[1]
        return printed

    def end_dev(self) -> None:
        """End ``homeport dev``, if the page has started it."""
        if self._dev is not None:
            end_process(self._dev, 20)
            self._dev = None

    def _environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"HOME", "PATH", "AWS_PROFILE", "HOMEPORT_STATE_DIR"}
        kept = {name: value for name, value in os.environ.items() if name not in own and not name.startswith("PYTEST")}
        # The reader's home has what was installed once.
        cache = os.environ.get("HOMEPORT_CACHE_DIR") or str(Path.home() / ".cache" / "homeport")
        return {**kept, "PATH": path, "HOME": str(self._home), "HOMEPORT_CACHE_DIR": cache, "NO_COLOR": "1"}

    def _to_here(self, text: str) -> str:
        return re.sub(r"\b(80\d\d|4566)\b", lambda found: self._ports.get(found[1], found[1]), text)

    def _to_page(self, text: str) -> str:
        here = {port: page for page, port in self._ports.items()}
        text = re.sub(r"\b(\d{4,5})\b", lambda found: here.get(found[1], found[1]), text)
        return text.replace(str(self._home / "work"), "~").replace(str(self._home), "~")


def run_page(text: str, folder: Path) -> None:
    """Run a page in an empty folder. Raises AssertionError at the first thing that is not as the page says."""
    blocks = read_blocks(text)
    with ExitStack() as stack:
        run = PageRun(folder, stack)
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if block.title:
                run.write(block)
            elif block.language == "sh":
                run.execute(
                    block, following if following and following.language == "text" and not following.title else None
                )
