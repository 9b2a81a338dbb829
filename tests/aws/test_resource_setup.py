"""The resources of a project are made at the services, once, by the names and ids that functions know."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.aws.services import service_of_type
from homeport.aws.setup.clients import Clients, fit
from homeport.aws.setup.makers import LAST, MAKERS, OF_NO_EFFECT
from homeport.aws.setup.process import make_resources, prepare
from homeport.aws.setup.seed import Seed
from homeport.child_process import ResourceSetupSettings
from homeport.errors import EngineError, Problem
from homeport.project.features import template_types
from homeport.project.model import ServiceResource
from tests.support.project import RESOURCES, SPEC, write_files
from tests.support.services import ServicesStand, make_resource, make_resources_of, running_services

QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:{}"


@pytest.fixture(scope="module")
def stand() -> Iterator[ServicesStand]:
    with running_services() as found:
        yield found


def make(stand: ServicesStand, *resources: ServiceResource, seed: Seed | None = None) -> list[str]:
    found = list(make_resources(make_resources_of(*resources), stand.clients, seed or Seed()))
    return [str(each) for each in found]


def queue(name: str, **properties: Any) -> ServiceResource:
    return make_resource(
        name, "AWS::SQS::Queue", properties, f"https://sqs.us-east-1.amazonaws.com/000000000000/{name}"
    )


def test_types_that_are_made_are_those_of_the_features_table() -> None:
    types = template_types()
    assert set(MAKERS) == types.of_services
    assert types.of_no_effect >= OF_NO_EFFECT
    assert LAST.keys() <= MAKERS.keys()
    assert all(service_of_type(kind) is not None for kind in MAKERS)


def test_values_of_a_template_become_those_of_an_operation() -> None:
    clients = Clients("http://127.0.0.1:1", "us-east-1", embedded=True)
    policies = {"PasswordPolicy": {"MinimumLength": "10", "RequireSymbols": "true", "Unknown": 1}}
    wanted = clients.request("cognito-idp", "CreateUserPool", {"PoolName": "p", "Policies": policies, "Other": 1})
    assert wanted == {"PoolName": "p", "Policies": {"PasswordPolicy": {"MinimumLength": 10, "RequireSymbols": True}}}
    rule = clients.request("events", "PutRule", {"Name": "r", "EventPattern": {"source": ["a"]}, "State": "ENABLED"})
    assert rule == {"Name": "r", "EventPattern": '{"source": ["a"]}', "State": "ENABLED"}
    shape = clients("sqs").meta.service_model.operation_model("CreateQueue").input_shape
    assert fit(shape, {"queueName": "q", "attributes": {"DelaySeconds": 5}}) == {
        "QueueName": "q",
        "Attributes": {"DelaySeconds": "5"},
    }


@pytest.mark.stack
def test_second_run_changes_nothing_and_a_changed_template_changes_the_queue(stand: ServicesStand) -> None:
    redrive = {"deadLetterTargetArn": QUEUE_ARN.format("dead"), "maxReceiveCount": 3}
    # The queue is written before its dead-letter queue.
    resources = [queue("jobs", VisibilityTimeout=7, RedrivePolicy=redrive), queue("dead")]
    assert make(stand, *resources) == ["made queue dead", "made queue jobs"]
    assert make(stand, *resources) == []
    assert make(stand, queue("jobs", VisibilityTimeout="9")) == ["changed queue jobs: VisibilityTimeout"]
    url = stand.clients("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
    attributes = stand.clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["VisibilityTimeout"], json.loads(attributes["RedrivePolicy"])["maxReceiveCount"]) == ("9", 3)


@pytest.mark.stack
def test_fifo_queue_and_topic_are_such(stand: ServicesStand) -> None:
    topic = make_resource("T", "AWS::SNS::Topic", {"FifoTopic": True}, "arn:aws:sns:us-east-1:000000000000:t.fifo")
    assert make(stand, queue("q.fifo", FifoQueue=True), topic) == ["made queue q.fifo", "made topic t.fifo"]


@pytest.mark.stack
def test_ids_that_functions_know_are_those_of_the_resources(stand: ServicesStand) -> None:
    pool, client = "us-east-1_abcdefghi", "abcdefghijklmnopqrstuvwxyz"
    key = "f4452f8c-441d-4854-811f-d031550de2a7"
    secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:api-Ab12Cd"
    web = {"UserPoolId": pool, "GenerateSecret": True}
    made = make(
        stand,
        make_resource("Users", "AWS::Cognito::UserPool", {}, pool),
        make_resource("Web", "AWS::Cognito::UserPoolClient", web, client, ClientSecret="shh"),
        make_resource("Key", "AWS::KMS::Key", {}, key),
        make_resource("Alias", "AWS::KMS::Alias", {"AliasName": "alias/a", "TargetKeyId": key}, "alias/a"),
        make_resource("Secret", "AWS::SecretsManager::Secret", {"SecretString": "v"}, secret),
    )
    assert len(made) == 5, made
    clients = stand.clients
    described = clients("cognito-idp").describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    assert described["ClientSecret"] == "shh"
    assert clients("kms").describe_key(KeyId="alias/a")["KeyMetadata"]["KeyId"] == key
    assert clients("secretsmanager").get_secret_value(SecretId=secret)["ARN"] == secret
    # Others get ids of their own.
    assert clients("kms").create_key()["KeyMetadata"]["KeyId"] != key
    assert clients("cognito-idp").create_user_pool(PoolName="p")["UserPool"]["Id"] != pool


@pytest.mark.stack
def test_generated_secret_has_the_template_and_a_password(stand: ServicesStand) -> None:
    generate = {"SecretStringTemplate": '{"user": "ada"}', "GenerateStringKey": "password", "PasswordLength": "20"}
    arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:generated-Ab12Cd"
    make(stand, make_resource("S", "AWS::SecretsManager::Secret", {"GenerateSecretString": generate}, arn))
    value = json.loads(stand.clients("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert (value["user"], len(value["password"])) == ("ada", 20)


@pytest.mark.stack
def test_object_rings_the_queue_that_its_bucket_tells(stand: ServicesStand) -> None:
    rules = {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".png"}]}}
    entry = {"Event": "s3:ObjectCreated:*", "Queue": QUEUE_ARN.format("told"), "Filter": rules}
    told = {"QueueConfigurations": [entry]}
    bucket = make_resource("Photos", "AWS::S3::Bucket", {"NotificationConfiguration": told}, "photos")
    make(stand, bucket, queue("told"))
    s3, sqs = stand.clients("s3"), stand.clients("sqs")
    url = sqs.get_queue_url(QueueName="told")["QueueUrl"]
    s3.put_object(Bucket="photos", Key="a.txt", Body=b"1")
    s3.put_object(Bucket="photos", Key="b.png", Body=b"1")
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10)["Messages"]
    assert json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] == "b.png"


@pytest.mark.stack
def test_seed_fills_what_is_new_and_leaves_what_is_there(stand: ServicesStand, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("seeded")
    bucket = make_resource("Docs", "AWS::S3::Bucket", {}, "docs")
    mode = make_resource("Mode", "AWS::SSM::Parameter", {"Name": "/mode", "Type": "String", "Value": "slow"}, "/mode")
    seed = Seed(
        "deploy/seed/local", {"Docs": {"in/a.txt": tmp_path / "a.txt"}}, {"/mode": "fast", "/more": "1"}, {"s": "x"}
    )
    assert make(stand, bucket, mode, seed=seed) == [
        "made bucket docs",
        "filled docs with 1 object of deploy/seed/local",
        "made parameter /mode",
        "made parameter /more",
        "made secret s",
    ]
    clients = stand.clients
    assert clients("s3").get_object(Bucket="docs", Key="in/a.txt")["Body"].read() == b"seeded"
    clients("ssm").put_parameter(Name="/mode", Value="mine", Overwrite=True)
    clients("s3").put_object(Bucket="docs", Key="in/a.txt", Body=b"mine")
    assert make(stand, bucket, mode, seed=seed) == []
    assert clients("ssm").get_parameter(Name="/mode")["Parameter"]["Value"] == "mine"
    assert clients("s3").get_object(Bucket="docs", Key="in/a.txt")["Body"].read() == b"mine"


@pytest.mark.stack
def test_resource_that_can_not_be_made_is_named_and_the_others_are_made(stand: ServicesStand) -> None:
    bad = make_resource("Bad", "AWS::S3::Bucket", {}, "Not_A_Bucket", line=7)
    machine = make_resource("Flow", "AWS::StepFunctions::StateMachine", {"DefinitionS3Location": {}}, line=9)
    other = make_resource("Set", "AWS::SES::ReceiptRuleSet", line=11)
    found = list(make_resources(make_resources_of(bad, machine, other, queue("fine")), stand.clients, Seed()))
    problems = [each for each in found if isinstance(each, Problem)]
    assert [each for each in found if isinstance(each, str)] == ["made queue fine"]
    assert {problem.line: problem.message for problem in problems} == {
        7: "Bad can't be made: The specified bucket is not valid.",
        9: "the definition of Flow is not in the template",
        11: "AWS::SES::ReceiptRuleSet is not made here",
    }
    assert all(problem.severity == "warning" for problem in problems)


@pytest.mark.stack
def test_rule_schedule_and_machine_are_made_and_renewed(stand: ServicesStand) -> None:
    def rule(pattern: Any) -> ServiceResource:
        targets = [{"Id": "q", "Arn": QUEUE_ARN.format("fine")}]
        return make_resource("Rule", "AWS::Events::Rule", {"EventPattern": pattern, "Targets": targets}, "rule")

    def machine(word: str) -> ServiceResource:
        definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Word}", "End": True}}}
        properties = {"Definition": definition, "DefinitionSubstitutions": {"Word": word}}
        arn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow"
        return make_resource("Flow", "AWS::StepFunctions::StateMachine", properties, arn)

    target = {"Arn": QUEUE_ARN.format("fine"), "RoleArn": "arn:aws:iam::000000000000:role/r"}
    nightly = make_resource(
        "N", "AWS::Scheduler::Schedule", {"ScheduleExpression": "rate(1 day)", "Target": target}, "n"
    )
    assert make(stand, rule({"source": ["a"]}), machine("one"), nightly) == [
        "made state machine flow",
        "made rule rule",
        "made schedule n",
    ]
    assert make(stand, rule({"source": ["b"]}), machine("two"), nightly) == ["changed state machine flow"]
    clients = stand.clients
    assert json.loads(clients("events").describe_rule(Name="rule")["EventPattern"]) == {"source": ["b"]}
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow"
    assert '"two"' in clients("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"]


@pytest.mark.stack
def test_mail_identity_is_one_for_both_versions_of_the_api(stand: ServicesStand) -> None:
    address = make_resource("Mail", "AWS::SES::EmailIdentity", {"EmailIdentity": "a@example.com"})
    domain = make_resource("Domain", "AWS::SES::EmailIdentity", {"EmailIdentity": "example.com"})
    template = make_resource("T", "AWS::SES::Template", {"Template": {"SubjectPart": "Hi", "TextPart": "x"}}, "t")
    assert len(make(stand, address, domain, template)) == 3
    assert make(stand, address, domain, template) == []
    sesv2, ses = stand.clients("sesv2"), stand.clients("ses")
    assert sesv2.get_email_identity(EmailIdentity="a@example.com")["VerifiedForSendingStatus"] is True
    body = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
    to = {"ToAddresses": ["b@example.com"]}
    assert sesv2.send_email(FromEmailAddress="a@example.com", Destination=to, Content=body)["MessageId"]
    sent = ses.send_templated_email(Source="me@example.com", Destination=to, Template="t", TemplateData="{}")
    assert sent["MessageId"]


@pytest.mark.stack
def test_process_makes_the_resources_of_a_project_and_empties_the_services_first(tmp_path: Path) -> None:
    spec = {"openapi.yaml": SPEC, "deploy/resources.yaml": f"{RESOURCES}  Photos: {{Type: AWS::S3::Bucket}}\n"}
    handlers = {f"service/handlers/{name}.py": "def handler(event, context): ..." for name in ("get_note", "put_note")}
    packages = {"service/__init__.py": "", "service/handlers/__init__.py": ""}
    root = write_files(tmp_path / "notes", {**spec, **handlers, **packages})
    with running_services(tmp_path / "data") as stand:

        def settings(*, embedded: bool = True, afresh: bool = False) -> ResourceSetupSettings:
            read, status = os.pipe()
            os.close(read)
            none = str(tmp_path / "none")
            return ResourceSetupSettings(str(root), "local", "", none, status, stand.endpoint, embedded, afresh)

        prepare(settings())
        s3 = stand.clients("s3")
        s3.put_object(Bucket="notes-local-photos", Key="k", Body=b"1")
        s3.create_bucket(Bucket="made-by-hand")
        prepare(settings())
        assert s3.list_objects_v2(Bucket="notes-local-photos")["KeyCount"] == 1
        prepare(settings(afresh=True))
        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["notes-local-photos"]
        assert s3.list_objects_v2(Bucket="notes-local-photos")["KeyCount"] == 0
        with pytest.raises(EngineError, match="are not the kit's"):
            prepare(settings(embedded=False, afresh=True))
