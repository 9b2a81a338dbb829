"""The checks of ``homeport doctor`` on the services beside DynamoDB, and on what invokes functions through them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.aws.engine import services_packages_folder
from homeport.aws.services import needs_process, used_services
from homeport.dev.doctor_finding import DoctorContext, DoctorFinding, note, ok, package_finding, problem
from homeport.dev.listening import listen
from homeport.dev.processes import SERVICES_PORT
from homeport.errors import SetupError
from homeport.project.project import Project

_TIMEOUT = 3.0
# The names of LocalStack where they are not the kit's.
_AT_LOCALSTACK = {"states": "stepfunctions"}


def check_services(context: DoctorContext) -> Iterator[DoctorFinding]:
    """Ask what the services of the project need; a project that uses none is not asked about."""
    project = context.project()
    if project is None or not needs_process(project):
        return
    names = list(used_services(project))
    invoked = sorted({trigger.function for trigger in project.triggers.every})
    also = f"; they invoke {', '.join(invoked)}" if invoked else ""
    yield ok(f"the project uses {', '.join(names)}{also}")
    if context.options.aws == "none":
        yield problem("--aws none leaves the services out that the project uses", "start homeport dev without it")
    elif context.options.has_own_services:
        yield package_finding("services", services_packages_folder(context.cache))
        yield from _check_port()
    else:
        yield from _check_endpoint(context.options.aws, project)


def _check_port() -> Iterator[DoctorFinding]:
    try:
        listen("127.0.0.1", SERVICES_PORT, "--aws").close()
    except SetupError:
        yield note(f"port {SERVICES_PORT} is in use: the services take another one", "the start prints their endpoint")
    else:
        yield ok(f"port {SERVICES_PORT} is free for the services")


def _check_endpoint(url: str, project: Project) -> Iterator[DoctorFinding]:
    health = _health(url)
    if health is None:
        yield problem(f"nothing answers at {url}, where --aws has the services", "start it, LocalStack for example")
        return
    states = health.get("services")
    if not isinstance(states, dict):
        yield ok(f"the services at {url} answer")
        return
    used = [_AT_LOCALSTACK.get(name, name) for name in used_services(project) if name not in ("lambda", "dynamodb")]
    missing = [name for name in used if states.get(name) in (None, "disabled", "error")]
    if missing:
        hint = f"start it with SERVICES={','.join(dict.fromkeys(('dynamodb', *used)))}"
        yield problem(f"LocalStack at {url} does not have {', '.join(missing)}", hint)
    else:
        yield ok(f"LocalStack at {url} has {', '.join(used)}")


def _health(url: str) -> Mapping[str, Any] | None:
    """Return what LocalStack says of itself, an empty map for another endpoint, None where nothing answers."""
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/_localstack/health", timeout=_TIMEOUT) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError:
        return {}
    except ValueError:
        return {}
    except OSError:
        return None
    return found if isinstance(found, dict) else {}
