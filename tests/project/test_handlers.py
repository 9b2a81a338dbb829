"""From operationId or x-homeport.handler to a function that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.openapi.handlers import Handler, Handlers
from homeport.project.openapi.x_homeport import XHomeport
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

HANDLER = "def handler(event, context): ...\n"


def cursor(text: str) -> Cursor:
    """A cursor of the text that names a handler."""
    return Cursor(Document("openapi.yaml", text, {}), (), text, Diagnostics())


def write(root: Path, name: str, content: str) -> None:
    """Write a file of the service."""
    file = root / "service" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("create_item", "service.handlers.create_item.handler"),
        ("create_item.handler", "service.handlers.create_item.handler"),
        ("create_item.main", "service.handlers.create_item.main"),
        ("create_item.py", "service.handlers.create_item.handler"),
        ("handlers/create_item.py", "service.handlers.create_item.handler"),
        ("service/handlers/create_item.py", "service.handlers.create_item.handler"),
        ("admin.create", "service.handlers.admin.create.handler"),
        ("admin.create.handler", "service.handlers.admin.create.handler"),
        ("admin/create.py", "service.handlers.admin.create.handler"),
        ("service.items.create.handler", "service.items.create.handler"),
        ("service.items.create", "service.items.create.handler"),
        ("service.items.create.main", "service.items.create.main"),
    ],
)
def test_a_handler_may_be_named_by_module_function_or_file(tmp_path: Path, text: str, setting: str) -> None:
    for name in ("handlers/create_item.py", "handlers/admin/create.py", "items/create.py"):
        write(tmp_path, name, HANDLER + "def main(event, context): ...\n")
    at = cursor(text)
    handler = Handlers(tmp_path).by_setting(at)
    assert handler is not None
    assert (handler.setting, at.diagnostics.all()) == (setting, ())


@pytest.mark.parametrize("text", ["", "1", "a b", "../x.py", "/etc/x.py", "a..b", "a-b", "a.b()", "handlers/"])
def test_a_handler_setting_that_names_no_module_is_an_error(tmp_path: Path, text: str) -> None:
    at = cursor(text)
    assert Handlers(tmp_path).by_setting(at) is None
    assert [problem.message for problem in at.diagnostics.all()] == [
        f"the handler {text!r} names no module of Python or Node.js"
    ]


def test_a_missing_handler_is_an_error_that_names_its_file(tmp_path: Path) -> None:
    at = cursor("createItem")
    assert Handlers(tmp_path).by_name("createItem", at) == Handler("service.handlers.create_item")
    assert [str(problem) for problem in at.diagnostics.all()] == [
        "openapi.yaml: error: the handler service/handlers/create_item.py does not exist (write it, with "
        "def handler(event, context), or name another in x-homeport.handler)"
    ]


def test_a_handler_with_a_similar_name_is_the_hint(tmp_path: Path) -> None:
    write(tmp_path, "handlers/createItem.py", HANDLER)
    at = cursor("createItem")
    Handlers(tmp_path).by_name("createItem", at)
    assert [problem.hint for problem in at.diagnostics.all()] == ["did you mean service/handlers/createItem.py?"]


@pytest.mark.parametrize(
    "source",
    [
        HANDLER,
        "handler = print\n",
        "handler: object = print\n",
        "from x import main as handler\n",
        "from x import *\n",
        "import handler\n",
        "class handler: ...\n",
        "if True:\n    def handler(event, context): ...\n",
        "try:\n    from a import handler\nexcept ImportError:\n    from b import handler\n",
        "try:\n    pass\nexcept ImportError:\n    handler = None\n",
        "first, handler = 1, 2\n",
        "@wrap\ndef handler(event, context): ...\n",
        "def broken(:\n",
        "\x00",
    ],
)
def test_a_module_that_may_have_the_function_is_fine(tmp_path: Path, source: str) -> None:
    write(tmp_path, "handlers/act.py", source)
    at = cursor("act")
    Handlers(tmp_path).by_name("act", at)
    assert at.diagnostics.all() == ()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def other(event, context): ...\n", "service/handlers/act.py has no function handler"),
        ("def outer():\n    def handler(event, context): ...\n", "service/handlers/act.py has no function handler"),
        ("class A:\n    def handler(self): ...\n", "service/handlers/act.py has no function handler"),
        ("handler == 1\n", "service/handlers/act.py has no function handler"),
        ("", "service/handlers/act.py has no function handler"),
        (
            "async def handler(event, context): ...\n",
            "service/handlers/act.py has an async handler, which Lambda does not await",
        ),
    ],
)
def test_a_module_without_the_function_is_an_error(tmp_path: Path, source: str, message: str) -> None:
    write(tmp_path, "handlers/act.py", source)
    at = cursor("act")
    Handlers(tmp_path).by_name("act", at)
    assert [problem.message for problem in at.diagnostics.all()] == [message]


def test_a_package_may_be_a_handler(tmp_path: Path) -> None:
    write(tmp_path, "handlers/act/__init__.py", HANDLER)
    at = cursor("act")
    assert Handlers(tmp_path).by_name("act", at).setting == "service.handlers.act.handler"
    assert at.diagnostics.all() == ()


@pytest.mark.parametrize("place", ["service/handlers", "service", ".", "src"])
@pytest.mark.parametrize(("file", "language"), [("index.rb", "Ruby"), ("index.go", "Go"), ("index.java", "Java")])
def test_a_handler_in_another_language_is_told_as_such(tmp_path: Path, place: str, file: str, language: str) -> None:
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / file).write_text("")
    at = cursor("index.handler")
    Handlers(tmp_path).by_setting(at)
    name = (Path(place) / file).as_posix()
    assert [problem.message for problem in at.diagnostics.all()] == [f"{name} is {language}, which is not run here"]


def test_a_file_of_data_beside_a_missing_handler_is_no_handler(tmp_path: Path) -> None:
    write(tmp_path, "handlers/index.json", "{}")
    at = cursor("index")
    Handlers(tmp_path).by_setting(at)
    assert [problem.message for problem in at.diagnostics.all()] == [
        "the handler service/handlers/index.py does not exist"
    ]


NODE_HANDLER = "export const handler = async (event) => event;\nexport const main = handler;\n"


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("create_item", "handlers/create_item.handler"),
        ("create_item.main", "handlers/create_item.main"),
        ("create_item.mjs", "handlers/create_item.handler"),
        ("handlers/create_item.mjs", "handlers/create_item.handler"),
        ("service/handlers/create_item.mjs", "handlers/create_item.handler"),
        ("admin/create.handler", "handlers/admin/create.handler"),
        ("index.handler", "index.handler"),
    ],
)
def test_a_handler_in_nodejs_may_be_named_by_module_function_or_file(tmp_path: Path, text: str, setting: str) -> None:
    for name in ("handlers/create_item.mjs", "handlers/admin/create.mjs", "index.mjs"):
        write(tmp_path, name, NODE_HANDLER)
    at = cursor(text)
    found = Handlers(tmp_path).find_written(XHomeport(at, handler=at))
    assert found is not None
    assert (found.setting, found.runtime, at.diagnostics.all()) == (setting, "nodejs22.x", ())
    assert found.code is not None
    assert found.code.root == tmp_path / "service"


@pytest.mark.parametrize("suffix", [".js", ".mjs", ".cjs", ".ts"])
def test_an_operation_finds_its_handler_in_nodejs(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, f"handlers/create_item{suffix}", NODE_HANDLER)
    at = cursor("createItem")
    found = Handlers(tmp_path, "nodejs24.x").find("createItem", at, XHomeport(at))
    # The stage's own runtime holds.
    assert (found.setting, found.runtime, at.diagnostics.all()) == ("handlers/create_item.handler", "", ())


def test_where_both_files_are_there_the_runtime_decides(tmp_path: Path) -> None:
    write(tmp_path, "handlers/act.py", HANDLER)
    write(tmp_path, "handlers/act.mjs", NODE_HANDLER)
    at = cursor("act")
    assert Handlers(tmp_path).find("act", at, XHomeport(at)).setting == "service.handlers.act.handler"
    assert Handlers(tmp_path, "nodejs22.x").find("act", at, XHomeport(at)).setting == "handlers/act.handler"
    said = Handlers(tmp_path).find("act", at, XHomeport(at, runtime="nodejs24.x"))
    assert (said.setting, said.runtime) == ("handlers/act.handler", "nodejs24.x")
    assert at.diagnostics.all() == ()


def test_a_handler_in_python_beside_a_stage_of_nodejs_has_a_runtime_of_python(tmp_path: Path) -> None:
    write(tmp_path, "handlers/act.py", HANDLER)
    at = cursor("act")
    assert Handlers(tmp_path, "nodejs22.x").find("act", at, XHomeport(at)).runtime == "python3.13"


def test_a_missing_handler_in_nodejs_is_an_error_that_names_its_file(tmp_path: Path) -> None:
    at = cursor("createItem")
    Handlers(tmp_path, "nodejs22.x").find("createItem", at, XHomeport(at))
    assert [str(problem) for problem in at.diagnostics.all()] == [
        "openapi.yaml: error: the handler service/handlers/create_item.mjs does not exist (write it, with "
        "export const handler = async (event) => { … }, or name another in x-homeport.handler)"
    ]


def test_a_handler_in_nodejs_with_a_similar_name_is_the_hint(tmp_path: Path) -> None:
    write(tmp_path, "handlers/createItem.mjs", NODE_HANDLER)
    at = cursor("createItem")
    Handlers(tmp_path, "nodejs22.x").find("createItem", at, XHomeport(at))
    assert [problem.hint for problem in at.diagnostics.all()] == ["did you mean service/handlers/createItem.mjs?"]


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("export const other = 1;", True),
        ("const handler = 1;", True),
        ("exports.main = () => {}", True),
        ("export async function handler(event) {}", False),
        ("exports.handler = async () => {}", False),
        ("module.exports = { handler }", False),
        ("module.exports = require('./other')", False),
        ("export * from './other.mjs'", False),
        ("export { main as handler }", False),
    ],
)
def test_a_module_of_nodejs_exports_its_handler(tmp_path: Path, source: str, missing: bool) -> None:
    write(tmp_path, "handlers/act.mjs", source)
    at = cursor("act")
    Handlers(tmp_path).find("act", at, XHomeport(at))
    messages = ["service/handlers/act.mjs exports no handler"] if missing else []
    assert [problem.message for problem in at.diagnostics.all()] == messages


def test_a_runtime_that_does_not_run_the_file_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "handlers/act.mjs", NODE_HANDLER)
    at = cursor("act")
    Handlers(tmp_path).find("act", at, XHomeport(at, runtime="python3.13"))
    assert [problem.message for problem in at.diagnostics.all()] == [
        "the runtime python3.13 does not run the file of this handler"
    ]


def test_a_file_outside_of_the_service_is_told_how_to_be_named(tmp_path: Path) -> None:
    at = cursor("src/index.mjs")
    assert Handlers(tmp_path).find_written(XHomeport(at, handler=at)) is None
    (problem,) = at.diagnostics.all()
    assert (problem.message, problem.hint) == (
        "the handler src/index.mjs is outside of service/",
        "write x-homeport: {code: src, handler: index.handler}",
    )
