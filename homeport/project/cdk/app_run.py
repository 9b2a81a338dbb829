"""A run of a CDK app, as the CDK's CLI runs it: the command of cdk.json, with the context in a variable.

The CLI itself is not needed, and so nothing asks AWS: what the app would look up there is in its manifest as missing.
Code is left where it is (no staging), and bundling is recorded in place of being done.
https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.project.formats.no_aws import NO_AWS, region_of
from homeport.project.model import LOCAL_ACCOUNT

RECORDER = Path(__file__).with_name("recorder")

_LONGEST = 300.0
_MOST_CONTEXT = 100_000
_SETTINGS = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:disable-asset-staging": True,
    "aws:cdk:version-reporting": False,
}
_NOT_HANDED_ON = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "VIRTUAL_ENV")
_NODE_PLACE = re.compile(
    r"(?P<file>/[^\s():]+):(?P<line>\d+)(?::\d+)?|File \"(?P<module>[^\"]+)\", line (?P<number>\d+)"
)
_WINDOWS_PYTHON = re.compile(r"\S*[\\/]Scripts[\\/]python3?(?:\.exe)?(?=\s)")
_PROGRAM_ERROR = re.compile(
    r"^\s*(?:«\w+».*|.*error TS\d+: .*|[\w.$]*(?:Error|Exception)(?: \[\w+\])?(?::.*|$)"
    r"|[\w/.-]+: (?:command )?not found.*)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class AppRun:
    """A run of an app. ``failure`` says why it made nothing, ``""``: it did; ``file`` and ``line`` are where.

    ``files`` are the project's files that the app loaded or read, absolute.
    """

    failure: str = ""
    file: str = ""
    line: int = 0
    hint: str = ""
    files: tuple[str, ...] = ()


def run_app(root: Path, command: str, context: Mapping[str, Any], environ: Mapping[str, str], out: Path) -> AppRun:
    """Run the app of the project in ``root``, which writes its assembly to ``out``."""
    if _is_of_node(command) and (root / "package.json").is_file() and not _has_node_modules(root):
        return AppRun("its packages are not installed", hint="install them: npm ci")
    with tempfile.TemporaryDirectory(prefix="homeport-cdk-") as record:
        variables = _variables(root, context, environ, out, Path(record))
        try:
            done = subprocess.run(
                runnable(command),
                shell=True,
                cwd=root,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return AppRun(f"it took more than {_LONGEST:.0f} seconds", files=tuple(_files(root, Path(record))))
        files = tuple(_files(root, Path(record)))
    if done.returncode == 0 and (out / "manifest.json").is_file():
        return AppRun(files=files)
    output = f"{done.stdout}\n{done.stderr}"
    failure = _reason(output) or f"it ended with the status {done.returncode} and wrote no manifest.json"
    file, line = _place(root, output)
    return AppRun(failure, file, line, _hint(root, command, output), files)


def runnable(command: str) -> str:
    """Return the command without a compilation that the program after it does without: it would write files here.

    Many apps have ``npx tsc && npx tsx bin/app.ts``, in which tsc only checks the types. The Python of an environment
    on Windows is this machine's.
    """
    command = _WINDOWS_PYTHON.sub("python", command)
    first, _, rest = command.partition("&&")
    is_compiler = re.fullmatch(r"\s*(?:npx\s+)?tsc(?:\s+\S+)*\s*", first) is not None
    return rest.strip() if is_compiler and re.search(r"\b(tsx|ts-node)\b", rest) else command


def _variables(
    root: Path, context: Mapping[str, Any], environ: Mapping[str, str], out: Path, record: Path
) -> dict[str, str]:
    region = region_of(environ)
    text = json.dumps({**context, **_SETTINGS})
    variables = {name: value for name, value in environ.items() if name not in _NOT_HANDED_ON}
    variables |= NO_AWS
    variables |= {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "CDK_CONTEXT_JSON": text,
        "CDK_DEBUG": "true",
        "CDK_DEFAULT_ACCOUNT": LOCAL_ACCOUNT,
        "CDK_DEFAULT_REGION": region,
        "CDK_OUTDIR": str(out),
        "HOMEPORT_CDK_RECORD": str(record),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "NODE_OPTIONS": _node_options(environ),
        "NO_COLOR": "1",
        "PATH": os.pathsep.join(
            (*_program_folders(root), environ.get("PATH", os.defpath), str(Path(sys.executable).parent))
        ),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(RECORDER), environ.get("PYTHONPATH", "")))),
        # Types are the editor's and the compiler's to check; without that an app starts several times as fast.
        "TS_NODE_TRANSPILE_ONLY": "true",
        # Neither npx nor pip asks a registry.
        "npm_config_offline": "true",
        "npm_config_yes": "false",
        "npm_config_update_notifier": "false",
    }
    if len(text) > _MOST_CONTEXT:
        # An entry of the environment can't be longer than 128 KB on Linux.
        overflow = record / "context.json"
        overflow.write_text(text)
        variables |= {"CDK_CONTEXT_JSON": "{}", "CONTEXT_OVERFLOW_LOCATION_ENV": str(overflow)}
    return variables


def _node_options(environ: Mapping[str, str]) -> str:
    recorder = str(RECORDER / "recorder.cjs").replace("\\", "\\\\").replace('"', '\\"')
    return f'{environ.get("NODE_OPTIONS", "")} --require "{recorder}" --stack-trace-limit=50 --no-warnings'.strip()


def _program_folders(root: Path) -> Iterator[str]:
    """Yield the folders of the project's own programs, which its owner's shell has in PATH."""
    for folder in (root, *list(root.parents)[:2]):
        for place in (".venv/bin", "venv/bin", ".env/bin", "env/bin", "node_modules/.bin"):
            if (folder / place).is_dir():
                yield str(folder / place)


def _files(root: Path, record: Path) -> Iterator[str]:
    """Yield the files of the project that the app's processes noted."""
    found: set[str] = set()
    for list_of_files in record.glob("files-*.json"):
        with suppress(OSError, ValueError):
            found.update(map(str, json.loads(list_of_files.read_text(encoding="utf-8"))))
    for name in sorted(found):
        file = Path(os.path.normpath(name))
        inside = file.relative_to(root).parts if file.is_relative_to(root) else ()
        made = {"node_modules", "__pycache__", "site-packages", "cdk.out"}
        if inside and not any(part in made or part.startswith(".") for part in inside[:-1]) and file.is_file():
            yield str(file)


def _reason(output: str) -> str:
    """Return the line of an output that says what is wrong."""
    found = [match[0].strip() for match in _PROGRAM_ERROR.finditer(output)]
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    chosen = (found[-1] if "Traceback (most recent" in output else found[0]) if found else lines[-1] if lines else ""
    return chosen[:300]


def _place(root: Path, output: str) -> tuple[str, int]:
    """Return the file of the project and the line that an error comes from, ``""`` and 0 if none is named."""
    places = []
    for match in _NODE_PLACE.finditer(output):
        file = Path(match["file"] or os.path.join(root, match["module"]))  # noqa: PTH118
        inside = file.relative_to(root).parts if file.is_relative_to(root) else ()
        made = {"node_modules", "site-packages"}
        if inside and not any(part in made or part.startswith(".") for part in inside) and file.is_file():
            places.append(("/".join(inside), int(match["line"] or match["number"])))
    if not places:
        return "", 0
    # Python's traceback has the innermost call last, Node's first.
    return places[-1] if "Traceback (most recent" in output else places[0]


def _hint(root: Path, command: str, output: str) -> str:
    """Return what to do about an app that does not run."""
    words = shlex.split(command) if command.count('"') % 2 == 0 and command.count("'") % 2 == 0 else command.split()
    missing_module = re.search(r"No module named '?([\w.]+)", output)
    if missing_module is not None and (root / "requirements.txt").is_file():
        return "make its environment: python -m venv .venv && .venv/bin/pip install -r requirements.txt"
    named = next((word for word in words if word.endswith((".js", ".mjs"))), "")
    if named and not (root / named).is_file():
        return f"{named} is built first: npm run build"
    return f"run {command!r} to see all of its output, give -c NAME=VALUE as --import context:NAME=VALUE, or cdk synth"


def _is_of_node(command: str) -> bool:
    return re.match(r"\s*(npx|npm|node|ts-node|tsx|yarn|pnpm|bun)\b", command) is not None


def _has_node_modules(root: Path) -> bool:
    return any((folder / "node_modules").is_dir() for folder in (root, *root.parents))
