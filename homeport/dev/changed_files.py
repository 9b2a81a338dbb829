"""The processes that follow changed files of the project: table set-up, resource set-up, services, worker parent.

The gateway and the watcher read the project again by themselves. The processes here do not: they took what they needed
at their start.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from homeport.aws.services import needs_process
from homeport.dev.processes import RESOURCES, TABLES, ProcessDependencies, service_children
from homeport.dev.start_report import service_lines
from homeport.dev.supervisor import Supervisor
from homeport.dev.worker_setup import Renewer, worker_files
from homeport.project.project import RESOURCES_FILE, SEED_FOLDER, Project


class ChangedFiles:
    """Start again, or replace, the processes that took something from files which have changed.

    ``project`` is the one that they were started for, ``renewer`` the one of the worker parent.
    """

    def __init__(self, project: Project, deps: ProcessDependencies, supervisor: Supervisor, renewer: Renewer) -> None:
        self._deps = deps
        self._supervisor = supervisor
        self._renewer = renewer
        self._has_services = needs_process(project)

    def take(self, files: Collection[Path], project: Project) -> None:
        """Take up changed files, relative to the project as it is now."""
        self._renew_tables(files, project)
        self._renew_services(files, project)
        self._compare_apis(project)
        deciding = worker_files(project) | ({Path(project.template)} if project.template else set())
        if deciding.intersection(files):
            self._renew_workers()

    def _renew_tables(self, files: Collection[Path], project: Project) -> None:
        tables = _template(project) | {Path(table.source.file) for table in project.resources.tables.values()}
        if tables.intersection(files) and self._deps.options.dynamodb != "none":
            self._supervisor.run_again(TABLES)
        elif self._deps.endpoint is not None and _seed_files(project).intersection(files):
            self._deps.seeding.set()
            self._supervisor.run_again(TABLES)

    def _renew_services(self, files: Collection[Path], project: Project) -> None:
        if self._has_services and _template(project).intersection(files):
            self._supervisor.run_again(RESOURCES)
        elif not self._has_services and needs_process(project):
            self._has_services = True
            self._supervisor.add(service_children(self._deps))
            for line in service_lines(project, self._deps, None):
                self._deps.say(line)

    def _compare_apis(self, project: Project) -> None:
        served = [api.name for api in self._deps.apis]
        names = [each.api.name for each in project.every_api]
        if len(names) != len(served) or (len(names) > 1 and names != served):
            self._deps.say(f"start again for the ports of other APIs: {', '.join(names)}")

    def _renew_workers(self) -> None:
        if self._deps.options.in_process:
            self._deps.say("start again for other packages or another runtime: handlers run in the gateway's process")
        else:
            self._renewer.start()


def _template(project: Project) -> set[Path]:
    return {Path(project.template or RESOURCES_FILE)}


def _seed_files(project: Project) -> set[Path]:
    """Return the files, relative to the project, that hold items for its tables."""
    return {Path(SEED_FOLDER, f"{project.stage.key}.json"), *(Path(each.file) for each in project.table_seeds)}
