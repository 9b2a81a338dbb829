"""The hint for a module that a function can't import: a name of the project is never called a package."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from homeport.runtime.worker.missing_modules import OwnBundle, missing_module_hint

ADD = "to service/requirements.txt"


def own_hint(project: Path, name: str, *files: str, listed: tuple[str, ...] = ()) -> str:
    """The hint for a module that is missing in a function whose code is ``src/fn``, in a project with some files."""
    for file in files:
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text("")
    descriptor = os.open(project, os.O_RDONLY)
    bundle = OwnBundle("src/fn", "src/fn/requirements.txt", listed, "run.sh")
    try:
        return missing_module_hint(ModuleNotFoundError(f"No module named {name!r}", name=name), descriptor, bundle)
    finally:
        os.close(descriptor)


def hint(project: Path, name: str, *files: str) -> str:
    """The hint for a missing module, in a project with some files."""
    for file in ("service/__init__.py", "service/handlers/__init__.py", *files):
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text("")
    descriptor = os.open(project, os.O_RDONLY)
    try:
        return missing_module_hint(ModuleNotFoundError(f"No module named {name!r}", name=name), descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("service/helper.py", "helper is the project's own service.helper: write from service import helper"),
        ("service/handlers/helper.py", "service.handlers.helper: write from service.handlers import helper"),
        ("service/lib/helper/code.py", "service.lib.helper: write from service.lib import helper"),
        ("helper.py", "only the package service is deployed: move helper into it"),
        ("src/deep/helper.py", "only the package service is deployed: move src/deep/helper into it"),
        ("helper/data.json", "only the package service is deployed: move helper into it"),
        ("service/helper.cpython-312-darwin.so", "write from service import helper"),
        ("service/helper.pyi", "write from service import helper"),
    ],
)
def test_a_module_of_the_project_is_named_with_its_place(tmp_path: Path, file: str, said: str) -> None:
    found = hint(tmp_path, "helper", file)
    assert found.endswith(said)
    assert ADD not in found


def test_a_submodule_of_an_own_package_is_named_with_its_place(tmp_path: Path) -> None:
    assert "write from service import lib" in hint(tmp_path, "lib.helper", "service/lib/helper.py")


def test_the_deployed_one_of_two_modules_is_named(tmp_path: Path) -> None:
    assert "write from service import helper" in hint(tmp_path, "helper", "helper.py", "service/helper.py")


@pytest.mark.parametrize("name", ["todolist", "TodoList", "todo_list", "todoLst"])
def test_a_misspelt_module_of_the_project_is_never_called_a_package(tmp_path: Path, name: str) -> None:
    found = hint(tmp_path, name, "service/todoList.py")
    assert "service.todoList" in found
    assert ADD not in found


def test_a_misspelt_module_of_service_has_the_nearest_as_its_hint(tmp_path: Path) -> None:
    found = hint(tmp_path, "service.helpr", "service/helper.py")
    assert found == "homeport: there is no module service.helpr in this project: did you mean service.helper?"


@pytest.mark.parametrize("name", ["Service", "Service.helper", "service.Helper"])
def test_the_package_in_other_letters_is_named_as_it_is_written(tmp_path: Path, name: str) -> None:
    said = f"did you mean {name.lower()}?"
    assert hint(tmp_path, name, "service/helper.py") == f"homeport: there is no module {name} in this project: {said}"


def test_a_module_that_is_there_and_cannot_be_loaded_is_not_proposed_again(tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "helper.py").symlink_to(tmp_path.parent / "helper.py")
    assert hint(tmp_path, "service.helper") == (
        "homeport: service.helper can't be loaded: is it a link out of service/, or built for another Python?"
    )


def test_modules_of_virtual_environments_and_hidden_folders_are_not_the_project_s(tmp_path: Path) -> None:
    files = ("venv/pyvenv.cfg", "venv/lib/flask.py", ".homeport/flask.py", "node_modules/flask/a.py")
    conda = "conda/lib/python3.13/site-packages/flask/a.py"
    assert hint(tmp_path, "flask", conda, *files) == f"homeport: flask is not in the function's bundle: add it {ADD}"


def test_a_folder_that_links_to_itself_ends_the_search(tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "again").symlink_to(tmp_path / "service")
    assert "did you mean service.helper?" in hint(tmp_path, "helperr", "service/helper.py")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("distutils.util", "Python 3.12 and later have no distutils any more"),
        ("cgi", "Python 3.13 and later have no cgi any more"),
        ("annotationlib", "annotationlib came with Python 3.14"),
        ("tkinter", "this Python was built without tkinter of its standard library"),
    ],
)
def test_a_module_of_another_python_s_standard_library_is_no_package(tmp_path: Path, name: str, said: str) -> None:
    found = hint(tmp_path, name)
    assert said in found
    assert ADD not in found


def test_a_missing_submodule_of_an_installed_package_is_a_matter_of_its_version(tmp_path: Path) -> None:
    assert hint(tmp_path, "pytest.novelty") == (
        "homeport: the installed pytest has no pytest.novelty: check its version in service/requirements.txt"
    )


def test_a_part_of_a_namespace_package_is_in_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site" / "spacious_name").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "site")
    __import__("spacious_name")
    found = hint(tmp_path / "project", "spacious_name.storage")
    assert (
        found == f"homeport: spacious_name.storage is not in the function's bundle: add the package that has it {ADD}"
    )


def test_a_package_with_another_name_than_its_module_is_named(tmp_path: Path) -> None:
    assert f"add PyYAML, which has it, {ADD}" in hint(tmp_path, "yaml")


def test_an_error_of_another_kind_has_no_hint(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    assert missing_module_hint(ImportError("cannot import name", name="helper"), descriptor) == ""
    os.close(descriptor)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("src/fn/lib/helper.py", "helper is the project's own src/fn/lib/helper: write from lib import helper"),
        ("src/fn/Helper.py", "there is no module helper: did you mean Helper?"),
        ("src/fn/helper/data.json", "helper can't be loaded from src/fn/helper: does it have that module"),
        ("src/shared/helper.py", "src/shared/helper is not in this function's code, which is src/fn: put it there"),
        ("helper/__init__.py", "helper is not in this function's code, which is src/fn: put it there, or into a layer"),
        ("src/fn/helpers.py", "there is no module helper: did you mean src.fn.helpers?"),
        ("src/fn/other.py", "helper is not in the function's bundle: add it to src/fn/requirements.txt"),
    ],
)
def test_a_function_with_code_of_its_own_is_told_where_the_module_is(tmp_path: Path, file: str, said: str) -> None:
    assert own_hint(tmp_path, "helper", file).startswith(f"homeport: {said}")


def test_a_package_that_is_listed_and_missing_was_not_installed(tmp_path: Path) -> None:
    found = own_hint(tmp_path, "yaml", listed=("pyyaml==6.0",))
    assert found.startswith("homeport: yaml is in src/fn/requirements.txt, but is not installed")


def test_the_module_of_the_handler_is_never_called_a_package(tmp_path: Path) -> None:
    tmp_path.joinpath("src", "fn").mkdir(parents=True)
    assert own_hint(tmp_path, "run") == (
        "homeport: the Handler is run.sh, but src/fn has no run.py: Handler is FILE.FUNCTION"
    )


@pytest.mark.parametrize(("typed", "meant"), [("tiem", "time"), ("jsno", "json"), ("dateimte", "datetime")])
def test_a_misspelt_module_of_the_standard_library_is_no_package(tmp_path: Path, typed: str, meant: str) -> None:
    for found in (hint(tmp_path, typed), own_hint(tmp_path, typed)):
        assert found == f"homeport: there is no module {typed}: did you mean {meant}?"


def test_a_misspelt_module_of_the_project_is_no_package(tmp_path: Path) -> None:
    found = hint(tmp_path, "boknigs", "service/bookings.py")
    assert found == "homeport: there is no module boknigs: did you mean service.bookings?"
    # Two letters exchanged are nearer than most of the letters.
    assert hint(tmp_path, "itme", "service/item.py").endswith("did you mean service.item?")


def test_a_package_that_is_called_nearly_like_a_standard_module_can_be_added(tmp_path: Path) -> None:
    assert hint(tmp_path, "httpx") == (
        f"homeport: there is no module httpx: did you mean http? If it is a package, add it {ADD}"
    )
    assert hint(tmp_path, "requests") == f"homeport: requests is not in the function's bundle: add it {ADD}"
