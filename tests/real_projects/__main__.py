"""Run projects by others, and tell which of them answer: ``python -m tests.real_projects FOLDER [NAME …]``.

``projects.txt`` lists them: a repository, and in it a template, or the folder of a project of any format. FOLDER has
the repositories, each as ``owner+name``; one that is missing is cloned there from GitHub. Each project is started with
``homeport dev``, every route with a function gets one request, and a function that only other services start is
invoked with the event of its trigger. The result is one line: which functions answered with their own code, what they
called, and why the others did not.
"""

from __future__ import annotations

import base64
import collections
import json
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from homeport.contract.fixtures.stack import Stack, StackError, running_stack
from homeport.contract.fuzz.credentials import find_credential
from homeport.errors import HomeportError
from homeport.gateway.observers.exchange_log import EXCHANGES, RIGHTS
from homeport.project.languages import language_of
from homeport.project.load import load_project
from homeport.project.model import Operation
from homeport.project.project import Project, ProjectInputs
from homeport.project.schema.sample_value import sample_value
from homeport.project.triggers.function_references import function_name
from homeport.triggers.sample import SampleInput, trigger_event

LIST = Path(__file__).with_name("projects.txt")
_READY = re.compile(r"^ready (?:(?P<name>\S+) )?(?P<url>http\S+)$", re.MULTILINE)
_NOT_STARTED = ("Runtime.ImportModuleError", "Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError")
_START_LIMIT = 300.0
# Seconds after which a function that was invoked is at work: its module has been imported long before.
_LONGEST = 60.0
_PARAMETER = re.compile(r"\{[^}]*\}")


@dataclass
class Result:
    """What became of a project: ``answered`` are functions whose own code ran, ``failed`` others with the reason.

    ``calls`` are the actions of AWS that each function asked for and that its role allows.
    """

    project: str
    refused: str = ""
    answered: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    protected: set[str] = field(default_factory=set)
    other_languages: set[str] = field(default_factory=set)
    calls: dict[str, set[str]] = field(default_factory=dict)

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
        parts += [f"{name} calls {', '.join(sorted(actions))}" for name, actions in sorted(self.calls.items())]
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


def prepare(place: Path) -> None:
    """Install the packages with which a CDK app is run, as its owner would; those of functions the kit installs."""
    if not (place / "cdk.json").is_file():
        return
    if (place / "package.json").is_file() and not any((each / "node_modules").is_dir() for each in place.parents):
        if not (place / "node_modules").is_dir():
            subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--silent"], cwd=place, check=False)
    elif (place / "requirements.txt").is_file() and not (place / ".venv").exists():
        subprocess.run([sys.executable, "-m", "venv", ".venv"], cwd=place, check=False)
        install = [".venv/bin/pip", "install", "--quiet", "--requirement", "requirements.txt"]
        subprocess.run(install, cwd=place, check=False)


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
                _invoke_others(project, stack, result)
        except (HomeportError, StackError) as error:
            result.refused = str(error).strip().replace("\n", " / ")[:1000]
        else:
            exchanges = {line["requestId"]: line for line in _lines(Path(record) / EXCHANGES)}
            for function, action in _calls(Path(record)):
                result.calls.setdefault(function, set()).add(action)
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


def _invoke_others(project: Project, stack: Stack, result: Result) -> None:
    """Invoke the functions without a route, with the event of their trigger or an empty one."""
    served = {operation.function for one in project.every_api for operation in one.api.operations}
    served |= {authorizer.function for one in project.every_api for authorizer in one.api.authorizers.values()}
    given = SampleInput(None, project.stage.region, time.time(), lambda: str(uuid.uuid4()))
    for name, function in project.api.functions.items():
        if name in served or language_of(function.runtime or project.stage.runtime) is None:
            continue
        triggers = project.triggers.of_function(name)
        event = trigger_event(triggers[0], given, project.resources) if triggers else {}
        try:
            log = _invoke(stack, function_name(function, project.stage), event)
        except requests.Timeout:
            log = ""
        except requests.RequestException as error:
            result.failed[name] = f"invoked: {error}"
            continue
        reason = next((kind for kind in _NOT_STARTED if kind in log), "")
        if reason:
            result.failed[name] = f"invoked: {reason} {log.strip()[:300]}".replace("\n", " / ")
        else:
            result.answered.add(name)


def _invoke(stack: Stack, name: str, event: Any) -> str:
    """Invoke a function through the Lambda API of the stack, and return the end of its log."""
    (running,) = (stack.state / "running").glob("*.json")
    url = json.loads(running.read_text())["functions"]
    headers = {
        "X-Amz-Log-Type": "Tail",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/lambda/aws4_request",
    }
    reply = requests.post(
        f"{url}/2015-03-31/functions/{name}/invocations", json=event, headers=headers, timeout=_LONGEST
    )
    return base64.b64decode(reply.headers.get("X-Amz-Log-Result", "")).decode(errors="replace")


def _calls(record: Path) -> Iterator[tuple[str, str]]:
    """Yield function and action of each call to AWS that its role allows."""
    for line in _lines(record / RIGHTS):
        if line["allowed"]:
            yield line["function"], line["action"]


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
        found = checkout(folder, repository) / place
        prepare(found)
        result = try_place(found, name)
        print(result.line, flush=True)
        results.append(result)
    counts = collections.Counter(result.verdict for result in results)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
