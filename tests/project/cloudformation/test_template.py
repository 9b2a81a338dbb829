"""Which file a project's template is, and what it includes."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.cloudformation.format import CLOUDFORMATION
from homeport.project.cloudformation.template.template import find_template, local_template, read_template
from homeport.project.formats.registry import find_source
from homeport.project.load import is_template_project
from homeport.project.project import ProjectInputs
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from tests.support.sam_templates import write_files

RESOURCES = "Resources: {}\n"


def read(folder: Path, files: dict[str, str], name: str = "template.yaml") -> tuple[Document, list[str]]:
    """Return the template of some files, and the problems as text."""
    write_files(folder, files)
    diagnostics = Diagnostics()
    document = read_template(folder, name, diagnostics)
    assert document is not None
    return document, [str(problem) for problem in diagnostics.all()]


def place(document: Document, *path: str) -> str:
    """Return the file and line of a value."""
    source = document.source(path)
    return f"{source.file}:{source.line}"


@pytest.mark.parametrize("name", ["template.yaml", "template.yml", "template.json"])
def test_template_has_one_of_the_names_that_sam_looks_for(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {name: '{"Resources": {}}'})
    assert find_template(tmp_path) == name
    assert is_template_project(tmp_path, ProjectInputs())


def test_file_without_resources_is_no_template(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": "title: letter\n"})
    assert find_template(tmp_path) is None
    assert not is_template_project(tmp_path, ProjectInputs())


@pytest.mark.parametrize("command", ["global", "build", "deploy"])
def test_template_of_samconfig_wins_over_the_usual_name(tmp_path: Path, command: str) -> None:
    config = f'version = 0.1\n[default.{command}.parameters]\ntemplate_file = "infra/app.yaml"\n'
    write_files(tmp_path, {"template.yaml": RESOURCES, "infra/app.yaml": RESOURCES, "samconfig.toml": config})
    assert find_template(tmp_path) == "infra/app.yaml"
    assert find_source(tmp_path, ProjectInputs(template="template.yaml")) == (CLOUDFORMATION, "template.yaml")
    (tmp_path / "template.yaml").unlink()
    assert is_template_project(tmp_path)


@pytest.mark.parametrize("file", [".aws-sam/build/template.yaml", "gone.yaml"])
def test_built_or_missing_template_of_samconfig_is_passed_over(tmp_path: Path, file: str) -> None:
    config = f'[default.deploy.parameters]\ntemplate_file = "{file}"\n'
    write_files(
        tmp_path, {"template.yaml": RESOURCES, ".aws-sam/build/template.yaml": RESOURCES, "samconfig.toml": config}
    )
    assert find_template(tmp_path) == "template.yaml"


def test_damaged_samconfig_hides_no_template(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": RESOURCES, "samconfig.toml": "[default"})
    assert find_template(tmp_path) == "template.yaml"


def test_list_is_no_template(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": "- Resources\n"})
    diagnostics = Diagnostics()
    assert read_template(tmp_path, "template.yaml", diagnostics) is None
    assert [str(problem) for problem in diagnostics.all()] == [
        "template.yaml:1: error: holds no map, so it is no template (write Resources, or check --template)"
    ]


INCLUDE = "Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {}}}}}"


def test_included_file_takes_the_place_of_the_transform_and_keeps_its_own_lines(tmp_path: Path) -> None:
    template = (
        f"Resources:\n  Api:\n    Properties:\n      DefinitionBody:\n        {INCLUDE.format('./api/open.yaml')}\n"
    )
    document, problems = read(
        tmp_path, {"template.yaml": template, "api/open.yaml": "openapi: 3.0.1\npaths:\n  /x: {}\n"}
    )
    body = ("Resources", "Api", "Properties", "DefinitionBody")
    found = document.find(body)
    assert found == ({"openapi": "3.0.1", "paths": {"/x": {}}},)
    assert problems == []
    assert place(document, *body) == "template.yaml:4"
    assert place(document, *body, "paths", "/x") == "api/open.yaml:3"


def test_include_beside_other_keys_adds_its_keys(tmp_path: Path) -> None:
    template = f"Resources:\n  {INCLUDE.format('more.yaml')}\n  Own: {{Type: A}}\n"
    document, _ = read(
        tmp_path, {"template.yaml": template, "more.yaml": "# resources\nOther: {Type: B}\nOwn: {Type: C}\n"}
    )
    assert document.value == {"Resources": {"Own": {"Type": "A"}, "Other": {"Type": "B"}}}
    assert place(document, "Resources", "Other") == "more.yaml:2"
    assert place(document, "Resources", "Own") == "template.yaml:3"


def test_include_at_the_top_adds_sections(tmp_path: Path) -> None:
    template = (
        "Transform:\n  - AWS::Serverless-2016-10-31\n"
        "  - {Name: AWS::Include, Parameters: {Location: sections.yaml}}\nResources: {}\n"
    )
    document, _ = read(tmp_path, {"template.yaml": template, "sections.yaml": "Mappings: {A: {b: {c: d}}}\n"})
    assert document.value["Mappings"] == {"A": {"b": {"c": "d"}}}
    assert place(document, "Mappings", "A") == "sections.yaml:1"


def test_include_in_an_included_file_is_followed_from_its_folder(tmp_path: Path) -> None:
    files = {
        "template.yaml": f"Resources:\n  {INCLUDE.format('parts/a.yaml')}\n",
        "parts/a.yaml": f"A:\n  Properties:\n    {INCLUDE.format('b.yaml')}\n",
        "parts/b.yaml": "Name: b\n",
    }
    document, problems = read(tmp_path, files)
    assert document.value == {"Resources": {"A": {"Properties": {"Name": "b"}}}}
    assert place(document, "Resources", "A", "Properties", "Name") == "parts/b.yaml:1"
    assert problems == []


def test_file_that_includes_itself_ends(tmp_path: Path) -> None:
    files = {
        "template.yaml": f"Resources:\n  {INCLUDE.format('a.yaml')}\n",
        "a.yaml": f"A:\n  {INCLUDE.format('a.yaml')}\n",
    }
    document, _ = read(tmp_path, files)
    assert "A" in document.value["Resources"]


def test_missing_include_is_an_error_with_its_line(tmp_path: Path) -> None:
    _, problems = read(tmp_path, {"template.yaml": f"Resources:\n  {INCLUDE.format('gone.yaml')}\n"})
    assert problems == ["template.yaml:2: error: there is no file gone.yaml to include (check the Location)"]


def test_include_on_s3_is_read_from_the_local_file_of_its_name(tmp_path: Path) -> None:
    template = "Resources:\n  Fn::Transform:\n    Name: AWS::Include\n    Parameters:\n      Location: !Sub s3://${Bucket}/more.yaml\n"
    document, problems = read(tmp_path, {"template.yaml": template, "parts/more.yaml": "Other: {Type: B}\n"})
    assert document.value == {"Resources": {"Other": {"Type": "B"}}}
    assert problems == [
        "template.yaml:2: warning: parts/more.yaml is included instead of s3://${Bucket}/more.yaml, which is on S3"
    ]


def test_include_on_s3_without_a_local_file_is_an_error(tmp_path: Path) -> None:
    template = f"Resources:\n  {INCLUDE.format('s3://bucket/more.yaml')}\n"
    _, problems = read(tmp_path, {"template.yaml": template})
    assert problems == [
        "template.yaml:2: error: the include s3://bucket/more.yaml is on S3 (name a local file: sam package uploads it)"
    ]


def test_short_form_in_an_included_file_is_a_warning(tmp_path: Path) -> None:
    files = {"template.yaml": f"Resources:\n  {INCLUDE.format('a.yaml')}\n", "a.yaml": "A: {Type: B, Name: !Ref C}\n"}
    document, problems = read(tmp_path, files)
    assert document.value["Resources"]["A"]["Name"] == {"Ref": "C"}
    assert problems == [
        "a.yaml: warning: AWS::Include does not know the short form !Ref in a file "
        "(write the long form, such as Fn::Sub: …)"
    ]


def test_template_in_a_folder_includes_from_there(tmp_path: Path) -> None:
    files = {"infra/app.yaml": f"Resources:\n  {INCLUDE.format('../parts/a.yaml')}\n", "parts/a.yaml": "A: {Type: B}\n"}
    document, problems = read(tmp_path, files, "infra/app.yaml")
    assert document.value == {"Resources": {"A": {"Type": "B"}}}
    assert place(document, "Resources", "A") == "parts/a.yaml:1"
    assert problems == []


@pytest.mark.parametrize(
    ("location", "file"),
    [
        ("nested.yaml", "infra/nested.yaml"),
        ("./app", "infra/app/template.yml"),
        ("../other.yaml", "other.yaml"),
        ("gone.yaml", None),
        ("https://s3.amazonaws.com/bucket/nested.yaml", None),
    ],
)
def test_local_template_is_found_from_the_folder_of_the_one_that_names_it(
    tmp_path: Path, location: str, file: str | None
) -> None:
    names = ("infra/nested.yaml", "infra/app/template.yml", "other.yaml")
    write_files(tmp_path, dict.fromkeys(names, RESOURCES))
    assert local_template(tmp_path, Document("infra/app.yaml", {}, {}), location) == file
