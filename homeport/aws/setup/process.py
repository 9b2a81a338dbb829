"""Make the project's resources at the services' endpoint: a process of ``homeport dev``.

``python -m homeport.aws.setup.process SETTINGS``. A resource that can't be made is named, with its file and line, and
the others are made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import Request, urlopen

from botocore.exceptions import BotoCoreError, ClientError

from homeport.aws.services import service_of_type
from homeport.aws.setup.clients import Clients
from homeport.aws.setup.errors import CannotMakeError
from homeport.aws.setup.makers import LAST, MAKERS, OF_NO_EFFECT, Maker
from homeport.aws.setup.makers.parameters import put_parameter, put_secret
from homeport.aws.setup.relays import unreachable, without_functions
from homeport.aws.setup.removed import FILE, name_removed
from homeport.aws.setup.seed import Seed, read_service_seed
from homeport.aws_errors import error_message
from homeport.child_process import ResourceSetupSettings, run_setup
from homeport.dynamodb.calls import is_aws
from homeport.errors import EngineError, Problem
from homeport.project.model import Resources, ServiceResource
from homeport.project.project import Project
from homeport.project.shared import project_of


def make_resources(resources: Resources, clients: Clients, seed: Seed) -> Iterator[str | Problem]:
    """Make the resources that are missing and change those that differ.

    Yield a line for each change, and a warning for each resource that can't be made.
    """
    others = resources.others.values()
    for makers in (MAKERS, LAST):
        for kind, maker in makers.items():
            for resource in sorted((each for each in others if each.type == kind), key=_refers_to_another):
                yield from _make(resource, maker, clients, seed)
    yield from _rest_of_seed(resources, clients, seed)
    for resource in others:
        service = service_of_type(resource.type)
        if service is not None and resource.type not in MAKERS and resource.type not in OF_NO_EFFECT:
            yield _problem(resource, f"{resource.type} is not made here", f"{service.title} works without it")


def clear(clients: Clients) -> None:
    """Empty all services of the kit's own process. Raises EngineError where another has them."""
    if not clients.embedded:
        raise EngineError(f"the services at {clients.endpoint} are not the kit's: only its own are emptied")
    order = Request(clients.endpoint, b"{}", {"X-Amz-Target": "Homeport.Clear"}, method="POST")
    with urlopen(order, timeout=10):
        return


def _refers_to_another(resource: ServiceResource) -> bool:
    # A queue comes after its dead-letter queue.
    return "RedrivePolicy" in resource.properties


def _make(resource: ServiceResource, maker: Maker, clients: Clients, seed: Seed) -> Iterator[str | Problem]:
    try:
        yield from maker(resource, clients, seed)
    except ClientError as error:
        yield _problem(resource, f"{resource.logical_id} can't be made: {error_message(error.response) or error}")
    except CannotMakeError as error:
        yield _problem(resource, error.message, error.hint)
    except BotoCoreError as error:
        yield _problem(resource, f"{resource.logical_id} can't be made: {' '.join(str(error).split())}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        yield _problem(resource, f"{resource.logical_id} can't be made: a property is not as AWS takes it ({error!r})")


def _problem(resource: ServiceResource, message: str, hint: str = "") -> Problem:
    return Problem(message, resource.source.file, resource.source.line, hint, "warning")


def _rest_of_seed(resources: Resources, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make the parameters and secrets that the seed alone has."""
    known = {each.logical_id for each in resources.others.values()} | set(_names(resources.others))
    for name, value in seed.parameters.items():
        if name not in known:
            yield from put_parameter(clients, name, value, "String")
    for name, value in seed.secrets.items():
        if name not in known:
            yield from put_secret(clients, name, value)


def _names(others: Mapping[str, ServiceResource]) -> Iterator[str]:
    for resource in others.values():
        yield resource.physical_id
        if resource.type == "AWS::SecretsManager::Secret":
            yield resource.physical_id.partition(":secret:")[2].rpartition("-")[0]


def prepare(settings: ResourceSetupSettings) -> None:
    """Make the project's resources and report what was made. Raises HomeportError."""
    project: Project = project_of(settings)
    if is_aws(settings.endpoint):
        raise EngineError(
            f"the services at {settings.endpoint} are AWS's own: nothing is made there", "deploy does that"
        )
    clients = Clients(settings.endpoint, project.stage.region, embedded=settings.embedded)
    if settings.afresh:
        clear(clients)
    resources = project.resources if clients.embedded else without_functions(project.resources, clients)
    for problem in () if clients.embedded else unreachable(project.resources, clients.endpoint):
        print(problem, file=sys.stderr, flush=True)
    for found in make_resources(resources, clients, read_service_seed(project)):
        if isinstance(found, Problem):
            print(found, file=sys.stderr, flush=True)
        else:
            print(found, flush=True)
    if settings.data is not None:
        file = Path(settings.data) / FILE
        if settings.afresh:
            file.unlink(missing_ok=True)
        for line in name_removed(file, project.resources):
            print(line, flush=True)
    settings.report_ready()


def main(argument: str) -> int:
    """Run ``prepare``, and return the exit status of the process."""
    return run_setup(lambda: prepare(ResourceSetupSettings.from_argument(argument)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
