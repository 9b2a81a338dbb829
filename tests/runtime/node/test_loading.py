"""The look-up of handlers, the errors of the initialisation, and hints for modules that are missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runtime.node.conftest import Start

pytestmark = pytest.mark.stack

ESM = "export const handler = async () => 'module';"
CJS = "exports.handler = async () => 'script';"
STACK = "Require stack:\n- TASK/index.js\n- /var/runtime/index.mjs"
MODULE_PACKAGE = '{"type": "module"}'

FOUND = {
    "a script": ({"index.js": CJS}, "index.handler", "script"),
    "a module": ({"index.mjs": ESM}, "index.handler", "module"),
    "a .cjs beside a module package": ({"index.cjs": CJS, "package.json": MODULE_PACKAGE}, "index.handler", "script"),
    "a module package": ({"index.js": ESM, "package.json": MODULE_PACKAGE}, "index.handler", "module"),
    "a module package above": (
        {"src/a/index.js": ESM, "src/package.json": MODULE_PACKAGE},
        "src/a/index.handler",
        "module",
    ),
    "a script before a module": ({"index.js": CJS, "index.mjs": ESM}, "index.handler", "script"),
    "a folder": ({"app/index.js": CJS}, "app.handler", "script"),
    "a member of a member": ({"index.js": "exports.a = { b: async () => 'deep' };"}, "index.a.b", "deep"),
    "a top-level await": (
        {"index.mjs": "const made = await Promise.resolve('awaited');\nexport const handler = async () => made;"},
        "index.handler",
        "awaited",
    ),
    "a package of node_modules": ({"node_modules/kit/index.js": CJS}, "kit.handler", "script"),
    "an import of a script": (
        {"index.mjs": "export { handler } from './lib.cjs';", "lib.cjs": CJS},
        "index.handler",
        "script",
    ),
    "a require from NODE_PATH": (
        {
            "a/index.js": "exports.handler = async () => require('src/lib')();",
            "src/lib.js": "module.exports = () => 5;",
        },
        "a/index.handler",
        5,
    ),
}


@pytest.mark.parametrize(("files", "handler", "result"), FOUND.values(), ids=FOUND)
def test_a_handler_is_found(start: Start, tmp_path: Path, files: dict[str, str], handler: str, result: object) -> None:
    environment = start(files, handler=handler, variables={"NODE_PATH": str(tmp_path / "task")})
    assert environment.invoke().json == result


LAYER = {
    "node_modules/layered/package.json": '{"name": "layered", "exports": {"import": "./i.mjs", "require": "./r.cjs"}}',
    "node_modules/layered/i.mjs": "export default 'imported';",
    "node_modules/layered/r.cjs": "module.exports = 'required';",
    "node_modules/own/index.js": "module.exports = 'of the layer';",
}
OWN = {"node_modules/own/index.js": "module.exports = 'of the function';"}


@pytest.mark.parametrize("runtime", ["nodejs22.x", "nodejs24.x"])
def test_modules_find_layers_after_their_own_packages(start: Start, tmp_path: Path, runtime: str) -> None:
    code = """
        import { createRequire } from 'node:module';
        import layered from 'layered';
        import own from 'own';

        const require = createRequire(import.meta.url);
        export const handler = async () => {
          const missing = await import('nowhere').catch((error) => error.message.split(' imported')[0]);
          return [layered, own, require('layered'), (await import('layered')).default, missing];
        };
    """
    layers = {f"../layer/{path}": text for path, text in LAYER.items()}
    folders = f"/nowhere/node_modules:{tmp_path}/layer/node_modules"
    environment = start({"index.mjs": code, **OWN, **layers}, runtime=runtime, variables={"NODE_PATH": folders})
    expected = ["imported", "of the function", "required", "imported", "Cannot find package 'nowhere'"]
    assert environment.invoke().json == expected


MISSING = {
    "no such file": (
        {"other.js": CJS},
        "index.handler",
        ("Runtime.ImportModuleError", "Error: Cannot find module 'index'\nRequire stack:\n- /var/runtime/index.mjs"),
        "the Handler is index.handler, but src/fn has no index.js, .mjs or .cjs: Handler is FILE.FUNCTION",
    ),
    "no dot": ({"index.js": CJS}, "index", ("Runtime.MalformedHandlerName", "Bad handler"), ""),
    "a folder above": (
        {"index.js": CJS},
        "../index.handler",
        (
            "Runtime.MalformedHandlerName",
            "'../index.handler' is not a valid handler name. Use absolute paths when specifying root directories in "
            "handler names.",
        ),
        "",
    ),
    "no such function": (
        {"index.js": CJS},
        "index.other",
        ("Runtime.HandlerNotFound", "index.other is undefined or not exported"),
        "",
    ),
    "no function": (
        {"index.js": "exports.handler = 5;"},
        "index.handler",
        ("Runtime.HandlerNotFound", "index.handler is not a function"),
        "",
    ),
    "a syntax error": (
        {"index.js": "exports.handler = async () => {"},
        "index.handler",
        ("Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input"),
        "",
    ),
    "a module in a script": (
        {"index.js": "import fs from 'fs';\n" + ESM},
        "index.handler",
        ("Runtime.UserCodeSyntaxError", "SyntaxError: Cannot use import statement outside a module"),
        "",
    ),
    "an error at the top level": (
        {"index.js": "throw new RangeError('at import');"},
        "index.handler",
        ("RangeError", "at import"),
        "",
    ),
    "an unhandled rejection at the top level": (
        {"index.js": "Promise.reject(new Error('alone')); setTimeout(() => {}, 60000);" + CJS},
        "index.handler",
        ("Runtime.UnhandledPromiseRejection", "Error: alone"),
        "",
    ),
    "a package that is required": (
        {"index.js": "require('axios');"},
        "index.handler",
        (
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'axios'\n" + STACK,
        ),
        "axios is not in node_modules: npm install axios in src/fn",
    ),
    "a package that is imported": (
        {"index.mjs": "import '@scope/name/deep.js';"},
        "index.handler",
        ("Error", "Cannot find package '@scope/name' imported from TASK/index.mjs"),
        "@scope/name is not in node_modules: npm install @scope/name in src/fn",
    ),
    "a package that is not installed": (
        {"a/index.js": "require('uuid');", "a/package.json": '{"dependencies": {"uuid": "^9"}}'},
        "a/index.handler",
        None,
        "uuid is in the package.json of a, but is not installed: npm install in a",
    ),
    "a devDependency": (
        {"index.js": "require('uuid');", "package.json": '{"devDependencies": {"uuid": "^9"}}'},
        "index.handler",
        None,
        "uuid is a devDependency in the package.json of src/fn: a function has none of them on AWS",
    ),
    "a misspelt package": (
        {"index.js": "require('lodahs');", "package.json": '{"dependencies": {"lodash": "^4"}}'},
        "index.handler",
        None,
        "there is no module lodahs: did you mean lodash?",
    ),
    "a file without its folder": (
        {"src/index.js": "require('helpers');", "lib/helpers.js": ""},
        "src/index.handler",
        None,
        "helpers is the function's own lib/helpers.js: write ../lib/helpers.js",
    ),
    "an import without an extension": (
        {"index.mjs": "import './lib/db';", "lib/db.mjs": ""},
        "index.handler",
        None,
        "index.mjs imports lib/db: an ES module names the whole file: write db.mjs",
    ),
    "a misspelt file": (
        {"index.js": "require('./lib/dbb.js');", "lib/db.js": ""},
        "index.handler",
        None,
        "index.js imports lib/dbb.js: did you mean db.js?",
    ),
    "a file that is not there": (
        {"index.js": "require('./lib/db.js');"},
        "index.handler",
        None,
        "index.js imports lib/db.js, but there is no such file",
    ),
    "a file out of the code": (
        {"index.js": "require('../../shared/db.js');"},
        "index.handler",
        None,
        "index.js imports ../../shared/db.js, which is not in the function's code: put it into src/fn, or into a layer",
    ),
    "a handler in TypeScript": (
        {"index.ts": ""},
        "index.handler",
        None,
        "the Handler is index.handler, but index.ts is TypeScript: it has to be built by esbuild",
    ),
    "the old SDK": (
        {"index.js": "require('aws-sdk');"},
        "index.handler",
        None,
        "Lambda has no aws-sdk (version 2) since nodejs18.x: use the clients of @aws-sdk, which it has",
    ),
    "a client of the SDK": (
        {"index.mjs": "import '@aws-sdk/client-amp';"},
        "index.handler",
        None,
        "@aws-sdk/client-amp is not among the clients that are kept here: npm install @aws-sdk/client-amp in src/fn",
    ),
}


@pytest.mark.parametrize(("files", "handler", "error", "hint"), MISSING.values(), ids=MISSING)
def test_a_handler_can_not_be_loaded(
    start: Start, tmp_path: Path, files: dict[str, str], handler: str, error: tuple[str, str] | None, hint: str
) -> None:
    environment = start(files, handler=handler, shown="src/fn")
    posted = environment.receive()
    assert posted.path == "init/error"
    if error is not None:
        message = posted.json["errorMessage"].replace(str(tmp_path / "task"), "TASK")
        assert (posted.json["errorType"], message) == error
    assert environment.wait() == (128 if "Unhandled" in posted.json["errorType"] else 129)
    lines = environment.output().splitlines()
    # Node.js itself warns of an import statement in a script.
    title, _, logged = next(line for line in lines if "\t{" in line).partition(" \t{")
    assert title.split("\t")[1:] == [
        *("undefined", "ERROR"),
        "Unhandled Promise Rejection" if "Unhandled" in posted.json["errorType"] else "Uncaught Exception",
    ]
    assert json.loads("{" + logged)["errorType"] == posted.json["errorType"]
    assert [line for line in lines if line.startswith("homeport:")] == ([f"homeport: {hint}"] if hint else [])


def test_a_module_that_awaits_for_ever_ends_node(start: Start) -> None:
    environment = start({"index.mjs": "await new Promise(() => {});" + ESM})
    assert environment.wait() == 13
    assert environment.server.posted.get() is None


def test_source_maps_name_the_sources(start: Start) -> None:
    code = (
        'exports.handler=async()=>{throw new Error("mapped")};\n'
        "//# sourceMappingURL=data:application/json;base64,"
        # {"version":3,"sources":["index.ts"],"names":[],"mappings":"AAAA;AAEA"}
        "eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbImluZGV4LnRzIl0sIm5hbWVzIjpbXSwibWFwcGluZ3MiOiJBQUVBIn0="
    )
    environment = start({"index.js": code}, source_maps=True)
    assert "/index.ts:3" in "\n".join(environment.invoke().json["trace"])
