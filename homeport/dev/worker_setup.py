"""The worker parent's interpreter and packages: installed, renewed as the project changes, and lent to one invocation.

``homeport dev`` keeps a worker parent; ``homeport invoke`` starts one, as the console's Test button does.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from homeport.aws.endpoints import ServiceEndpoints
from homeport.aws.engine import services_packages
from homeport.aws.services import needs_process
from homeport.dev.processes import WORKERS, worker_parent_starter
from homeport.dev.running_instance import private_runtime_dir
from homeport.dev.supervisor import Renewal, Supervisor
from homeport.dynamodb.engine import engine_packages
from homeport.environment import read_environment
from homeport.errors import HomeportError, SetupError
from homeport.package_cache import Say
from homeport.project.load import load_project
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.project import Project, ProjectInputs
from homeport.project.source_places import relative_place
from homeport.project.validators.generate import renew_generated
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation, InvokeError
from homeport.runtime.function_packages import install_function_packages
from homeport.runtime.host.built_function import prepare_builds
from homeport.runtime.host.interpreter import Interpreter, RememberedVersions, find_interpreter, own_interpreter
from homeport.runtime.host.launch import RETIRE, ParentSetup, function_packages
from homeport.runtime.node.launch import NodeInterpreter
from homeport.runtime.node.packages import install_node_packages
from homeport.runtime.node.sdk import node_sdk
from homeport.runtime.runtimes import LocalRuntimes, is_node, is_python, node_runtimes

# The files of a project that decide on the interpreter and the packages.
WORKER_FILES = frozenset({Path("service/requirements.txt"), Path("deploy/stages.yaml")})


def worker_files(project: Project) -> frozenset[Path]:
    """Return the files, relative to the project, that decide on the interpreter and the packages of its functions."""
    codes = [each.code for each in project.api.functions.values() if each.code is not None]
    lists = (relative_place(project.root, file) for code in codes for file in code.requirement_files)
    return frozenset({*WORKER_FILES, *lists, *([Path(project.documents.spec.file)] if codes else [])})


def prepare_workers(project: Project, home: Path, say: Say, before: ParentSetup | None = None) -> ParentSetup:
    """Return the setup of a worker parent, after installing missing packages. Raises SetupError.

    ``home`` is a private folder of this run. What was said of the interpreter of ``before`` is not said again.
    """
    warnings: list[str] = []
    interpreter = _find_interpreter(project, warnings.append)
    nodes = _find_nodes(project, warnings.append)
    for warning in warnings:
        if before is None or warning not in before.warnings:
            say(f"warning: {warning}")
    packages, sets = _packages(project, interpreter, say)
    sets |= _node_sdk(nodes, say)
    return ParentSetup(interpreter, packages, project.root, home, sets=sets, warnings=tuple(warnings))


def _find_nodes(project: Project, warn: Say) -> list[NodeInterpreter]:
    """Return the Node.js of each runtime of Node.js; say where it is another version, or there is none."""
    runtimes, nodes = LocalRuntimes.of_environment(), []
    for runtime, names in node_runtimes(project.api.functions.values(), project.stage.runtime).items():
        try:
            node = runtimes.node(runtime)
        except SetupError as error:
            warn(f"{', '.join(names)} can't be run: {error}")
        else:
            nodes.append(node)
            if node.warning:
                warn(node.warning)
    return nodes


def _node_sdk(nodes: Sequence[NodeInterpreter], say: Say) -> dict[str, Path]:
    """Return the folder of the AWS SDK for JavaScript by its name, after installing it if there is any Node.js."""
    if not nodes:
        return {}
    try:
        return {"the AWS SDK for JavaScript": node_sdk(read_environment().cache_dir, nodes[0], say)}
    except SetupError as error:
        say(f"warning: functions can't import the AWS SDK unless they bring it: {error}")
        return {}


def _packages(project: Project, interpreter: Interpreter, say: Say) -> tuple[Path, dict[str, Path]]:
    """Return the package set of every function, and those of functions with code of their own."""
    cache, functions = read_environment().cache_dir, project.api.functions
    here = (each for each in functions.values() if is_python(each.runtime or project.stage.runtime))
    has_service = any(each.code is None and not each.fault for each in here)
    every = function_packages(cache, project.root if has_service else None, interpreter, say)
    own = install_function_packages(cache, project.root, functions, interpreter.path, interpreter.version, say)
    prepare_builds(functions.values(), cache, say)
    return every, {**own, **install_node_packages(cache, project.root, functions.values(), say, shutil.which("npm"))}


def _find_interpreter(project: Project, warn: Say) -> Interpreter:
    """Return the interpreter for most of the functions; say which ones are to run on another version than theirs."""
    runtimes, most = _python_runtimes(project), main_runtime(project)
    if not runtimes:
        # The worker parent alone runs on it.
        return own_interpreter()
    versions = RememberedVersions(read_environment().cache_dir / "interpreters.json")
    interpreter = find_interpreter(most, os.environ.get("PATH", ""), Path.home(), versions)
    if interpreter.warning:
        warn(interpreter.warning)
    for other in sorted(runtimes.keys() - {most, f"python{interpreter.version}"}):
        names = ", ".join(name for name, each in project.api.functions.items() if each.runtime == other)
        warn(f"functions run on one Python here, {interpreter.version}; on AWS they will run on {other}: {names}")
    return interpreter


def main_runtime(project: Project) -> str:
    """Return the runtime of Python that most of the functions have."""
    runtimes = _python_runtimes(project)
    return runtimes.most_common(1)[0][0] if runtimes else project.stage.python_runtime


def _python_runtimes(project: Project) -> Counter[str]:
    """Return how many functions have each runtime of Python."""
    runtimes = (each.runtime or project.stage.runtime for each in project.api.functions.values() if not each.fault)
    return Counter(runtime for runtime in runtimes if is_python(runtime))


class Renewer:
    """Replace the worker parent when its interpreter or packages have changed; running requests end on the old one.

    ``on_renewed`` is called when the new one is ready.
    """

    def __init__(
        self,
        setup: ParentSetup,
        stage: str,
        inputs: ProjectInputs,
        supervisor: Supervisor,
        on_renewed: Callable[[], None],
        say: Say,
    ) -> None:
        self._setup, self._stage, self._inputs, self._say = setup, stage, inputs, say
        self._supervisor = supervisor
        self._on_renewed = on_renewed
        self._lock = threading.Lock()

    def start(self) -> None:
        """Compare the project with the running worker parent, in a thread, since an installation takes time."""
        threading.Thread(target=self._renew, daemon=True).start()

    def _renew(self) -> None:
        # One thread at a time: the last one sees the files as they are.
        with self._lock:
            before = self._setup
            try:
                project = load_project(before.project, self._stage, inputs=self._inputs)
                self._setup = prepare_workers(project, before.home, self._say, before)
            except HomeportError as error:
                self._say(f"the functions' packages stay as they were: {error}")
                return
            if self._setup != before:
                self._supervisor.renew(Renewal(WORKERS, worker_parent_starter(self._setup), RETIRE, self._announce))

    def _announce(self) -> None:
        self._on_renewed()
        self._say("functions run on the new packages")


def install_packages(project: Path, runtime: str, engine: bool, say: Say) -> None:
    """Install the functions' packages for a runtime (``python3.13``), and with ``engine`` the embedded engine's.

    ``homeport setup`` does this beforehand, so that the first start needs no network. Raises SetupError.
    """
    cache = read_environment().cache_dir
    interpreter, node = own_interpreter(), None
    if is_node(runtime):
        node = LocalRuntimes.of_environment().node(runtime)
    elif is_python(runtime):
        interpreter = find_interpreter(runtime, os.environ.get("PATH", ""), Path.home())
    for warning in filter(None, (interpreter.warning, node.warning if node is not None else "")):
        print(f"warning: {warning}", file=sys.stderr)
    say(f"functions: {function_packages(cache, project, interpreter, say)}")
    for folder in _node_sdk([node] if node is not None else [], say).values():
        say(f"functions: {folder}")
    if engine:
        say(f"engine: {engine_packages(cache, say)}")
        say(f"services: {services_packages(cache, say)}")


def install_template_packages(project: Project, engine: bool, say: Say) -> None:
    """Install what the functions of a template need, and with ``engine`` the embedded engine's. Raises SetupError."""
    interpreter = _find_interpreter(project, lambda warning: print(f"warning: {warning}", file=sys.stderr))
    packages, own = _packages(project, interpreter, say)
    own |= _node_sdk(_find_nodes(project, lambda warning: print(f"warning: {warning}", file=sys.stderr)), say)
    for folder in dict.fromkeys((packages, *own.values())):
        say(f"functions: {folder}")
    if engine:
        say(f"engine: {engine_packages(read_environment().cache_dir, say)}")
        if needs_process(project):
            say(f"services: {services_packages(read_environment().cache_dir, say)}")


def invoke_once(
    project: Project, function: str, event: bytes, endpoints: ServiceEndpoints, say: Say, *, traced: bool = False
) -> Invocation:
    """Invoke a function with a JSON event. Its log is kept with those of ``homeport dev``.

    ``endpoints`` are those that the function uses; its calls to AWS are kept if ``traced``. Raises HomeportError if it
    can't be invoked.
    """
    # The supervisor, which imports this module too, needs none of these.
    from homeport.runtime.function_config import function_configs
    from homeport.runtime.host.pool import PoolRuntime
    from homeport.runtime.logs import FunctionLogFiles

    configs = function_configs(
        project.api,
        project.stage,
        project.resources,
        dynamodb_url=endpoints.dynamodb,
        aws_url=endpoints.aws,
        functions_url=endpoints.functions,
        account_id=LOCAL_ACCOUNT,
        traced=traced,
    )
    with _worker_parent(project, function, say) as setup:
        runtime = PoolRuntime({function: configs[function]}, setup.socket_path, setup.scratch)
        try:
            invocation = runtime.invoke(function, event)
        except InvokeError as error:
            raise HomeportError(f"{function} was not called: {type(error).__name__}: {error}") from error
        finally:
            runtime.close()
    files = RotatingLogWriter()
    FunctionLogFiles(project.data_dir, files).append(function, invocation)
    files.flush()
    return invocation


@contextmanager
def _worker_parent(project: Project, function: str, say: Say) -> Iterator[ParentSetup]:
    """Start a worker parent for one function, and end it afterwards."""
    only = replace(project, api=replace(project.api, functions={function: project.api.functions[function]}))
    with ExitStack() as stack:
        renew_generated(project)
        runtime_dir = stack.enter_context(private_runtime_dir())
        setup = prepare_workers(only, runtime_dir, say)
        lifeline, hold = os.pipe()
        parent = worker_parent_starter(setup)(lifeline)
        stack.callback(parent.process.wait)
        stack.callback(os.close, hold)
        os.close(lifeline)
        ready = os.read(parent.status, 64)
        os.close(parent.status)
        if not ready:
            raise SetupError(f"the worker parent did not start (exit status {parent.process.wait()})")
        yield setup
