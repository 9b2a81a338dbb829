"""Start the process of the services, whose code is ``embedded/``.

It imports from the package set of the embedded DynamoDB, and from one with cryptography: user pools sign tokens.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from homeport.aws.services import SERVICES
from homeport.dynamodb.embedded_process import EmbeddedProcess, start_embedded
from homeport.dynamodb.engine import PYTHON_VERSION, engine_packages
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


def start_services(options: ServicesOptions, *, listener: int, lifeline: int, cache: Path, say: Say) -> EmbeddedProcess:
    """Start the process; ``take`` of what is returned says when it serves.

    ``listener`` and ``lifeline`` are as ``start_embedded`` has them. Raises SetupError if the packages can't be
    installed.
    """
    settings = {
        "data": str(options.data.absolute()) if options.data else None,
        "account": LOCAL_ACCOUNT,
        "region": options.region,
        "services": [_NAMES.get(name, name) for name, service in SERVICES.items() if not service.in_gateway],
        "dynamodb": options.dynamodb,
        "functions": options.functions,
    }
    return start_embedded(
        _HERE / "embedded",
        [engine_packages(cache, say), services_packages(cache, say)],
        settings,
        listener=listener,
        lifeline=lifeline,
        log=options.log,
        say=say,
    )


def services_packages(cache: Path, say: Say) -> Path:
    """Return the package set that the services need beside the engine's, installed if it is missing.

    Raises SetupError.
    """
    return package_set(cache, PACKAGES, [LOCK], python=sys.executable, version=PYTHON_VERSION, say=say)


def services_packages_folder(cache: Path) -> Path:
    """Return the folder of that package set, which may not exist yet."""
    return package_set_folder(cache, PACKAGES, [LOCK], PYTHON_VERSION)
