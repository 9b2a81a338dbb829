"""Expressions of HCL, as Terraform works them out: each becomes a variable of a function."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.terraform.evaluation.functions import FUNCTIONS
from tests.project.terraform.configurations import read, variables

pytestmark = pytest.mark.unit

# The expression, and its value as jsonencode writes it.
CASES = {
    "1 + 2 * 3 - 4 / 2": "5",
    "7 % 3 == 1 && !(2 > 3) || false": "true",
    '"a" == "a" ? "yes" : "no"': '"yes"',
    '1 == "1"': "false",
    '"${1 + 1} of ${"x"}-$${y}"': '"2 of x-${y}"',
    '"%{ if true }on%{ else }off%{ endif }"': '"on"',
    '"%{ for each in ["a", "b"] }${each};%{ endfor }"': '"a;b;"',
    '"tab\\t\\"quoted\\" \\u00e9"': '"tab\\t\\"quoted\\" é"',
    "[for each in [1, 2, 3] : each * 2 if each != 2]": "[2,6]",
    "{for key, value in {b = 1, a = 2} : upper(key) => value}": '{"A":2,"B":1}',
    '{for word in ["ab", "ac", "b"] : substr(word, 0, 1) => word...}': '{"a":["ab","ac"],"b":["b"]}',
    "[{ id = 1 }, { id = 2 }][*].id": "[1,2]",
    "[{ id = 1 }, { id = 2 }].*.id": "[1,2]",
    '[["a"], ["b"]].1[0]': '"b"',
    "0.1 + 0.2": "0.3",
    "1e3 / 4": "250",
    'try({}.nothing, "otherwise")': '"otherwise"',
    'can(tonumber("x"))': "false",
    "(\n  1\n  + 2\n)": "3",
    "merge({a = 1}, {b = 2}, [{c = 3}]...)": '{"a":1,"b":2,"c":3}',
    # Functions, by their subjects.
    'format("%s-%03d %5.1f%% %q %v", "a", 7, 1.25, "b", [1])': '"a-007   1.2% \\"b\\" [1]"',
    'formatlist("%s!", ["a", "b"])': '["a!","b!"]',
    'join("-", ["a", "b"], ["c"])': '"a-b-c"',
    'split(",", "a,b")': '["a","b"]',
    'replace("a.b", "/[.]/", "-")': '"a-b"',
    'regex("(?P<name>[a-z]+)-[0-9]+", "x-1").name': '"x"',
    'regexall("[0-9]", "a1b2")': '["1","2"]',
    'title("it\'s a-b c_d")': '"It\'S A-B C_d"',
    'yamlencode({a = ["x", 1], b = "l1\\nl2"})': '"\\"a\\":\\n- \\"x\\"\\n- 1\\n\\"b\\": |-\\n  l1\\n  l2\\n"',
    'trimprefix(trimsuffix(trimspace(" v1.zip "), ".zip"), "v")': '"1"',
    'indent(2, "a\\nb")': '"a\\n  b"',
    'lookup({a = "x"}, "b", "y")': '"y"',
    'concat(["a"], ["b"])': '["a","b"]',
    'flatten([["a", ["b"]], "c"])': '["a","b","c"]',
    'toset(["b", "a", "b"])': '["a","b"]',
    'distinct(compact(["a", "", "a", null]))': '["a"]',
    'coalesce(null, "", "x")': '"x"',
    'element(["a", "b"], 3)': '"b"',
    'index(["a", "b"], "b")': "1",
    "keys({b = 1, a = 2})": '["a","b"]',
    "values({b = 1, a = 2})": "[2,1]",
    'zipmap(["a", "b"], [1, 2])': '{"a":1,"b":2}',
    'setproduct(["a"], [1, 2])': '[["a",1],["a",2]]',
    'setunion(["a"], ["b"])': '["a","b"]',
    'setsubtract(["a", "b"], ["b"])': '["a"]',
    "chunklist([1, 2, 3], 2)": "[[1,2],[3]]",
    "range(1, 7, 2)": "[1,3,5]",
    'reverse(sort(["b", "a"]))': '["b","a"]',
    "sum([1, 2.5])": "3.5",
    'one(["a"])': '"a"',
    'alltrue([true, "true"])': "true",
    'contains(["a"], "b")': "false",
    'transpose({a = ["x"], b = ["x"]})': '{"x":["a","b"]}',
    "slice([1, 2, 3], 1, 3)": "[2,3]",
    'length("abc") + length({a = 1})': "4",
    "max(1, 3, 2) + min(4, 5) + abs(-1) + ceil(1.2) + floor(1.9)": "11",
    'parseint("ff", 16)': "255",
    "pow(2, 3) + signum(-4)": "7",
    'tostring(5) == "5" && tonumber("5") == 5 && tobool("true")': "true",
    'jsondecode("{\\"a\\": [1]}").a[0]': "1",
    'jsonencode({b = "<", a = null})': '"{\\"a\\":null,\\"b\\":\\"\\\\u003c\\"}"',
    'yamldecode("a: [1, x]").a[1]': '"x"',
    'csvdecode("a,b\\n1,2")[0].b': '"2"',
    'base64decode(base64encode("hé"))': '"hé"',
    'sha256("a")': '"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"',
    'md5("a")': '"0cc175b9c0f1b6a831c399e269772661"',
    'urlencode("a b/c")': '"a+b%2Fc"',
    'uuidv5("dns", "example.com")': '"cfbff0d1-9375-5685-968c-48ce8b15ae17"',
    'cidrsubnet("10.0.0.0/16", 8, 2)': '"10.0.2.0/24"',
    'cidrhost("10.0.0.0/16", 5)': '"10.0.0.5"',
    'cidrnetmask("10.0.0.0/16")': '"255.255.0.0"',
    'cidrsubnets("10.0.0.0/16", 8, 8)': '["10.0.0.0/24","10.0.1.0/24"]',
    'formatdate("YYYY-MM-DD", "2024-02-03T04:05:06Z")': '"2024-02-03"',
    'timeadd("2024-02-03T04:05:06Z", "1h")': '"2024-02-03T05:05:06Z"',
    'basename("a/b.txt")': '"b.txt"',
    'dirname("a/b.txt")': '"a"',
    'trim(file("${path.module}/src/app.py"), "\\n")': '"def handler(event, context): ..."',
    'fileexists("nothing")': "false",
    'fileset(path.module, "src/*.{py,js}")': '["src/app.py"]',
    'strrev("ab") == "ba" && startswith("ab", "a") && endswith("ab", "b") && strcontains("abc", "b")': "true",
    "<<-EOT\n    first\n      ${1 + 1}\n  EOT\n": '"first\\n  2\\n"',
}


def test_each_expression_has_the_value_that_terraform_gives_it(tmp_path: Path) -> None:
    written = "\n".join(f"V{number} = jsonencode({text})" for number, text in enumerate(CASES))
    found = read(tmp_path, variables(written))
    assert [each for each in found.problems if each.startswith("error")] == []
    values = {text: found.environment.get(f"V{number}") for number, text in enumerate(CASES)}
    assert {text: value for text, value in values.items() if value != CASES[text]} == {}


def test_every_function_of_terraform_is_known() -> None:
    # https://developer.hashicorp.com/terraform/language/functions
    named = """abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512 basename ceil
    chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact concat contains
    csvdecode dirname distinct element endswith file filebase64 filebase64sha256 filebase64sha512 fileexists
    filemd5 fileset filesha1 filesha256 filesha512 flatten floor format formatdate formatlist indent index
    issensitive join jsondecode jsonencode keys length log lookup lower matchkeys max md5 merge min
    nonsensitive one parseint pathexpand plantimestamp pow range regex regexall replace reverse sensitive
    setintersection setproduct setsubtract setunion sha1 sha256 sha512 signum slice sort split startswith
    strcontains strrev substr sum textdecodebase64 textencodebase64 timeadd timecmp timestamp title tobool
    tolist tomap tonumber toset tostring transpose trim trimprefix trimspace trimsuffix type upper urlencode
    uuid uuidv5 values yamldecode yamlencode zipmap"""
    assert [name for name in named.split() if name not in FUNCTIONS] == []


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        ("var.nothing", "there is no variable 'nothing'"),
        ("local.nothing", "there is no local value 'nothing'"),
        ("aws_dynamodb_table.nothing.arn", "aws_dynamodb_table.nothing is not defined"),
        ("data.aws_vpc.nothing.id", "data.aws_vpc.nothing is not defined"),
        ("module.nothing.id", "there is no module 'nothing'"),
        ('no_such("x")', "the function no_such is not known here"),
        ('file("nothing.txt")', "file: the file nothing.txt can't be read: No such file or directory"),
        ('jsondecode("{")', "jsondecode: the text is not JSON"),
        ("[1][3]", "a list of 1 has no element 3"),
        ("{}.a", "an object has no attribute 'a'"),
        ('"x${[1]}"', "a list can't be part of a text"),
        ("each.key", "'each' has no meaning here"),
        ("1 / 0", "a division by zero"),
        ("local.circle", "local.circle needs itself"),
        ('upper(["x"])', "a list can't be part of a text"),
        ('cidrsubnet("x", 1, 1)', "'x' is no network"),
    ],
)
def test_expression_that_can_not_be_worked_out_is_named_with_its_line(
    tmp_path: Path, expression: str, line: str
) -> None:
    found = read(tmp_path, variables(f'V = {expression}\nKEPT = "yes"', "locals {\n circle = local.circle\n}"))
    named = next(each for each in found.problems if line in each)
    assert "warning: main.tf:" in named
    assert named.endswith("so the variable V of aws_lambda_function.run is left out")
    assert found.environment == {"KEPT": "yes"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('a = "x', "error: main.tf:1: a text in quotes has no end on its line"),
        ("a = [1, 2", "error: main.tf:1: ']' is missing before the end of the file"),
        ("\nresource {\n", "error: main.tf:3: a name is missing before the end of the file"),
        ("a = ?", "error: main.tf:1: '?' is not expected here"),
        ("a = 1\na = 2", "error: main.tf:2: 'a' has a value twice"),
        ("a = <<EOT\nx\n", "error: main.tf:1: the text after <<EOT has no end"),
        ('a = "%{ if true }x"', "error: main.tf:1: %{ if } has no %{ endif }"),
        (f"a = {'(' * 3000}", "error: main.tf:0: is nested too deeply"),
        ("a = 1 b = 2", "error: main.tf:1: 'b' is not expected here"),
        ("a = \x00", "error: main.tf:1: '\\x00' is not expected here"),
    ],
)
def test_text_that_is_no_hcl_is_an_error_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    found = read(tmp_path, {"main.tf": text, "other.tf": 'resource "aws_sqs_queue" "q" {}'})
    assert [each for each in found.problems if each.startswith("error")] == [problem]
