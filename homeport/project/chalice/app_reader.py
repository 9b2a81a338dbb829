"""A program that reads a Chalice app: it imports app.py, and has Chalice make the template of what is registered.

It runs in a process of its own, whose Python has Chalice and the app's packages, and imports nothing of the kit.
``python app_reader.py PROJECT STAGE RESULT`` writes the result to a file, since an app may print.
https://aws.github.io/chalice/topics/cfn.html
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any


class _AppFault(Exception):
    """A fault of the app, with its place: ``file`` relative to the project and ``line``."""

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.place = file, line


def _read(project: Path, stage: str) -> dict[str, Any]:
    factory = importlib.import_module("chalice.cli.factory").CLIFactory(str(project), environ=os.environ)
    config = factory.create_config_obj(chalice_stage_name=stage)
    os.environ.update(config.environment_variables)
    app = _import_app(project)
    version = importlib.import_module("chalice").__version__
    package = importlib.import_module("chalice.package")
    template = _template(package, config, stage)
    return {
        "template": template,
        "routes": _route_places(project, app),
        "functions": _function_places(project, app),
        "sources": list(_sources(app)),
        "files": _files(project),
        "autogen": bool(config.autogen_policy),
        "version": version,
        "runtime_files": [inspect.getfile(importlib.import_module(name)) for name in ("chalice", "chalice.app")],
    }


def _import_app(project: Path) -> Any:
    sys.path[:0] = [str(project), str(project / "vendor")]
    try:
        module = importlib.import_module("app")
    except BaseException as error:
        file, line = _place_of(project, error)
        raise _AppFault(f"{type(error).__name__}: {error}", file, line) from error
    app = getattr(module, "app", None)
    if app is None:
        raise _AppFault("it has no variable app", "app.py", 1)
    return app


def _template(package: Any, config: Any, stage: str) -> dict[str, Any]:
    """Return the template of ``chalice package``, with the project in place of the archive that it would make."""
    deployer = importlib.import_module("chalice.deploy.deployer")
    osutils = importlib.import_module("chalice.utils").OSUtils()
    swagger = importlib.import_module("chalice.deploy.swagger").CFNSwaggerGenerator()

    class Unpacked(deployer.BaseDeployStep):  # type: ignore[misc, name-defined]
        """Leaves the code where it is."""

        def handle_deploymentpackage(self, config: Any, resource: Any) -> None:
            resource.filename = "."

        def handle_lambdalayer(self, config: Any, resource: Any) -> None:
            resource.is_empty = True

    class Generator(package.SAMTemplateGenerator):  # type: ignore[misc]
        """Leaves out the notifications of buckets, which CloudFormation can't add to one that is there."""

        def _generate_s3bucketnotification(self, resource: Any, template: dict[str, Any]) -> None:
            return

    steps = [
        deployer.InjectDefaults(),
        Unpacked(),
        deployer.PolicyGenerator(policy_gen=_policies(osutils), osutils=osutils),
        deployer.SwaggerBuilder(swagger_generator=swagger),
        deployer.LambdaEventSourcePolicyInjector(),
        deployer.WebsocketPolicyInjector(),
    ]
    graph, dependencies = package.ApplicationGraphBuilder(), package.DependencyBuilder()
    builder = package.ResourceBuilder(graph, dependencies, deployer.BuildStage(steps))
    resources = builder.construct_resources(config, stage)
    client = importlib.import_module("chalice.awsclient")
    options = package.PackageOptions(client.TypedAWSClient(importlib.import_module("botocore.session").get_session()))
    made = Generator(config, options).generate(resources)
    return dict(json.loads(json.dumps(made, default=str)))


def _policies(osutils: Any) -> Any:
    return importlib.import_module("chalice.policy").AppPolicyGenerator(osutils=osutils)


def _route_places(project: Path, app: Any) -> dict[str, dict[str, list[Any]]]:
    return {
        path: {method: _place(project, entry.view_function) for method, entry in entries.items()}
        for path, entries in app.routes.items()
    }


def _function_places(project: Path, app: Any) -> dict[str, list[Any]]:
    """Return the places of functions by the logical ids that Chalice gives to them."""
    name_of = importlib.import_module("chalice.utils").to_cfn_resource_name
    handlers = getattr(app, "handler_map", {})
    return {name_of(name): _place(project, handler) for name, handler in handlers.items()}


def _place(project: Path, handler: Any) -> list[Any]:
    """Return the file and the line on which a function begins, its decorators included."""
    function = inspect.unwrap(getattr(handler, "func", handler))
    code = getattr(function, "__code__", None)
    if code is None:
        return ["app.py", 1]
    file = Path(code.co_filename)
    return [str(file.relative_to(project)) if file.is_relative_to(project) else "app.py", code.co_firstlineno]


def _sources(app: Any) -> Any:
    """Yield what starts functions beside the API, as far as it names queues, topics, buckets and streams."""
    name_of = importlib.import_module("chalice.utils").to_cfn_resource_name
    for source in getattr(app, "event_sources", ()):
        found = {key: getattr(source, key, None) for key in ("bucket", "events", "prefix", "suffix")}
        found |= {key: getattr(source, key, None) for key in ("queue", "queue_arn", "topic", "stream", "stream_arn")}
        yield {"function": name_of(source.name), **{key: value for key, value in found.items() if value}}


def _files(project: Path) -> list[str]:
    """Return the modules of the project that were imported."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    inside = (Path(file) for file in files if isinstance(file, str) and Path(file).is_relative_to(project))
    relative = (file.relative_to(project) for file in inside)
    return sorted(str(file) for file in relative if "site-packages" not in file.parts and file.parts[0][:1] != ".")


def _place_of(project: Path, error: BaseException) -> tuple[str, int]:
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(project):
        return str(Path(error.filename).relative_to(project)), error.lineno or 1
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(project) and "site-packages" not in frame.filename:
            return str(Path(frame.filename).relative_to(project)), frame.lineno or 1
    return "", 0


def _main(project: str, stage: str, result: str) -> None:
    try:
        found = _read(Path(project), stage)
    except _AppFault as fault:
        found = {"error": str(fault), "place": list(fault.place)}
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}", "place": ["", 0]}
    Path(result).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:4])
