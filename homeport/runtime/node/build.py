"""The code that esbuild makes of a function's sources, made again when a file that went into it has changed.

What is made is kept in the project's state folder: for each set of options a folder, in which each result has a folder
of its own, so that running environments keep theirs. ``build.json`` beside them names the newest one and its sources.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from homeport.file_stamp import FileStamp, file_stamp
from homeport.installer import draft_folder
from homeport.project.model import EsbuildOptions
from homeport.project.node_code import module_folders

_RECORD = "build.json"
# Results that are kept: running environments may still read from the one before the newest.
_KEPT = 4
_WITHOUT_SDK = ("--external:aws-sdk", "--external:aws-sdk/*")
# Files beside the sources that esbuild reads, and does not report.
_READ_TOO = ("package.json", "tsconfig.json")
_LONGEST = 120.0
# Bytes of a source map. Node.js reads it into about fifteen times as much of the function's memory.
_LARGEST_MAP = 8 * 1024 * 1024
_ERROR = re.compile(r"✘ \[ERROR\] (?P<text>.+?)(?: \[plugin [^\]]*\])?\n\n {4}(?P<place>\S.*?:\d+:\d+):\n")
_PLACE = re.compile(r"(?<=\n {4})(\S[^\n]*)(?=:\d+:\d+:\n)")
_UNRESOLVED = re.compile(r'Could not resolve "(?P<package>(?:@[\w.-]+/)?[\w-][\w.-]*)(?:/[^"]*)?"')
_SOURCES = re.compile(r'^  "sources": (\[.*\]),$', re.MULTILINE)


_locks: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)


class Build(NamedTuple):
    """The folder of what esbuild made, and the stamps of sources outside of the code's folder: nobody follows those.

    ``visible`` are further folders that the code reads at run time.
    """

    folder: Path
    outside: Mapping[str, FileStamp]
    visible: tuple[Path, ...] = ()

    def is_outdated(self) -> bool:
        """Return whether one of those sources has changed."""
        return any(file_stamp(Path(file)) != stamp for file, stamp in self.outside.items())


class BuildError(Exception):
    """esbuild could not build a function's code.

    ``errors`` are ``FILE:LINE:COLUMN: message``, and ``text`` is what esbuild printed.
    """

    def __init__(self, errors: tuple[str, ...], text: str) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors
        self.text = text

    @property
    def error_type(self) -> str:
        """The type of error with which Lambda would answer if Node read the sources."""
        missing = any("Could not resolve" in error for error in self.errors)
        return "Runtime.ImportModuleError" if missing else "Runtime.UserCodeSyntaxError"

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that were not found, by name."""
        found = (_UNRESOLVED.search(error) for error in self.errors)
        return tuple(dict.fromkeys(each["package"] for each in found if each is not None))

    @property
    def payload(self) -> bytes:
        """The error payload of an invocation."""
        kind = "Error" if self.error_type == "Runtime.ImportModuleError" else "SyntaxError"
        error = {"errorType": self.error_type, "errorMessage": f"{kind}: {self}", "trace": [f"{kind}: {self}"]}
        return json.dumps(error, ensure_ascii=False, separators=(",", ":")).encode()


def built_code(root: Path, options: EsbuildOptions, program: Path, node_path: str = "") -> Build:
    """Return what esbuild makes of the code in ``root``; it is made if a source has changed.

    ``node_path`` has further folders of packages, joined by colons. Raises BuildError.
    """
    sdk = _version_2(root, options.options, node_path)
    command = (str(program), *options.entry_points, *options.options)
    text = "\n".join((str(root), node_path, str(sdk), *command))
    folder = options.folder / hashlib.sha256(text.encode()).hexdigest()[:12]
    with _locks[folder]:
        record = _current(folder) or _build(root, options, command, node_path, folder, sdk)
    outside = {
        file: stamp
        for file, stamp in record.sources.items()
        if stamp is not None and "/node_modules/" not in file and not Path(file).is_relative_to(root)
    }
    return Build(folder / record.made, outside, (sdk.parent,) if sdk is not None else ())


def run_esbuild(
    root: Path, options: EsbuildOptions, program: Path, target: Path, more: tuple[str, ...] = (), node_path: str = ""
) -> None:
    """Fill a folder with what esbuild makes of the code in ``root``. Raises BuildError."""
    command = (str(program), *options.entry_points, *options.options, *more, f"--outdir={target}")
    variables = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
    variables |= {"NODE_PATH": node_path} if node_path else {}
    shown = ("--log-level=error", "--color=false")
    try:
        done = subprocess.run(
            (*command, *shown),
            cwd=root,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=_LONGEST,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError((f"{options.shown}: {error}",), f"{error}\n") from error
    if done.returncode != 0:
        text = _PLACE.sub(lambda place: os.path.normpath(Path(options.shown, place[1])), done.stderr)
        raise BuildError(tuple(_errors(text, options.shown)), text)


def _errors(output: str, shown: str) -> Iterator[str]:
    found = list(_ERROR.finditer(output))
    for error in found:
        yield f"{error['place']}: {error['text']}"
    if not found:
        yield f"{shown}: {output.strip().removeprefix('✘ [ERROR] ').partition(chr(10))[0]}"


class _Record(NamedTuple):
    """The name of the newest result, and the stamps of its sources."""

    made: str
    sources: Mapping[str, FileStamp]


def _current(folder: Path) -> _Record | None:
    """Return the record of the newest result, None if there is none or if a source has changed since."""
    with suppress(OSError, ValueError, KeyError):
        written = json.loads((folder / _RECORD).read_bytes())
        stamps = written["sources"]
        if (folder / written["made"]).is_dir() and all(
            file_stamp(Path(file)) == stamp for file, stamp in stamps.items()
        ):
            return _Record(written["made"], stamps)
    return None


def _version_2(root: Path, options: tuple[str, ...], node_path: str) -> Path | None:
    """Return the folder of the AWS SDK of version 2 if code in ``root`` finds it, and its build may leave it out.

    Outside of what is made, ``sdk_v2.cjs`` reaches its configuration. Parts of an ES module can't be imported from it
    by name.
    """
    if "--format=esm" in options:
        return None
    folders = (each / "aws-sdk" for each in (*module_folders(root), *map(Path, filter(None, node_path.split(":")))))
    return next((each for each in folders if (each / "package.json").is_file()), None)


def _build(
    root: Path, options: EsbuildOptions, command: tuple[str, ...], node_path: str, folder: Path, sdk: Path | None
) -> _Record:
    began = time.time_ns()
    with draft_folder(folder, "draft") as draft:
        code, metafile = draft / "code", draft / "metafile.json"
        code.mkdir()
        more = (*(_WITHOUT_SDK if sdk is not None else ()), "--sourcemap=linked", f"--metafile={metafile}")
        run_esbuild(root, options, Path(command[0]), code, more, node_path)
        stamps = {file: file_stamp(Path(file)) for file in _sources(root, json.loads(metafile.read_bytes()))}
        _place_sources(code)
        # Without a manifest of its own, Node would read that of a folder above.
        if not (code / "package.json").exists():
            (code / "package.json").write_text("{}\n")
        if sdk is not None:
            (code / "node_modules").mkdir()
            (code / "node_modules" / sdk.name).symlink_to(sdk)
        made = _keep(code, folder)
    # A file that was saved while esbuild ran may have been read before or after: the next look builds it again.
    safe = {file: stamp if stamp is None or stamp[0] < began else [0, 0] for file, stamp in stamps.items()}
    record = _Record(made.name, safe)
    _write_record(folder, record)
    _remove_old(folder, made)
    return record


def _sources(root: Path, metafile: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files that esbuild read, and those that would have been read if they were there."""
    read = [Path(os.path.normpath(root / name)) for name in metafile["inputs"] if not name.startswith("(")]
    yield from map(str, read)
    folders = {file.parent for file in read if "node_modules" not in file.parts}
    above = {parent for folder in folders for parent in (folder, *folder.parents)}
    yield from (str(folder / name) for folder in sorted(above) for name in _READ_TOO)


def _place_sources(made: Path) -> None:
    """Have source maps name the sources where they are, so that a trace does wherever the code is run from.

    Large ones are removed: traces then name the file that was made.
    """
    for file in made.rglob("*.map"):
        if file.stat().st_size > _LARGEST_MAP:
            file.unlink()
            continue
        text = file.read_text(encoding="utf-8")
        found = _SOURCES.search(text)
        if found is not None:
            names = [os.path.normpath(file.parent / name) for name in json.loads(found[1])]
            file.write_text(f"{text[: found.start(1)]}{json.dumps(names)}{text[found.end(1) :]}", encoding="utf-8")


def _keep(code: Path, folder: Path) -> Path:
    """Give a result the name of its content."""
    digest = hashlib.sha256()
    for file in sorted(each for each in code.rglob("*") if each.is_file()):
        digest.update(f"{file.relative_to(code)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    made = folder / digest.hexdigest()[:16]
    try:
        code.replace(made)
    except OSError:
        # The same result is there already.
        if not made.is_dir():
            raise
        os.utime(made)
    return made


def _write_record(folder: Path, record: _Record) -> None:
    draft = folder / f".{_RECORD}-{os.getpid()}"
    draft.write_text(json.dumps(record._asdict()))
    draft.replace(folder / _RECORD)


def _remove_old(folder: Path, newest: Path) -> None:
    with suppress(OSError):
        made = sorted((each for each in folder.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
        old = [each for each in made if each != newest and not each.name.startswith(".")]
        for each in old[: max(0, len(old) + 1 - _KEPT)]:
            shutil.rmtree(each, ignore_errors=True)
