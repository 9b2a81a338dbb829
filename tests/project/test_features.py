"""The table of features is complete: each property of AWS's schemas is done, deployed and named, or rejected."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from homeport.project.cloudformation.tables.table_rules import TABLE_TYPE
from homeport.project.features import Feature, find_resource_type, property_paths, resource_types
from tests.support.resource_schemas import resource_type_names, schema_paths
from tests.support.spec import check_problems, document, errors, load, operation, write_document
from tests.support.template import FEATURES, project_of

ROOT = Path(__file__).parents[2]
TYPES = resource_type_names("AWS::ApiGateway::", "AWS::ApiGatewayV2::", "AWS::Lambda::", "AWS::DynamoDB::")
OURS = {name: found for name, found in resource_types().items() if name in TYPES}
MADE = {name: found for name, found in OURS.items() if found.made_by}


def features_of(name: str, *fates: str) -> list[Feature]:
    """Return the features of a type that have one of these fates."""
    return [feature for feature in OURS[name].features.values() if feature.fate in fates]


def test_every_resource_type_of_the_schemas_is_in_the_table() -> None:
    assert sorted(OURS) == TYPES


@pytest.mark.parametrize("name", TYPES)
def test_table_has_every_property_of_the_type_and_no_other(name: str) -> None:
    wanted, listed = schema_paths(name), set(OURS[name].features)
    assert sorted(wanted - listed) == [], "new properties of AWS: say in homeport/project/features what becomes of them"
    assert sorted(listed - wanted) == [], "properties that AWS does not have"


def test_property_missing_in_the_table_would_be_found() -> None:
    assert "SSESpecification.SSEType" in schema_paths(TABLE_TYPE)
    assert "Arn" not in schema_paths(TABLE_TYPE)


def test_paths_are_those_of_the_names_in_brackets() -> None:
    assert [*property_paths("A(B C(D)) E.F(G) H")] == ["A", "A.B", "A.C", "A.C.D", "E.F", "E.F.G", "H"]


@cache
def definitions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_bytes())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


PROOFS = sorted({feature.proof for name in OURS for feature in features_of(name, "done")})


@pytest.mark.parametrize("proof", PROOFS)
def test_done_property_names_a_test_that_there_is(proof: str) -> None:
    file, _, test = proof.partition("::")
    assert test.startswith("test_") and test in definitions(file)


def test_only_done_properties_have_a_proof_and_only_the_others_a_reason() -> None:
    for found in OURS.values():
        for feature in found.features.values():
            assert bool(feature.proof) == (feature.fate == "done"), (found.name, feature.path)
            assert bool(feature.reason) == (feature.fate in ("deployed", "rejected")), (found.name, feature.path)


def test_type_that_the_kit_does_not_make_has_the_fate_of_all_its_properties() -> None:
    for name in OURS.keys() - MADE.keys() - {TABLE_TYPE}:
        fates = {feature.fate for feature in OURS[name].features.values()}
        if OURS[name].fate == "done":
            assert fates <= {"done", "deployed"}, name
            continue
        assert fates == {OURS[name].fate}, name
        assert OURS[name].reason, name


# -- Templates have what the table calls done or made, and nothing else.


def written_paths(value: Any, above: str = "") -> Iterator[str]:
    """Yield the paths of the properties in a template, ``Ref`` and functions left out."""
    if isinstance(value, list):
        for entry in value:
            yield from written_paths(entry, above)
    elif isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        for key, inner in value.items():
            # A status, the key of a response's mappings, is no property.
            path = above if key.isdecimal() else f"{above}.{key}" if above else key
            yield path
            # The rest is a policy, and no structure of the schema.
            yield from written_paths(inner, path) if key != "PolicyDocument" else ()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """The paths of properties in the templates of projects with every feature, by resource type."""
    folder = tmp_path_factory.mktemp("features")
    found: dict[str, set[str]] = {}
    for number, made in enumerate(FEATURES.values()):
        template = build_template(project_of(folder / str(number), made))
        for resource in template["Resources"].values():
            paths = found.setdefault(resource["Type"], set())
            paths.update(written_paths(resource.get("Properties", {})))
    return found


@pytest.mark.parametrize("name", sorted(MADE))
def test_template_has_every_property_that_the_kit_makes(name: str, deployed: Mapping[str, set[str]]) -> None:
    expected = {feature.path for feature in features_of(name, "done", "made")}
    expected -= {path for path in expected if path.partition(".")[0] in MADE[name].in_definition}
    assert sorted(expected - deployed.get(name, set())) == []


@pytest.mark.parametrize("name", sorted(MADE))
def test_template_has_no_property_that_the_table_refuses(name: str, deployed: Mapping[str, set[str]]) -> None:
    rejected = {feature.path for feature in features_of(name, "rejected")}
    assert sorted(rejected & deployed.get(name, set())) == []


def test_made_resource_has_no_property_that_is_deployed_without_a_word() -> None:
    deployed_alone = {f"{name}.{it.path}" for name in MADE for it in features_of(name, "deployed")}
    # ``not_emulated.settings`` and ``not_emulated.domain`` name these.
    function = "AWS::Lambda::Function"
    assert deployed_alone == {
        *(f"{function}.{path}" for path in ("SnapStart", "SnapStart.ApplyOn", "TracingConfig", "TracingConfig.Mode")),
        "AWS::ApiGatewayV2::DomainName.DomainNameConfigurations.CertificateArn",
    }


# -- A table of deploy/resources.yaml is deployed as written, and what is not emulated is named.

VALUES: Mapping[str, Any] = {
    "BillingMode": "PROVISIONED",
    "ContributorInsightsSpecification": {"Enabled": True, "Mode": "ACCESSED_AND_THROTTLED_KEYS"},
    "ImportSourceSpecification": {
        "InputCompressionType": "NONE",
        "InputFormat": "CSV",
        "InputFormatOptions": {"Csv": {"Delimiter": ",", "HeaderList": ["id"]}},
        "S3BucketSource": {"S3Bucket": "b", "S3BucketOwner": "123456789012", "S3KeyPrefix": "p"},
    },
    "KinesisStreamSpecification": {
        "ApproximateCreationDateTimePrecision": "MILLISECOND",
        "StreamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s",
    },
    "OnDemandThroughput": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 10},
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    "ResourcePolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    "SSESpecification": {"KMSMasterKeyId": "alias/mine", "SSEEnabled": True, "SSEType": "KMS"},
    "StreamSpecification": {
        "StreamViewType": "NEW_IMAGE",
        "ResourcePolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": []}},
        "Tags": [{"Key": "a", "Value": "b"}],
    },
    "TableClass": "STANDARD",
    "TableName": "items",
    "Tags": [{"Key": "a", "Value": "b"}],
    "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    "VectorIndexes": [
        {
            "Dimensions": 2,
            "DistanceFunction": "COSINE",
            "IndexName": "near",
            "Projection": {"ProjectionType": "ALL", "NonKeyAttributes": []},
            "SearchSchema": [{"AttributeName": "v", "SearchSchemaElementType": "FILTER"}],
            "VectorAttribute": {"AttributeName": "v"},
        }
    ],
    "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000},
    "DeletionProtectionEnabled": True,
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "owner", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "local",
            "KeySchema": [
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "owner", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
        }
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "byOwner",
            "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
            "ContributorInsightsSpecification": {"Enabled": True, "Mode": "ACCESSED_AND_THROTTLED_KEYS"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            "OnDemandThroughput": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 10},
            "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000},
        }
    ],
}
"""A table with every property."""

NAMED = [feature.path for feature in features_of(TABLE_TYPE, "deployed")]


def table_project(root: Path, properties: Mapping[str, Any]) -> Path:
    """A project with one table."""
    root = write_document(root, document({"/a": {"get": operation()}}))
    resources = {"Resources": {"ThingsTable": {"Type": TABLE_TYPE, "Properties": dict(properties)}}}
    (root / "deploy/resources.yaml").write_text(json.dumps(resources, indent=1))
    return root


def test_table_is_deployed_with_each_property_as_it_is_written(tmp_path: Path) -> None:
    written = set(written_paths(VALUES))
    assert written == {feature.path for feature in features_of(TABLE_TYPE, "done", "deployed")}
    template = build_template(load(table_project(tmp_path, VALUES)))
    assert template["Resources"]["ThingsTable"]["Properties"] == VALUES


@pytest.mark.parametrize("path", NAMED)
def test_property_of_a_table_that_is_not_emulated_is_named_with_its_line(path: str, tmp_path: Path) -> None:
    feature = OURS[TABLE_TYPE].features[path]
    root = table_project(tmp_path, VALUES)
    lines = (root / "deploy/resources.yaml").read_text().splitlines()
    named = [problem for problem in check_problems(root) if feature.reason in problem.message]
    assert named and all(problem.severity == "warning" for problem in named)
    # A part is named by its whole where both have the same reason.
    places = [(problem.message.split()[1], lines[problem.line - 1].strip()) for problem in named]
    assert any(path == whole or path.startswith(f"{whole}.") for whole, _ in places)
    assert all(line.startswith(f'"{whole.rpartition(".")[2]}"') for whole, line in places)


def test_property_inside_of_a_condition_is_named_too(tmp_path: Path) -> None:
    root = write_document(tmp_path, document({"/a": {"get": operation()}}))
    (root / "deploy/resources.yaml").write_text(
        "Conditions:\n  Never: !Equals [a, b]\nResources:\n  ThingsTable:\n    Type: AWS::DynamoDB::Table\n"
        "    Properties:\n      BillingMode: PAY_PER_REQUEST\n"
        "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "      SSESpecification: !If [Never, {SSEEnabled: true, SSEType: KMS}, !Ref AWS::NoValue]\n"
        "      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}\n"
    )
    assert [str(problem) for problem in check_problems(root)] == [
        "deploy/resources.yaml:10: warning: ThingsTable: SSESpecification.SSEType is deployed, but not emulated: "
        "no key of KMS is asked here (on AWS a function needs its kms:Decrypt too, in policies)"
    ]


def test_plain_table_has_nothing_to_be_named(tmp_path: Path) -> None:
    plain = ("AttributeDefinitions", "KeySchema", "TableClass", "Tags", "DeletionProtectionEnabled")
    properties = {name: VALUES[name] for name in plain} | {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": VALUES["AttributeDefinitions"][:1],
        "SSESpecification": {"SSEEnabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    assert check_problems(table_project(tmp_path, properties)) == []


# -- Other types in deploy/resources.yaml, and words for AWS's settings in the kit's own files.


def resources_problems(root: Path, kind: str, properties: Mapping[str, Any]) -> list[str]:
    """Return the problems of a project with one resource."""
    root = write_document(root, document({"/a": {"get": operation()}}))
    resources = {"Resources": {"More": {"Type": kind, "Properties": dict(properties)}}}
    (root / "deploy/resources.yaml").write_text(json.dumps(resources, indent=1))
    return [str(problem) for problem in check_problems(root)]


@pytest.mark.parametrize("kind", [name for name in TYPES if OURS[name].fate == "rejected"])
def test_resource_that_the_kit_makes_or_lacks_is_an_error(kind: str, tmp_path: Path) -> None:
    problems = resources_problems(tmp_path, kind, {})
    assert len(problems) == 1
    assert problems[0].startswith(f"deploy/resources.yaml:4: error: {kind}: ")


@pytest.mark.parametrize("kind", [name for name in TYPES if OURS[name].fate == "deployed"])
def test_resource_that_is_deployed_alone_is_a_warning(kind: str, tmp_path: Path) -> None:
    problems = resources_problems(tmp_path, kind, {})
    assert len(problems) == 1
    assert problems[0].startswith(f"deploy/resources.yaml:4: warning: More ({kind}) is deployed, but not emulated")


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Tabel", "AWS::Dynamodb::Table", "AWS::DynamoDB::table"])
def test_misspelt_resource_type_has_the_nearest_as_its_hint(kind: str, tmp_path: Path) -> None:
    message = f"deploy/resources.yaml:4: warning: More: the kit knows no resource type {kind}"
    assert resources_problems(tmp_path, kind, {}) == [f"{message} (did you mean AWS::DynamoDB::Table?)"]


def test_resource_type_that_is_newer_than_the_table_is_a_warning(tmp_path: Path) -> None:
    (problem,) = resources_problems(tmp_path, "AWS::Lambda::Quux", {})
    assert problem.startswith("deploy/resources.yaml:4: warning: More: the kit knows no resource type")


@pytest.mark.parametrize("kind", ["Table", "AWS::DynamoDB::Table ", "AWS:DynamoDB:Table"])
def test_text_that_is_no_resource_type_is_an_error(kind: str, tmp_path: Path) -> None:
    message = f"deploy/resources.yaml:4: error: {kind!r} is no resource type (write one as AWS::DynamoDB::Table)"
    assert resources_problems(tmp_path, kind, {}) == [message]


@pytest.mark.parametrize("kind", ["Custom::Mail-1@x", "Alexa::ASK::Skill", "Our::Own::Thing::MODULE"])
def test_resource_type_of_others_is_deployed(kind: str, tmp_path: Path) -> None:
    (problem,) = resources_problems(tmp_path, kind, {})
    assert f"More ({kind}) is deployed, but not emulated" in problem


def test_property_of_a_made_resource_says_where_it_is_set(tmp_path: Path) -> None:
    properties = {"Variables": {"colour": "blue"}, "ClientCertificateId": "a"}
    assert resources_problems(tmp_path, "AWS::ApiGateway::Stage", properties) == [
        "deploy/resources.yaml:4: error: AWS::ApiGateway::Stage: the kit makes the API, and this from a stage of "
        "deploy/stages.yaml with flavor rest (remove it, and set Variables by variables in deploy/stages.yaml)",
        "deploy/resources.yaml:9: error: AWS::ApiGateway::Stage: ClientCertificateId: client certificates are not "
        "emulated (remove it)",
    ]


REFUSED = sorted(
    {
        feature.path
        for name in ("AWS::Lambda::Function", "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")
        for feature in features_of(name, "rejected")
        if "." not in feature.path
    }
)


@pytest.mark.parametrize("path", REFUSED)
def test_setting_of_aws_that_the_kit_lacks_is_rejected_by_name(path: str, tmp_path: Path) -> None:
    key = path[0].lower() + path[1:]
    root = write_document(
        tmp_path, document({"/a": {"get": operation()}}), stages=json.dumps({"stages": {"local": {key: {}}}}, indent=1)
    )
    found = errors(root)
    assert len(found) == 1 and found[0].startswith(f"deploy/stages.yaml:4: error: {key}: ")
    assert "unknown key" not in found[0]


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("vpcConfig", "vpcConfig: VPCs are not supported (remove it)"),
        ("ephemeralStorage", "ephemeralStorage: the size of /tmp cannot be set (it is 512 MB on AWS)"),
        (
            "architectures",
            "architectures is not set in x-homeport (set architecture in deploy/stages.yaml or x-homeport)",
        ),
        ("memorySize", "memorySize is not set in x-homeport (set memory in deploy/stages.yaml or x-homeport)"),
        ("memroy", "unknown key 'memroy' in x-homeport (did you mean memory?)"),
    ],
)
def test_setting_of_lambda_that_the_kit_lacks_is_rejected_in_an_operation(key: str, line: str, tmp_path: Path) -> None:
    spec = document({"/a": {"get": operation(**{"x-homeport": {key: {}}})}})
    assert errors(write_document(tmp_path, spec))[0].partition("error: ")[2].startswith(line)


def test_word_of_a_type_that_the_kit_never_makes_is_just_unknown(tmp_path: Path) -> None:
    spec = document({"/a": {"get": operation(**{"x-homeport": {"targetArns": {}}})}})
    assert "unknown key 'targetArns' in x-homeport" in errors(write_document(tmp_path, spec))[0]


def test_type_outside_of_the_table_is_unknown_to_it() -> None:
    assert find_resource_type("AWS::SQS::Queue") is None
    assert find_resource_type("AWS::Lambda::Nothing") is None
