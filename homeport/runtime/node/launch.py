"""Finds the Node.js of a function's runtime on this machine, and says how it is started."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import SetupError
from homeport.runtime.program import RuntimeProgram

PREFIX = "nodejs"
OLDEST = 20
"""The oldest Node.js that the bootstrap and the locked SDK run on."""

_FOLDER = Path(__file__).parent
_BOOTSTRAP = _FOLDER / "bootstrap.cjs"
_PROBE_TIMEOUT = 10.0
_SDK_WARNS_BEFORE = 22
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
# Folders of shims: such a node asks its version manager, and may be another one in the next folder.
_SHIMS = ("/shims", "/.volta/bin", "/.nodenv/bin")
# Interpreters that version managers and Homebrew have installed, below a home folder or at an absolute path.
_MANAGED = (
    ".nvm/versions/node/*/bin/node",
    ".local/share/fnm/node-versions/*/installation/bin/node",
    ".fnm/node-versions/*/installation/bin/node",
    "Library/Application Support/fnm/node-versions/*/installation/bin/node",
    ".volta/tools/image/node/*/bin/node",
    ".asdf/installs/nodejs/*/bin/node",
    ".local/share/mise/installs/node/*/bin/node",
    ".nodenv/versions/*/bin/node",
    ".nodebrew/node/*/bin/node",
    "n/n/versions/node/*/bin/node",
    "/usr/local/n/versions/node/*/bin/node",
    "/opt/homebrew/opt/node@*/bin/node",
    "/usr/local/opt/node@*/bin/node",
    "/home/linuxbrew/.linuxbrew/opt/node@*/bin/node",
)


@dataclass(frozen=True, slots=True)
class NodeInterpreter:
    """A Node.js. ``version`` is ``22.11.0``. ``warning`` says why it is not the runtime's, "" if it is."""

    path: str
    version: str
    warning: str = ""

    @property
    def numbers(self) -> tuple[int, int]:
        """The first two numbers of the version."""
        major, minor, _ = self.version.split(".")
        return int(major), int(minor)


def find_node(runtime: str, search_path: str, home: Path) -> NodeInterpreter:
    """Return the Node.js for a runtime (``nodejs22.x``), else the nearest one that there is, with a warning.

    ``search_path`` is PATH. Raises SetupError where there is none that the bootstrap runs on.
    """
    wanted = runtime_version(runtime)
    found = [node for node in _interpreters(wanted, search_path, home) if node.numbers[0] >= OLDEST]
    if not found:
        raise SetupError(
            f"{runtime} needs Node.js, and there is none from version {OLDEST} on here",
            f"install Node.js {wanted}: nvm install {wanted}, brew install node@{wanted}, or https://nodejs.org",
        )
    node = min(found, key=lambda each: abs(each.numbers[0] - wanted))
    used = node.numbers[0]
    if used == wanted:
        return node
    return NodeInterpreter(
        node.path,
        node.version,
        f"Node.js {wanted} is not installed here: {runtime} runs on Node.js {used}, on AWS on {wanted}",
    )


def runtime_version(runtime: str) -> int:
    """Return the version of Node.js that a runtime's name says (22 for ``nodejs22.x``)."""
    return int(runtime.removeprefix(PREFIX).partition(".")[0])


def _interpreters(wanted: int, search_path: str, home: Path) -> Iterator[NodeInterpreter]:
    """Yield the interpreters of this machine, and end with one of the wanted version."""
    for path in (*_on_path(search_path), *_managed_paths(wanted, home)):
        if version := _probe(path):
            node = NodeInterpreter(str(path), version)
            yield node
            if node.numbers[0] == wanted:
                return


def _on_path(search_path: str) -> Iterator[Path]:
    folders = [folder for folder in search_path.split(":") if folder and not folder.rstrip("/").endswith(_SHIMS)]
    return (path for folder in dict.fromkeys(folders) if (path := Path(folder, "node")).is_file())


def _managed_paths(wanted: int, home: Path) -> list[Path]:
    """Return the interpreters of version managers, those of the nearest version first, the newest of them first."""
    found: dict[tuple[int, ...], Path] = {}
    for pattern in _MANAGED:
        base, below = (Path("/"), pattern[1:]) if pattern.startswith("/") else (home, pattern)
        for path in base.glob(below):
            found.setdefault(_version_in(path), path)
    ordered = sorted(found, key=lambda version: (abs(version[0] - wanted), [-number for number in version]))
    return [found[version] for version in ordered if version[0] >= OLDEST]


def _version_in(path: Path) -> tuple[int, ...]:
    """Return the version in the path of an interpreter (``…/v22.11.0/bin/node``, ``…/node@22/bin/node``)."""
    for part in reversed(path.parts):
        if found := re.fullmatch(r"(?:v|node@)?(\d+)(?:\.(\d+))?(?:\.(\d+))?", part):
            return tuple(int(number) for number in found.groups(default="0"))
    return (0, 0, 0)


def _probe(path: Path) -> str:
    """Return the version that an interpreter says that it is, "" where it does not run."""
    try:
        done = subprocess.run(
            [str(path), "--version"], capture_output=True, text=True, timeout=_PROBE_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().removeprefix("v") if _VERSION.fullmatch(done.stdout.strip()) else ""


def node_program(
    node: NodeInterpreter,
    sdk: Path | None,
    *,
    source_maps: bool,
    variables: Mapping[str, str] | None = None,
    folder: str = "",
) -> RuntimeProgram:
    """Return the program of a function's environments.

    ``sdk`` is the folder of ``sdk.node_sdk``. ``variables`` are the function's: Lambda looks at some of them before it
    starts Node. ``folder`` is the function's code as its owner knows it, for hints.
    """
    known = variables or {}
    environment = {} if "NODE_PATH" in known else {"NODE_PATH": _node_path(known, sdk)}
    if sdk is not None and node.numbers[0] < _SDK_WARNS_BEFORE:
        # The kept SDK is newer than the one that Lambda has beside such a Node.js, and would log a warning of it.
        environment["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true"
    if folder:
        environment["HOMEPORT_CODE_FOLDER"] = folder
    # Lambda gives V8 limits by the function's memory. Here none of V8's own options: with one it passes over the code
    # that is compiled in Node.js, and a cold start is 15 to 60 ms longer. The host ends what takes too much memory.
    options = _feature_options(node, known)
    if source_maps:
        options.append("--enable-source-maps")
    return RuntimeProgram(
        arguments=(node.path, *options, str(_BOOTSTRAP)),
        environment=environment,
        visible=(Path(node.path).resolve().parent, _FOLDER, *([sdk] if sdk is not None else [])),
    )


def _runtime(variables: Mapping[str, str], node: NodeInterpreter | None = None) -> int:
    named = re.match(r"AWS_Lambda_nodejs(\d+)", variables.get("AWS_EXECUTION_ENV", ""))
    return int(named[1]) if named else node.numbers[0] if node else 0


def _node_path(variables: Mapping[str, str], sdk: Path | None) -> str:
    """Return the folders in which Lambda's Node looks for modules after the function's own node_modules.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    version = _runtime(variables)
    folders = [f"/opt/nodejs/node{version}/node_modules"] if version else []
    own = [str(sdk / "node_modules")] if sdk is not None else []
    return ":".join([*folders, "/opt/nodejs/node_modules", *own, "/var/runtime", "/var/task"])


def _feature_options(node: NodeInterpreter, variables: Mapping[str, str]) -> list[str]:
    """Return the options for features of this Node.js: Lambda has those off that were experiments.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
    """
    options = variables.get("NODE_OPTIONS", "")
    off = []
    if _runtime(variables, node) < 24 and node.numbers >= (20, 19):
        off = ["--no-experimental-require-module"]
        off += ["--no-experimental-detect-module"]
    chosen = [option for option in off if option.replace("--no-", "--") not in options]
    # Imports of ES modules follow NODE_PATH: node_path.cjs says how. Later versions have a public way.
    return [*chosen, *(["--expose-internals"] if node.numbers[0] == 20 else [])]
