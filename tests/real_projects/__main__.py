"""Run projects by others, and tell which of them answer: ``python -m tests.real_projects FOLDER [NAME …]``.

``projects.txt`` lists them: a repository, and in it a template, or the folder of a project of any format. FOLDER has
the repositories, each as ``owner+name``; one that is missing is cloned there from GitHub. Each project is started with
``homeport dev``, every route with a function gets one request, and a function that only other services start is
invoked. The result is one line: which functions answered with their own code, and why the others did not.
"""

from __future__ import annotations

import collections
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from homeport.contract.fixtures.stack import Stack, StackError, running_stack
from homeport.contract.fuzz.credentials import find_credential
from homeport.errors import HomeportError
from homeport.gateway.observers.exchange_log import EXCHANGES
from homeport.project.languages import language_of
from homeport.project.load import load_project
from homeport.project.model import Operation
from homeport.project.project import Project, ProjectInputs
from homeport.project.schema.sample_value import sample_value

LIST = Path(__file__).with_name("projects.txt")
_READY = re.compile(r"^ready (?:(?P<name>\S+) )?(?P<url>http\S+)$", re.MULTILINE)
_NOT_STARTED = ("Runtime.ImportModuleError", "Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError")
_START_LIMIT = 300.0
# Seconds after which a function that was invoked is at work: its module has been imported long before.
_LONGEST = 60.0
_PARAMETER = re.compile(r"\{[^}]*\}")


@dataclass
class Result:
    """What became of a project: ``answered`` are functions whose own code ran, ``failed`` others with the reason."""

    project: str
    refused: str = ""
    answered: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    protected: set[str] = field(default_factory=set)
    other_languages: set[str] = field(default_factory=set)

    @property
    def verdict(self) -> str:
        """``runs`` if every function behind a route answered, ``partly``, ``refused``, ``fails`` or ``none``."""
        if self.refused:
            return "refused"
        left = {name for name in (*self.failed, *self.protected) if name not in self.answered}
        if self.answered:
            return "partly" if left else "runs"
        return "fails" if left else "none"

    @property
    def line(self) -> str:
        """The result in a line."""
        parts = [f"{self.verdict:8}{self.project}", f"{len(self.answered)} answered"]
        parts += [f"{name}: {reason}" for name, reason in self.failed.items()]
        parts += [f"{name}: asks for credentials" for name in sorted(self.protected - self.answered)]
        parts += [f"other languages: {', '.join(sorted(self.other_languages))}"] if self.other_languages else []
        return " | ".join([*parts, *([self.refused] if self.refused else [])])


def listed_projects() -> list[tuple[str, str]]:
    """Return repository (``owner/name``) and template, or folder, of the projects in the list."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    words = (line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    return [(repository, place) for repository, place in words]


def checkout(folder: Path, repository: str) -> Path:
    """Return the folder of a repository, cloned if it is not there."""
    place = folder / repository.replace("/", "+")
    if not place.is_dir():
        url = f"https://github.com/{repository}.git"
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", url, str(place)], check=True)
    return place


def try_place(place: Path, name: str) -> Result:
    """Try a template, or the project of whatever format that a folder holds."""
    if place.is_dir():
        return try_project(place, name=name)
    return try_project(place.parent, place.name, name)


def try_project(root: Path, template: str = "", name: str = "") -> Result:
    """Start a project, ask each of its routes once, and return what became of it.

    ``template`` is what ``--template`` names, ``""``: what the folder has.
    """
    result, inputs = Result(name), ProjectInputs(template=template)
    with tempfile.TemporaryDirectory() as record:
        options = ("--no-data", *inputs.to_options(), "--record", record)
        replies: list[tuple[str, int, str]] = []
        try:
            project = load_project(root, inputs=inputs)
            with running_stack(root, options, _START_LIMIT) as stack:
                urls = {found["name"] or "": found["url"] for found in _READY.finditer(stack.read_output())}
                for one in project.every_api:
                    replies += _ask(one, urls.get(one.api.name, stack.url), result)
                _invoke_others(project, inputs, stack, result)
        except (HomeportError, StackError) as error:
            result.refused = str(error).strip().replace("\n", " / ")[:1000]
        else:
            exchanges = {line["requestId"]: line for line in _lines(Path(record) / EXCHANGES)}
            for function, status, number in replies:
                _judge(function, status, exchanges.get(number, {}), result)
    return result


def _ask(project: Project, url: str, result: Result) -> Iterator[tuple[str, int, str]]:
    """Yield function, status and request id of an answer of each route that a function serves."""
    for operation in project.api.operations:
        if operation.function is None:
            continue
        runtime = project.api.functions[operation.function].runtime or project.stage.runtime
        if language_of(runtime) is None:
            result.other_languages.add(runtime)
            continue
        method = "GET" if operation.method == "ANY" else operation.method
        path = "/x" if operation.path == "/$default" else _PARAMETER.sub("x", operation.path)
        body = _body(project, operation) if method in ("POST", "PUT", "PATCH") else None
        try:
            reply = requests.request(method, url + path, headers=_headers(project, operation), json=body, timeout=60)
        except requests.RequestException as error:
            result.failed[operation.function] = type(error).__name__
            continue
        number = reply.headers.get("apigw-requestid") or reply.headers.get("x-amzn-requestid", "")
        yield operation.function, reply.status_code, number


def _body(project: Project, operation: Operation) -> Any:
    """Return a body that a REST API's validator lets pass."""
    schema = next(iter(operation.body.content.values()), None) if operation.body is not None else None
    return sample_value(schema, project.api.document, direction="request") if schema else {}


def _invoke_others(project: Project, inputs: ProjectInputs, stack: Stack, result: Result) -> None:
    """Invoke the functions without a route, with an empty event."""
    served = {operation.function for one in project.every_api for operation in one.api.operations}
    served |= {authorizer.function for one in project.every_api for authorizer in one.api.authorizers.values()}
    for name, function in project.api.functions.items():
        runtime = function.runtime or project.stage.runtime
        if name in served or language_of(runtime) is None:
            continue
        command = [sys.executable, "-m", "homeport", "invoke", name, "--project", str(project.root), "--event", "-"]
        command += [*inputs.to_options(), *(("--dynamodb", stack.dynamodb) if stack.dynamodb else ())]
        try:
            done = subprocess.run(command, input="{}", capture_output=True, text=True, check=False, timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            result.answered.add(name)
            continue
        reason = next((kind for kind in _NOT_STARTED if kind in done.stderr), "")
        if reason or done.returncode not in (0, 1):
            result.failed[name] = f"invoked: {reason} {done.stderr.strip()[:300]}".replace("\n", " / ")
        else:
            result.answered.add(name)


def _judge(function: str, status: int, exchange: dict[str, Any], result: Result) -> None:
    """Put a function where its answer belongs: its own code answers once its module is imported."""
    log = exchange.get("log", "")
    reason = next((kind for kind in _NOT_STARTED if kind in log), "")
    if not reason and exchange.get("event") is not None:
        result.answered.add(function)
        result.failed.pop(function, None)
    elif function not in result.answered and status in (401, 403):
        result.protected.add(function)
    elif function not in result.answered:
        shown = log.strip().replace("\n", " / ")[:300]
        result.failed[function] = f"{status} {reason or exchange.get('refused')} {shown}"


def _headers(project: Project, operation: Operation) -> dict[str, str]:
    headers = {}
    if operation.api_key_required:
        headers["x-api-key"] = next((key.value for key in project.stage.api_keys.values()), "")
    authorizer = project.api.authorizers.get(operation.authorizer or "")
    if authorizer is not None and authorizer.kind in ("jwt", "cognito"):
        token = find_credential(project, authorizer.name, "someone", operation.scopes, is_local=True)
        headers["Authorization"] = f"Bearer {token}"
    elif authorizer is not None:
        for source in authorizer.identity_sources:
            headers[source.rpartition(".")[2]] = "allow"
    return headers


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    if file.is_file():
        yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())


def main(arguments: Sequence[str]) -> int:
    """Try the projects and print a line for each, then how many came to which verdict."""
    folder, names = Path(arguments[0]), arguments[1:]
    results = []
    for repository, place in listed_projects():
        name = f"{repository}/{place}"
        if names and not any(part in name for part in names):
            continue
        result = try_place(checkout(folder, repository) / place, name)
        print(result.line, flush=True)
        results.append(result)
    counts = collections.Counter(result.verdict for result in results)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
