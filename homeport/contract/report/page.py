"""The HTML page of a run: its findings, what was tested, and what each function did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from homeport.contract.checks.runner import CheckRun
from homeport.contract.finding import Finding
from homeport.contract.fuzz import results
from homeport.contract.fuzz.least_privilege import PrivilegeFindings, TablePermission
from homeport.contract.fuzz.results import Statistics
from homeport.project.model import Api

PAGE = "index.html"
_TEMPLATE = "page.html"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The contents of the HTML page. ``failures`` are findings, each with its lines of text.

    ``statistics`` are those of schemathesis, ``runs`` those of the checks. ``known`` counts the findings of the
    baseline, ``off`` maps a check that is switched off to its reason. ``left_out`` says what was not tested, and why.
    ``privileges`` and ``asked`` are None and empty where the run has no exchange log.
    """

    url: str
    seed: int
    api: Api
    statistics: Statistics
    failures: Sequence[tuple[Finding, Sequence[str]]]
    runs: Sequence[CheckRun] = ()
    known: int = 0
    off: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    privileges: PrivilegeFindings | None = None
    asked: frozenset[TablePermission] = frozenset()
    left: Sequence[str] = ()


def html_report(page: ReportPage) -> str:
    """Return the page as an HTML document that needs no other file."""
    # Imported late: nothing else of the contract tests needs Jinja.
    from jinja2 import Environment, PackageLoader

    loader = PackageLoader("homeport.contract.report", "")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(_TEMPLATE).render(
        page=page,
        findings=sum(finding.severity == "error" for finding, _ in page.failures),
        untested=[(run, reason) for run in page.runs for reason in run.untested],
        checks=sorted({check for _, check in page.statistics.checks}),
        undocumented=list(results.undocumented_responses(page.statistics, page.api)),
        responses=list(results.response_coverage(page.statistics, page.api)),
        uses=results.USES,
        parameters=list(_parameter_rows(page)),
        permissions=_permission_rows(page),
    )


def _parameter_rows(page: ReportPage) -> Iterator[tuple[str, str, list[int]]]:
    """Yield operation, parameter (``*`` after a required one) and how often it had each use."""
    for operation in page.api.operations:
        name = operation.label
        required = {results.parameter_name(one): one.required for one in operation.parameters}
        required |= {"body": operation.body.required} if operation.body else {}
        for parameter, is_required in required.items():
            uses = page.statistics.uses.get((name, parameter), {})
            yield name, parameter + (" *" if is_required else ""), [uses.get(use, 0) for use in results.USES]


def _permission_rows(page: ReportPage) -> list[tuple[TablePermission, str]]:
    if page.privileges is None:
        return []
    found = dict.fromkeys(page.asked, "used") | dict.fromkeys(page.privileges.unused, "declared, never used")
    return sorted((found | dict.fromkeys(page.privileges.denied, "denied: not declared")).items())
