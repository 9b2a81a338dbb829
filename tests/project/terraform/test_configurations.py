"""Variables, modules, state and what a configuration can't know: where the values come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.project.formats.registry import find_source
from homeport.project.project import NO_INPUTS
from tests.project.terraform.configurations import TABLE_AND_FUNCTION, read, variables

pytestmark = pytest.mark.unit

PROTECTED = (
    TABLE_AND_FUNCTION
    + """
variable "closed" { type = bool }
resource "aws_apigatewayv2_api" "items" {
  name          = "items"
  protocol_type = "HTTP"
}
resource "aws_apigatewayv2_integration" "run" {
  api_id           = aws_apigatewayv2_api.items.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.run.invoke_arn
}
resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.items.id
  name        = "$default"
  auto_deploy = true
}
resource "aws_apigatewayv2_route" "read" {
  api_id             = aws_apigatewayv2_api.items.id
  route_key          = "GET /items"
  target             = "integrations/${aws_apigatewayv2_integration.run.id}"
  authorization_type = var.closed ? "AWS_IAM" : "NONE"
}
"""
)


def test_variable_has_the_strongest_of_its_values(tmp_path: Path) -> None:
    names = ("given", "shell", "file", "stage", "automatic", "default")
    declared = "".join(f'variable "{name}" {{\n default = "default"\n}}\n' for name in names)
    files = variables("\n".join(f"{name} = var.{name}" for name in names), declared)
    files["terraform.tfvars"] = 'given = "file"\nfile = "file"\nautomatic = "file"\nstage = "file"\n'
    files["more.auto.tfvars.json"] = json.dumps({"automatic": "automatic", "stage": "automatic"})
    files["local.tfvars"] = 'stage = "stage"\n'
    shell = {"TF_VAR_shell": "shell", "TF_VAR_file": "shell"}
    found = read(tmp_path, files, shell, {"given": "given"})
    assert found.problems == []
    assert found.environment == {name: name for name in names}


def test_variable_has_its_type_and_the_defaults_of_optional_attributes(tmp_path: Path) -> None:
    more = """
variable "settings" {
  type = object({ size = number, name = optional(string, "none"), tags = optional(list(string)) })
}
variable "numbers" { type = list(number) }
"""
    files = variables("V = jsonencode(var.settings)\nN = jsonencode(var.numbers)", more)
    found = read(tmp_path, files, parameters={"settings": '{ size = "3" }', "numbers": '["1", 2]'})
    assert found.environment == {"V": '{"name":"none","size":3,"tags":null}', "N": "[1,2]"}


def test_variable_without_a_value_has_a_placeholder_and_a_warning(tmp_path: Path) -> None:
    found = read(tmp_path, variables("V = var.alert_email", 'variable "alert_email" { type = string }'))
    assert found.environment == {"V": "nobody@example.com"}
    assert found.problems == ["warning: main.tf:24: no value is given for alert_email: a placeholder stands for it"]


def test_name_of_a_parameter_that_is_no_variable_is_an_error(tmp_path: Path) -> None:
    found = read(tmp_path, variables("V = 1"), parameters={"nothing": "x"})
    assert "error: main.tf:0: there is no variable 'nothing'" in found.problems


def test_value_that_is_not_known_must_not_decide_how_an_api_is_protected(tmp_path: Path) -> None:
    found = read(tmp_path, {"main.tf": PROTECTED})
    line = PROTECTED.splitlines().index('resource "aws_apigatewayv2_route" "read" {') + 1
    problem = "'closed' has no value, and it decides how aws_apigatewayv2_route.read is protected"
    assert f"error: main.tf:{line}: {problem}" in found.problems


def test_protection_is_what_the_value_of_a_variable_says(tmp_path: Path) -> None:
    for value, iam in (("true", True), ("false", False)):
        project = read(tmp_path, {"main.tf": PROTECTED}, parameters={"closed": value}).made
        assert [operation.iam for operation in project.api.operations] == [iam]


def test_protection_that_can_not_be_worked_out_is_an_error(tmp_path: Path) -> None:
    for broken in ("no_such_function()", "aws_apigatewayv2_authorizer.nothing.id", "local.nothing"):
        text = PROTECTED.replace('var.closed ? "AWS_IAM" : "NONE"', broken)
        found = read(tmp_path, {"main.tf": text}, parameters={"closed": "true"})
        assert any(
            each.startswith("error: main.tf:")
            and each.endswith("authorization_type of aws_apigatewayv2_route.read can't be worked out")
            for each in found.problems
        ), found.problems


def test_placeholder_must_not_stand_for_who_may_call(tmp_path: Path) -> None:
    more = """
variable "scopes" { type = list(string) }
variable "with_key" {}
variable "rules" {}
resource "aws_api_gateway_rest_api" "rest" {
  name   = "rest"
  policy = var.rules
}
resource "aws_api_gateway_method" "root" {
  rest_api_id      = aws_api_gateway_rest_api.rest.id
  resource_id      = aws_api_gateway_rest_api.rest.root_resource_id
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = var.with_key
}
"""
    route = '  authorization_scopes = var.scopes\n  authorization_type = "JWT"\n'
    text = PROTECTED.replace('  authorization_type = var.closed ? "AWS_IAM" : "NONE"\n', route) + more
    found = read(tmp_path, {"main.tf": text}, parameters={"closed": "true"})
    for name, address in (
        ("scopes", "aws_apigatewayv2_route.read"),
        ("with_key", "aws_api_gateway_method.root"),
        ("rules", "aws_api_gateway_rest_api.rest"),
    ):
        problem = f"{name!r} has no value, and it decides how {address} is protected"
        assert any(each.startswith("error: ") and each.endswith(problem) for each in found.problems), found.problems


def test_number_of_routes_that_can_not_be_worked_out_is_an_error(tmp_path: Path) -> None:
    text = PROTECTED.replace('  route_key          = "GET /items"', '  for_each = local.no\n  route_key = "GET /items"')
    found = read(tmp_path, {"main.tf": text}, parameters={"closed": "true"})
    assert any(
        each.startswith("error: main.tf:") and "so aws_apigatewayv2_route.read is left out" in each
        for each in found.problems
    )


MODULE = """
variable "name" { type = string }
variable "size" {
  default  = 1
  nullable = false
}
resource "aws_sqs_queue" "this" {
  count = var.size
  name  = "${var.name}-${count.index}"
}
output "urls" { value = aws_sqs_queue.this[*].url }
output "where" { value = path.module }
"""


def test_modules_are_made_once_for_each_of_their_instances(tmp_path: Path) -> None:
    more = """
module "queues" {
  for_each = toset(["a", "b"])
  source   = "./queues"
  name     = each.key
  size     = each.key == "a" ? 2 : null
}
"""
    found = read(
        tmp_path,
        {
            **variables('U = join(",", module.queues["a"].urls)\nP = module.queues["b"].where', more),
            "queues/main.tf": MODULE,
        },
    )
    assert found.problems == []
    queues = [each.physical_id for each in found.made.resources.others.values() if each.type == "AWS::SQS::Queue"]
    assert sorted(url.rpartition("/")[2] for url in queues) == ["a-0", "a-1", "b-0"]
    assert found.environment["U"] == ",".join(url for url in queues if "/a-" in url)
    assert found.environment["P"] == "queues"
    assert found.made.source_places.has(Path("queues/new.tf"))


def test_module_that_init_has_installed_is_read_and_another_one_is_named(tmp_path: Path) -> None:
    listed = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "queues", "Dir": ".terraform/modules/queues"}]}
    more = """
module "queues" {
  source = "somebody/queues/aws"
  name   = "jobs"
}
module "other" {
  source = "somebody/other/aws"
}
"""
    found = read(
        tmp_path,
        {
            **variables("U = module.queues.urls[0]\nO = module.other.id", more),
            ".terraform/modules/modules.json": json.dumps(listed),
            ".terraform/modules/queues/main.tf": MODULE,
        },
    )
    assert found.environment["U"].endswith("/jobs-0")
    assert found.environment["O"] == "other-id"
    assert found.problems == [
        "warning: main.tf:30: module.other comes from somebody/other/aws, which is not on this machine: "
        "its resources are left out"
    ]


def test_modules_that_call_each_other_without_an_end_are_an_error(tmp_path: Path) -> None:
    found = read(tmp_path, {"main.tf": TABLE_AND_FUNCTION + 'module "again" {\n source = "./"\n}\n'})
    assert any("modules call each other without an end" in each for each in found.problems)


def test_well_known_modules_need_no_init(tmp_path: Path) -> None:
    text = """
module "table" {
  source     = "terraform-aws-modules/dynamodb-table/aws"
  name       = "items"
  hash_key   = "id"
  attributes = [{ name = "id", type = "S" }]
}
module "function" {
  source                   = "terraform-aws-modules/lambda/aws"
  version                  = "~> 7.0"
  function_name            = "items"
  handler                  = "app.handler"
  runtime                  = "python3.13"
  source_path              = "${path.module}/src"
  allowed_triggers         = { api = { service = "apigateway" } }
  environment_variables    = { TABLE = module.table.dynamodb_table_id }
  attach_policy_statements = true
  policy_statements = {
    table = { effect = "Allow", actions = ["dynamodb:GetItem"], resources = [module.table.dynamodb_table_arn] }
  }
}
module "api" {
  source        = "terraform-aws-modules/apigateway-v2/aws"
  name          = "items"
  protocol_type = "HTTP"
  authorizers = {
    tokens = {
      authorizer_type   = "JWT"
      identity_sources  = ["$request.header.Authorization"]
      jwt_configuration = { audience = ["items"], issuer = "https://issuer.example" }
    }
  }
  routes = {
    "GET /items" = {
      authorization_type   = "JWT"
      authorizer_key       = "tokens"
      authorization_scopes = ["read"]
      integration          = { uri = module.function.lambda_function_arn, payload_format_version = "2.0" }
    }
  }
}
"""
    found = read(tmp_path, {"main.tf": text})
    assert found.problems == []
    project = found.made
    (operation,) = project.api.operations
    assert (operation.route_key, operation.function, operation.source.line) == ("GET /items", "Function", 22)
    assert [(each.scheme, each.scopes) for each in operation.security] == [("tokens", ("read",))]
    function = project.api.functions["Function"]
    assert function.code is not None and function.code.root == tmp_path / "src"
    assert ["dynamodb:GetItem"] in [each["Action"] for each in function.policies]
    assert function.environment == {"TABLE": "items"}


def test_state_and_plan_say_what_only_aws_knows(tmp_path: Path) -> None:
    more = 'data "aws_vpc" "main" {}\nresource "random_id" "x" {\n byte_length = 2\n}\ndata "aws_kms_key" "k" {}\n'
    state = {
        "version": 4,
        "resources": [
            {
                "mode": "data",
                "type": "aws_vpc",
                "name": "main",
                "instances": [{"attributes": {"id": "vpc-1", "cidr_block": "10.1.0.0/16"}}],
            }
        ],
    }
    resource = {"address": "data.aws_kms_key.k", "values": {"key_id": "k-1"}}
    plan = {"prior_state": {"values": {"root_module": {"resources": [resource]}}}}
    files = variables(
        "A = data.aws_vpc.main.id\nB = cidrsubnet(data.aws_vpc.main.cidr_block, 8, 1)\n"
        "C = data.aws_kms_key.k.key_id\nD = data.aws_vpc.main.arn",
        more,
    )
    files |= {"terraform.tfstate": json.dumps(state), "tfplan.json": json.dumps(plan)}
    assert read(tmp_path, files).environment == {
        "A": "vpc-1",
        "B": "10.1.1.0/24",
        "C": "k-1",
        "D": "arn:aws:vpc:us-east-1:000000000000:vpc/main",
    }
    for damaged in ("{", "[]", '{"resources": 3}', '{"resources": [{"instances": [{"attributes": 1}]}]}', "null"):
        files["terraform.tfstate"] = damaged
        assert read(tmp_path, files).environment["A"] == "main"


def test_plan_or_state_that_is_named_is_read_with_the_files_beside_it(tmp_path: Path) -> None:
    files = variables("A = data.aws_vpc.main.id", 'data "aws_vpc" "main" {}\n')
    shown = {"values": {"root_module": {"resources": [{"address": "data.aws_vpc.main", "values": {"id": "vpc-2"}}]}}}
    files["old.tfstate"] = json.dumps({"version": 4, "resources": []})
    files["tfplan.json"] = json.dumps(shown)
    assert read(tmp_path, files, template="tfplan.json").environment == {"A": "vpc-2"}
    assert read(tmp_path, files, template="old.tfstate").environment == {"A": "vpc-2"}
    (tmp_path / "alone").mkdir()
    found = read(tmp_path / "alone", {"tfplan": "PK"}, template="tfplan")
    message = "there is no file of Terraform in this folder, and a plan or state alone has no functions' code"
    assert found.problems == [f"error: tfplan:0: {message}"]


def test_workspace_and_region_are_those_that_are_chosen(tmp_path: Path) -> None:
    files = variables("W = terraform.workspace\nR = data.aws_region.here.name", 'data "aws_region" "here" {}')
    assert read(tmp_path, files, {"AWS_REGION": "eu-north-1"}).environment == {"W": "default", "R": "eu-north-1"}
    files[".terraform/environment"] = "staging"
    files["provider.tf"] = (
        'provider "aws" {\n alias = "far"\n region = "us-west-1"\n}\nprovider "aws" {\n region = "eu-west-3"\n}\n'
    )
    found = read(tmp_path, files)
    assert found.environment == {"W": "staging", "R": "eu-west-3"}
    assert found.made.stage.region == "eu-west-3"


def test_json_syntax_is_read_as_the_same_blocks(tmp_path: Path) -> None:
    configuration = {
        "variable": {"size": {"type": "number", "default": 2}},
        "locals": {"names": ["a", "b"]},
        "resource": {
            "aws_sqs_queue": {"jobs": {"for_each": "${toset(local.names)}", "name": "jobs-${each.key}"}},
            "aws_lambda_function": {
                "run": {
                    "function_name": "run",
                    "runtime": "python3.13",
                    "handler": "app.handler",
                    "filename": "${data.archive_file.code.output_path}",
                    "environment": {"variables": {"SIZE": "${var.size}", "URL": '${aws_sqs_queue.jobs["a"].url}'}},
                }
            },
        },
        "data": {"archive_file": {"code": {"source_dir": "src", "output_path": "x.zip", "type": "zip"}}},
    }
    found = read(tmp_path, {"main.tf.json": json.dumps(configuration, indent=1)})
    assert found.environment["SIZE"] == "2"
    assert found.environment["URL"].endswith("/jobs-a")


def test_archive_that_is_not_there_leads_to_the_folder_of_the_handler(tmp_path: Path) -> None:
    text = TABLE_AND_FUNCTION.replace("data.archive_file.code.output_path", '"build/run.zip"')
    found = read(tmp_path, {"main.tf": text, "tests/app.py": "", "run/app.py": "def handler(e, c): ...\n"})
    code = found.made.api.functions["Run"].code
    assert code is not None and code.root == tmp_path / "run"
    assert found.problems == [
        "warning: main.tf:16: build/run.zip is not there: Run runs from run, where its handler is"
    ]


def test_archive_of_texts_is_a_folder_with_them(tmp_path: Path) -> None:
    source = '  source {\n    filename = "app.py"\n    content = "def handler(e, c):\\n    return ${40 + 2}\\n"\n  }\n'
    text = TABLE_AND_FUNCTION.replace('  source_dir  = "${path.module}/src"\n', source)
    code = read(tmp_path, {"main.tf": text}).made.api.functions["Run"].code
    assert code is not None
    assert (code.root / "app.py").read_text() == "def handler(e, c):\n    return 42\n"


def test_folder_of_a_configuration_is_found_also_below_the_project(tmp_path: Path) -> None:
    assert find_source(tmp_path, NO_INPUTS) is None
    (tmp_path / "infra").mkdir()
    (tmp_path / "main.tf").write_text('resource "google_storage_bucket" "x" {}', encoding="utf-8")
    assert find_source(tmp_path, NO_INPUTS) is None
    (tmp_path / "infra" / "lambda.tf").write_text('resource "aws_lambda_function" "x" {}', encoding="utf-8")
    found = find_source(tmp_path, NO_INPUTS)
    assert found is not None and (found.format.name, found.file) == ("Terraform", "infra/lambda.tf")
