"""Start the process of the services, and report when it is ready, or why it is not.

The supervisor owns the port, as it does for DynamoDB. ``embedded/`` is the code of that process, which imports from the
package set of the embedded DynamoDB, and from one with cryptography: user pools sign tokens.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from homeport.aws.services import SERVICES
from homeport.dynamodb.engine import PYTHON_VERSION, EmbeddedEngine, engine_packages
from homeport.package_cache import Say, package_set, package_set_folder
from homeport.project.model import LOCAL_ACCOUNT

_HERE = Path(__file__).resolve().parent
LOCK = _HERE / "services.lock"
PACKAGES = "aws-services"
# ministack's names of services, where they are not IAM's.
_NAMES = {"cloudwatch": "monitoring"}


@dataclass(frozen=True, slots=True)
class ServicesOptions:
    """The options of the process of the services.

    ``data`` is the folder in which they keep what they hold (None: everything is kept in memory). ``dynamodb`` and
    ``functions`` are the endpoints of DynamoDB and of the Lambda API, None: there is none.
    """

    data: Path | None
    region: str = "us-east-1"
    dynamodb: str | None = None
    functions: str | None = None
    log: Path | None = None


def start_services(options: ServicesOptions, *, listener: int, lifeline: int, cache: Path, say: Say) -> EmbeddedEngine:
    """Start the process; ``take`` of what is returned says when it serves.

    ``listener`` is the descriptor of a listening socket; ``lifeline`` is the reading end of a pipe whose writing end
    only the supervisor holds. Raises SetupError if the packages can't be installed.
    """
    packages = [engine_packages(cache, say), services_packages(cache, say)]
    status, in_services = os.pipe()
    settings = {
        "packages": [str(folder) for folder in packages],
        "listener": listener,
        "lifeline": lifeline,
        "status": in_services,
        "data": str(options.data.absolute()) if options.data else None,
        "account": LOCAL_ACCOUNT,
        "region": options.region,
        "services": [_NAMES.get(name, name) for name, service in SERVICES.items() if not service.in_gateway],
        "dynamodb": options.dynamodb,
        "functions": options.functions,
    }
    with ExitStack() as stack:
        stack.callback(os.close, in_services)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_HERE / "embedded"), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stack.enter_context(options.log.open("wb")) if options.log else None,
            pass_fds=(listener, lifeline, in_services),
            env=_environment(listener),
            process_group=0,
        )
    return EmbeddedEngine(process, status, say)


def services_packages(cache: Path, say: Say) -> Path:
    """Return the package set that the services need beside the engine's, installed if it is missing.

    Raises SetupError.
    """
    return package_set(cache, PACKAGES, [LOCK], python=sys.executable, version=PYTHON_VERSION, say=say)


def services_packages_folder(cache: Path) -> Path:
    """Return the folder of that package set, which may not exist yet."""
    return package_set_folder(cache, PACKAGES, [LOCK], PYTHON_VERSION)


def _environment(listener: int) -> dict[str, str]:
    """Return the variables that Python needs, and the address that queues have in their URLs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL") if name in os.environ}
    with socket.socket(fileno=os.dup(listener)) as handle:
        host, port = handle.getsockname()[:2]
    return {**kept, "MINISTACK_HOST": str(host), "GATEWAY_PORT": str(port)}
