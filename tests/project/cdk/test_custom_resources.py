"""The CDK's own custom resources: notifications become a bucket's own, others are named."""

from __future__ import annotations

from pathlib import Path

from tests.support.assemblies import HANDLER, function, read_messages, write_assembly
from tests.support.project import write_files

PROVIDER = "BucketNotificationsHandler050a0587b7544547bf325f094a3db834"


def test_the_notifications_of_a_bucket_invoke_the_function(tmp_path: Path) -> None:
    entry = {
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".png"}]}},
        "LambdaFunctionArn": {"Fn::GetAtt": ["Hello", "Arn"]},
    }
    notifications = {
        "Type": "Custom::S3BucketNotifications",
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["Handler", "Arn"]},
            "BucketName": {"Ref": "Uploads"},
            "NotificationConfiguration": {"LambdaFunctionConfigurations": [entry], "EventBridgeConfiguration": {}},
        },
    }
    resources = {
        "Hello": function(),
        "Uploads": {"Type": "AWS::S3::Bucket"},
        "Notifications": notifications,
        "Handler": function(path=f"Api/{PROVIDER}/Resource", Code={"ZipFile": "x"}),
    }
    write_assembly(tmp_path / "cdk.out", {"Api": resources})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    assert problems == []
    assert set(project.api.functions) == {"Hello"}
    configuration = project.resources.others["Uploads"].properties["NotificationConfiguration"]
    assert configuration["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}
    (made,) = configuration["LambdaConfigurations"]
    assert made["Filter"] == {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".png"}]}}
    assert made["Function"].endswith("Hello")


def test_calls_that_a_deployment_would_make_are_named_once(tmp_path: Path) -> None:
    token = {"ServiceToken": {"Fn::GetAtt": ["Singleton", "Arn"]}}
    resources = {
        "Hello": function(),
        "SeedOne": {"Type": "Custom::AWS", "Properties": token},
        "SeedTwo": {"Type": "Custom::AWS", "Properties": token},
        "Logs": {"Type": "Custom::LogRetention", "Properties": token},
        "Singleton": function(path="Api/AWS679f53fac002430cb0da5b7982bd2287/Resource"),
    }
    write_assembly(tmp_path / "cdk.out", {"Api": resources})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    assert set(project.api.functions) == {"Hello"}
    assert len(problems) == 1
    assert (
        "run on AWS only: Custom::AWS (calls of AWS that are made once, at a deployment): SeedOne, SeedTwo"
        in problems[0]
    )


def test_a_function_of_the_owner_that_serves_a_custom_resource_stays(tmp_path: Path) -> None:
    framework = function(
        path="Api/Provider/framework-onEvent/Resource",
        Environment={"Variables": {"USER_ON_EVENT_FUNCTION_ARN": {"Fn::GetAtt": ["Mine", "Arn"]}}},
    )
    resources = {
        "Mine": function(path="Api/Mine/Resource"),
        "Framework": framework,
        "Made": {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Framework", "Arn"]}}},
    }
    write_assembly(tmp_path / "cdk.out", {"Api": resources})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    assert set(project.api.functions) == {"Mine"}
    assert any("Custom::Thing: Made" in line for line in problems)
