"""The options of esbuild for a function: those of SAM's BuildProperties, and those of a handler in TypeScript."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.esbuild import handler_module, sam_build, typescript_build, unknown_properties
from tests.support.project import write_files

DEFAULTS = ("--bundle", "--platform=node", "--target=es2020", "--format=cjs", "--minify")


def sam(root: Path, handler: str, **written: Any) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The entry points, the options and the Handler of a build."""
    found = sam_build(root, root / "src", handler, written)
    assert not isinstance(found, str), found
    options, built = found
    return options.entry_points, options.options, built


@pytest.fixture
def root(tmp_path: Path) -> Path:
    sources = ("app.ts", "old.js", "api/get.ts", "api/put.ts", "jobs/clean.ts", "both.ts", "both.mjs", "view.tsx")
    write_files(tmp_path, {f"src/{name}": "export const handler = async () => 1" for name in sources})
    return tmp_path


def test_without_properties_the_handlers_file_is_built_with_sams_defaults(root: Path) -> None:
    assert sam(root, "app.handler") == (("app.ts",), DEFAULTS, "app.handler")
    assert sam(root, "old.handler")[0] == ("old.js",)


def test_sams_properties_become_options(root: Path) -> None:
    points, options, _ = sam(
        root,
        "app.handler",
        EntryPoints=["app.ts"],
        Target="node20",
        Format="esm",
        Minify=False,
        Sourcemap=True,
        SourcesContent=False,
        MainFields="module,main",
        External=["@aws-sdk/*", "sharp"],
        Loader=[".png=file"],
        OutExtension=[".js=.mjs"],
        Banner=["js=import x from 'y';"],
        UseNpmCi=True,
    )
    assert points == ("app.ts",)
    assert sorted(options) == sorted(
        [
            "--bundle",
            "--platform=node",
            "--target=node20",
            "--format=esm",
            "--sources-content=false",
            "--main-fields=module,main",
            "--external:@aws-sdk/*",
            "--external:sharp",
            "--loader:.png=file",
            "--out-extension:.js=.mjs",
            "--banner:js=import x from 'y';",
        ]
    )


@pytest.mark.parametrize(
    ("handler", "points", "built"),
    [
        ("api/get.handler", ["api/get.ts"], "get.handler"),
        ("get.handler", ["api/get.ts"], "get.handler"),
        ("api/get.handler", ["api/get.ts", "app.ts"], "api/get.handler"),
        ("api/get.handler", ["api/get.ts", "api/put.ts"], "get.handler"),
        ("./app.handler", ["./app.ts"], "./app.handler"),
        ("api/get.handler", None, "get.handler"),
    ],
)
def test_the_handler_is_where_esbuild_puts_it(root: Path, handler: str, points: list[str] | None, built: str) -> None:
    assert sam(root, handler, **({"EntryPoints": points} if points else {}))[2] == built


def test_an_entry_point_that_is_not_there_is_named(root: Path) -> None:
    assert sam_build(root, root / "src", "app.handler", {"EntryPoints": ["app", "nope"]}) == (
        "its entry point nope does not exist"
    )
    assert sam_build(root, root / "src", "app.handler", {"EntryPoints": "app.ts"}) == (
        "its EntryPoints are no list of files"
    )


def test_properties_that_sam_ignores_are_told() -> None:
    assert list(unknown_properties({"Minify": True, "SourceMap": True})) == [("SourceMap", "did you mean Sourcemap?")]


def test_a_typescript_handler_is_built_for_its_runtime(root: Path) -> None:
    build = typescript_build(root, root / "src", "api/get.handler", "nodejs22.x")
    assert build is not None
    assert (build.entry_points, build.shown) == (("api/get.ts",), "src")
    assert build.options == (
        *("--bundle", "--platform=node", "--outbase=.", "--target=node22", "--format=cjs"),
        *("--external:@aws-sdk/*", "--external:@smithy/*"),
    )
    view = typescript_build(root, root / "src", "view.handler", "nodejs22.x")
    assert view is not None
    assert view.entry_points == ("view.tsx",)


def test_typescript_of_an_es_module_becomes_one(root: Path) -> None:
    write_files(root, {"src/package.json": '{"type": "module"}', "src/jobs/package.json": "{}", "src/api/one.cts": ""})

    def kind(handler: str) -> list[str]:
        build = typescript_build(root, root / "src", handler, "nodejs20.x")
        assert build is not None
        return [option for option in build.options if option.startswith(("--format", "--out-ext"))]

    assert kind("app.handler") == ["--format=esm", "--out-extension:.js=.mjs"]
    assert kind("jobs/clean.handler") == kind("api/one.handler") == ["--format=cjs"]


def test_javascript_is_run_as_it_is(root: Path) -> None:
    assert typescript_build(root, root / "src", "old.handler", "nodejs22.x") is None
    assert typescript_build(root, root / "src", "both.handler", "nodejs22.x") is None
    assert typescript_build(root, root / "src", "nope.handler", "nodejs22.x") is None


def test_a_handlers_file_ends_at_the_first_dot_of_its_name() -> None:
    assert handler_module("a.b/c.d.e") == "a.b/c"
