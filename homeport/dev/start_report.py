"""The lines that ``homeport dev`` prints at its start: plain ones for programs, aligned ones for a terminal.

Programs read ``dynamodb URL``, ``inspector URL``, ``aws URL (SERVICES)`` and ``ready URL``: one blank after each word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from urllib.parse import urlsplit

from homeport.aws.services import SERVICES as AWS_SERVICES
from homeport.aws.services import used_services
from homeport.dev.listening import WantedPort
from homeport.dev.processes import ProcessDependencies, ServedApi
from homeport.errors import Problem
from homeport.project.model import Api
from homeport.project.project import Project
from homeport.project.stages.stages import LOCAL
from homeport.runtime.node.debugger import debugger_ports
from homeport.runtime.runtimes import node_runtimes
from homeport.terminal import TerminalStyle, problem_lines, with_noun

_MOST_ROUTES = 20
_NAMED_PORTS = {"--port": "the API", "--dynamodb-port": "DynamoDB"}
_MOST_NAMES = 4


def project_lines(project: Project, warnings: Sequence[Problem], style: TerminalStyle | None) -> Iterator[str]:
    """Yield what there is to say of a project before its processes start."""
    yield from title_line(project, style)
    for warning in runtimes_first(project, warnings):
        yield from problem_lines(warning, style)
    yield from route_lines(project, style)
    yield from template_lines(project)


def endpoint_lines(project: Project, deps: ProcessDependencies, style: TerminalStyle | None) -> Iterator[str]:
    """Yield where each process answers, once all are ready; ``ready_text`` comes after them."""
    if style is not None:
        yield ""
    yield from address_lines(project, deps, style)
    yield from debugger_lines(project, deps.options.debugger_port)
    yield from service_lines(project, deps, style)
    yield from domain_lines(project, deps.apis)


def title_line(project: Project, style: TerminalStyle | None) -> Iterator[str]:
    """Yield what is about to start, for a terminal alone."""
    if style is None:
        return
    apis = project.every_api
    routes = sum(len(each.api.operations) for each in apis)
    kinds = " and ".join(dict.fromkeys(f"{_KINDS[each.stage.flavor]} API" for each in apis))
    counts = f"{with_noun(routes, 'route')}, {with_noun(len(project.api.functions), 'function')}"
    names = ", ".join(dict.fromkeys(each.api.title for each in apis))
    yield f"{style.palette.paint('cyan', names)}  {kinds if routes else 'no API'}, stage {project.stage.key}: {counts}"


_KINDS = {"http": "HTTP", "rest": "REST"}


def runtimes_first(project: Project, warnings: Sequence[Problem]) -> list[Problem]:
    """Return the warnings, those about functions that can't be run here before all others."""
    lacking = {function.runtime for function in project.api.functions.values() if function.fault} - {""}
    return sorted(warnings, key=lambda warning: not any(f" {runtime}," in warning.message for runtime in lacking))


def route_lines(project: Project, style: TerminalStyle | None) -> Iterator[str]:
    """Yield each route and its function, the first 20 of many: ``route GET /items list-items`` for programs."""
    apis = project.every_api
    rows = [
        (each.api.name if len(apis) > 1 else "", operation.method, operation.path, operation.function or "")
        for each in apis
        for operation in each.api.operations
    ]
    shown = rows[:_MOST_ROUTES]
    if style is None:
        yield from (" ".join(("route", *filter(None, row))) for row in shown)
    else:
        widths = [max((len(row[column]) for row in shown), default=0) for column in range(3)]
        for row in shown:
            first, function = _in_columns(row, widths), row[3]
            fits = len(first) + 2 + len(function) <= style.columns
            yield (first + style.palette.paint("grey", f"  {function}" if fits else "")).rstrip()
    if len(rows) > len(shown):
        yield f"and {len(rows) - len(shown)} more routes"


def _in_columns(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False) if width)


def template_lines(project: Project) -> Iterator[str]:
    """Yield what there is to know of a template's project before the first request."""
    if not project.template:
        return
    if not any(each.api.operations for each in project.every_api):
        known = ", ".join(list(project.api.functions)[:5])
        yield f"{project.template} has no API: homeport invoke NAME --event FILE runs a function ({known})"
    # APIs share keys by their usage plans.
    yield from dict.fromkeys(
        f"API key {key.name}: send -H 'x-api-key: {key.value}'"
        for each in project.every_api
        for key in each.stage.api_keys.values()
        if key.enabled and f"apiKeys.{key.name}.value" not in each.stage.secrets
    )
    yield from dict.fromkeys(
        f"AWS_IAM: homeport curl METHOD PATH --as {caller.name} signs, with the access key {caller.access_key_id} and "
        f"the secret {caller.secret_access_key}{' and its session token' if caller.session_token else ''}"
        for each in project.every_api
        for caller in each.stage.iam.values()
    )
    takers = [each.api.name for each in project.every_api if _takes_tokens(each.api)]
    if takers:
        instead = (
            ", which is taken here in place of those of the template's issuer" if project.stage.key == LOCAL else ""
        )
        yield f"tokens for {', '.join(takers)}: homeport token prints one{instead}"


def _takes_tokens(api: Api) -> bool:
    return any(authorizer.kind in ("jwt", "cognito") for authorizer in api.used_authorizers.values())


def port_lines(wanted: WantedPort, taken: int, own: Collection[int]) -> Iterator[str]:
    """Yield that another port than the wanted one was ``taken``; ``own`` are those of the project's other stacks."""
    if wanted.port not in (0, taken) and wanted.option in _NAMED_PORTS:
        user = "another homeport dev of this project" if wanted.port in own else "another program"
        yield f"port {wanted.port} is in use by {user}: {_NAMED_PORTS[wanted.option]} takes {taken}"


def debugger_lines(project: Project, first_port: int | None) -> Iterator[str]:
    """Yield the address at which a debugger reaches each function in Node.js. ``first_port`` None: none is reached."""
    if first_port is None:
        return
    functions = node_runtimes(project.api.functions.values(), project.stage.runtime).values()
    ports = debugger_ports((name for names in functions for name in names), first_port)
    if not ports:
        yield "warning: --inspect is for functions in Node.js, and there are none: --in-process is for Python"
    yield from (f"debugger {name} 127.0.0.1:{port}" for name, port in ports.items())


def address_lines(project: Project, deps: ProcessDependencies, style: TerminalStyle | None) -> Iterator[str]:
    """Yield where the processes beside the gateway answer, and the faults that are ordered."""
    host = deps.options.host
    if host not in {"127.0.0.1", "::1", "localhost"}:
        yield (
            f"warning: listening on {host}: whoever reaches this machine may call the API and read and change its data"
        )
    if deps.endpoint is not None:
        yield _address("dynamodb", deps.endpoint, _tables(project), style)
    yield from (f"fault {fault.text}" for fault in deps.options.faults.faults)
    if deps.inspector is not None:
        yield _address("inspector", deps.inspector, "requests, tables, faults, the API's page", style)


def service_lines(project: Project, deps: ProcessDependencies, style: TerminalStyle | None) -> Iterator[str]:
    """Yield the endpoint of the services beside DynamoDB, where the project uses any."""
    titles = ", ".join(AWS_SERVICES[name].title for name in used_services(project))
    if titles and deps.aws is not None:
        yield f"aws {deps.aws} ({titles})" if style is None else _address("aws", deps.aws, titles, style)


def _address(name: str, url: str, note: str, style: TerminalStyle | None) -> str:
    if style is None:
        return f"{name} {url}"
    line = f"{name:<9} {url}"
    shown = f"  {note}" if note and len(line) + 2 + len(note) <= style.columns else ""
    return line + style.palette.paint("grey", shown)


def _tables(project: Project) -> str:
    tables = list(project.resources.tables)
    return ", ".join(tables) if len(tables) <= _MOST_NAMES else f"{len(tables)} tables"


def domain_lines(project: Project, apis: Sequence[ServedApi]) -> Iterator[str]:
    """Yield the URL of each API at its custom domain, which a client reaches where the name leads to this machine."""
    for each, served in zip(project.every_api, apis, strict=True):
        if each.stage.domain and "{" not in each.stage.domain["name"]:
            url = urlsplit(served.url)
            yield f"domain {url.scheme}://{each.stage.domain['name']}:{url.port}{each.stage.domain_base_path}"


def ready_text(apis: Sequence[ServedApi]) -> str:
    """Return the lines that say where each API answers. One text: who reads its first line can read all of them."""
    several = len(apis) > 1
    return "\n".join(f"ready {api.name} {api.url}" if several else f"ready {api.url}" for api in apis)
