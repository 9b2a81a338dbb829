"""An app is run when its sources have changed: its bundles are recorded, its faults have its own lines."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from homeport.errors import Problem
from homeport.project.cdk.app_run import runnable
from homeport.project.load import read_project
from homeport.project.project import Project, ProjectInputs
from tests.support.assemblies import HANDLER, HASH, function, write_assembly
from tests.support.project import write_files

PYTHON_APP = """
import json, os
from names import NAME
out = os.environ["CDK_OUTDIR"]
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
variables = {"NAME": NAME, "COLOUR": os.environ.get("COLOUR", ""), "ACCOUNT": os.environ["CDK_DEFAULT_ACCOUNT"]}
variables["KEPT"] = context["kept"]
properties = {"Handler": "app.handler", "Runtime": "python3.13", "Role": "arn:aws:iam::000000000000:role/hello"}
properties["Code"] = {"S3Bucket": "b", "S3Key": "k.zip"}
properties["Environment"] = {"Variables": variables}
metadata = {"aws:cdk:path": "Api/Hello/Resource", "aws:asset:property": "Code"}
metadata["aws:asset:path"] = os.path.abspath("lambda")
hello = {"Type": "AWS::Lambda::Function", "Properties": properties, "Metadata": metadata}
id = "Hello"
with open(f"{out}/Api.template.json", "w") as file:
    json.dump({"Resources": {id: hello}}, file)
stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Api.template.json"}}
with open(f"{out}/manifest.json", "w") as file:
    json.dump({"artifacts": {"Api": stack}}, file)
"""
NODE_APP = """
const { spawnSync } = require("child_process"), fs = require("fs"), path = require("path");
const out = process.env.CDK_OUTDIR, temp = path.join(out, "bundling-temp");
const bundle = (name, command, args, options) => {
  const done = spawnSync(command, args, options);
  if (done.status !== 0) throw new Error(`${name} could not be bundled`);
  fs.renameSync(temp, path.join(out, name));
};
bundle("asset.one", "npx", ["--no-install", "esbuild", "--bundle", path.resolve("src/one.ts"), "--minify",
  `--outfile=${temp}/index.js`], { cwd: __dirname });
bundle("asset.two", "docker", ["run", "-v", `${path.resolve("two")}:/asset-input:delegated`, "-v",
  `${temp}:/asset-output:delegated`, "image", "bash", "-c", "pip install -r requirements.txt -t /asset-output"]);
const made = (name, Runtime, Handler) => {
  const Properties = { Code: { S3Bucket: "b", S3Key: "k" }, Runtime, Handler };
  Properties.Role = "arn:aws:iam::000000000000:role/hello";
  const Metadata = { "aws:cdk:path": `Api/${name}/Resource`, "aws:asset:property": "Code" };
  Metadata["aws:asset:path"] = path.join(out, `asset.${name}`);
  return { Type: "AWS::Lambda::Function", Properties, Metadata };
};
const Resources = { One: made("one", "nodejs22.x", "index.handler"), Two: made("two", "python3.13", "app.handler") };
fs.writeFileSync(path.join(out, "Api.template.json"), JSON.stringify({ Resources }));
const stack = { type: "aws:cloudformation:stack", properties: { templateFile: "Api.template.json" } };
fs.writeFileSync(path.join(out, "manifest.json"), JSON.stringify({ artifacts: { Api: stack } }));
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_CACHE_DIR", str(tmp_path / "cache"))


def python_app(root: Path, text: str = PYTHON_APP) -> Path:
    settings = {"app": f"{sys.executable} app.py", "context": {"kept": "from cdk.json"}}
    files = {"app.py": text, "names.py": 'NAME = "first"\n', "lambda/app.py": HANDLER}
    return write_files(root, {**files, "cdk.json": json.dumps(settings, indent=1)})


def read(root: Path, **environ: str) -> tuple[Project | None, list[Problem]]:
    project, problems = read_project(root, environ=environ)
    return project, [each for each in problems if "role" not in each.message]


def variables(root: Path, **environ: str) -> dict[str, str]:
    project, problems = read(root, **environ)
    assert project is not None, problems
    return dict(project.api.functions["Hello"].environment)


@pytest.mark.stack
def test_an_app_runs_as_the_cli_runs_it(tmp_path: Path) -> None:
    root = python_app(tmp_path / "app")
    before = {file.relative_to(root) for file in root.rglob("*") if "__pycache__" not in file.parts}
    project, problems = read(root)
    assert project is not None and problems == []
    found = project.api.functions["Hello"]
    assert found.environment["ACCOUNT"] == "000000000000"
    assert found.environment["KEPT"] == "from cdk.json"
    assert found.code is not None and found.code.root == root / "lambda"
    line = PYTHON_APP.splitlines().index('id = "Hello"') + 1
    assert (found.source.file, found.source.line) == ("app.py", line)
    assert set(project.template_files) >= {"app.py", "names.py", "cdk.json"}
    assert {
        file.relative_to(root) for file in root.rglob("*") if not {".homeport", "__pycache__"} & set(file.parts)
    } == before


@pytest.mark.stack
def test_an_app_runs_again_when_a_file_or_a_variable_that_it_reads_has_changed(tmp_path: Path) -> None:
    root = python_app(tmp_path / "app")
    assert variables(root, COLOUR="red")["NAME"] == "first"
    shutil.rmtree(root / "__pycache__", ignore_errors=True)
    (root / "names.py").write_text('NAME = "second"\n')
    assert variables(root, COLOUR="red")["NAME"] == "second"
    assert variables(root, COLOUR="green")["COLOUR"] == "green"
    given = ProjectInputs(imports=(("context:kept", "given"),))
    project, _ = read_project(root, environ={}, inputs=given)
    assert project is not None and project.api.functions["Hello"].environment["KEPT"] == "given"


@pytest.mark.stack
def test_an_app_that_fails_is_a_problem_with_its_line(tmp_path: Path) -> None:
    root = python_app(tmp_path / "app", "import nothing_of_it\n")
    project, problems = read(root)
    assert project is None
    (problem,) = problems
    assert (problem.file, problem.line) == ("cdk.json", 2)
    assert "could not be run at app.py:1: ModuleNotFoundError: No module named 'nothing_of_it'" in problem.message


@pytest.mark.stack
def test_an_app_that_fails_leaves_the_assembly_that_is_there(tmp_path: Path) -> None:
    root = python_app(tmp_path / "app", "import nothing_of_it\n")
    write_files(write_assembly(root / "cdk.out", {"Api": {"Hello": function()}}), {f"asset.{HASH}/app.py": HANDLER})
    project, problems = read(root)
    assert project is not None and "Hello" in project.api.functions
    assert [problem.severity for problem in problems] == ["warning"]
    assert "cdk.out is read as it is" in problems[0].message or "is read as it is" in problems[0].message


@pytest.mark.stack
def test_bundles_are_recorded_and_run_from_their_sources(tmp_path: Path) -> None:
    files = {"app.js": NODE_APP, "src/one.ts": "export const handler = async () => ({});\n", "two/app.py": HANDLER}
    root = write_files(tmp_path / "app", {**files, "two/requirements.txt": "", "cdk.json": '{"app": "node app.js"}\n'})
    project, problems = read(root)
    assert project is not None, problems
    one, two = project.api.functions["One"], project.api.functions["Two"]
    assert one.code is not None and one.code.build is not None
    assert (one.handler, one.code.build.entry_points) == ("one.handler", ("src/one.ts",))
    assert "--minify" in one.code.build.options
    assert two.code is not None and two.code.root == root / "two"


@pytest.mark.parametrize(
    ("command", "run"),
    [
        ("npx tsc && npx tsx bin/app.ts", "npx tsx bin/app.ts"),
        ("tsc -p . && npx ts-node bin/app.ts", "npx ts-node bin/app.ts"),
        ("npx tsc && node bin/app.js", "npx tsc && node bin/app.js"),
        ("npm run build && npx tsx bin/app.ts", "npm run build && npx tsx bin/app.ts"),
        ("node bin/app.js", "node bin/app.js"),
        (".venv\\Scripts\\python.exe app.py", "python app.py"),
    ],
)
def test_an_app_is_run_without_its_compiler_and_by_the_python_of_this_machine(command: str, run: str) -> None:
    assert runnable(command) == run


def test_an_app_whose_packages_are_not_installed_is_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"cdk.json": '{"app": "npx ts-node bin/app.ts"}\n', "package.json": "{}\n"})
    project, problems = read(tmp_path)
    assert project is None
    (problem,) = problems
    assert "its packages are not installed" in problem.message and problem.hint == "install them: npm ci"


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"app": 7}', '{"app": ""}'])
def test_a_cdk_json_without_an_app_is_a_problem(tmp_path: Path, text: str) -> None:
    write_files(tmp_path, {"cdk.json": text})
    project, problems = read(tmp_path)
    assert project is None
    assert problems and all(problem.file == "cdk.json" for problem in problems)
