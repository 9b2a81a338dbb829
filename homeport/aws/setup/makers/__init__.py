"""The makers of resources, a module for each service.

A maker makes one resource, or changes the one that is there, and yields a line for each change. It raises botocore's
errors for what the service refuses, and ``CannotMakeError`` for what it can't do here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from homeport.aws.setup.clients import Clients
from homeport.aws.setup.makers import (
    buckets,
    event_buses,
    keys,
    mail,
    parameters,
    queues,
    schedules,
    state_machines,
    streams,
    topics,
    user_pools,
)
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource

Maker = Callable[[ServiceResource, Clients, Seed], Iterator[str]]

MAKERS: Mapping[str, Maker] = {
    "AWS::KMS::Key": keys.make_key,
    "AWS::KMS::Alias": keys.make_alias,
    "AWS::SQS::Queue": queues.make_queue,
    "AWS::SNS::Topic": topics.make_topic,
    "AWS::Kinesis::Stream": streams.make_stream,
    "AWS::S3::Bucket": buckets.make_bucket,
    "AWS::SSM::Parameter": parameters.make_parameter,
    "AWS::SecretsManager::Secret": parameters.make_secret,
    "AWS::SES::EmailIdentity": mail.make_identity,
    "AWS::SES::Template": mail.make_template,
    "AWS::SES::ConfigurationSet": mail.make_configuration_set,
    "AWS::StepFunctions::StateMachine": state_machines.make_state_machine,
    "AWS::Cognito::UserPool": user_pools.make_pool,
    "AWS::Cognito::UserPoolClient": user_pools.make_client,
    "AWS::Cognito::UserPoolGroup": user_pools.make_group,
    "AWS::Cognito::UserPoolResourceServer": user_pools.make_resource_server,
    "AWS::Cognito::UserPoolDomain": user_pools.make_domain,
    "AWS::Events::EventBus": event_buses.make_bus,
    "AWS::Events::Rule": event_buses.make_rule,
    "AWS::Scheduler::ScheduleGroup": schedules.make_group,
    "AWS::Scheduler::Schedule": schedules.make_schedule,
    "AWS::SNS::Subscription": topics.make_subscription,
}
"""The makers in the order in which resources are made: each type after those that it refers to."""

LAST: Mapping[str, Maker] = {"AWS::S3::Bucket": buckets.connect_bucket}
"""What is done when every resource is there: a bucket tells queues and topics of its objects."""

OF_NO_EFFECT = frozenset(
    (
        *("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::Events::EventBusPolicy"),
        *("AWS::SecretsManager::ResourcePolicy", "AWS::KMS::ReplicaKey"),
        *("AWS::SNS::TopicInlinePolicy", "AWS::SQS::QueueInlinePolicy", "AWS::Kinesis::ResourcePolicy"),
    )
)
"""The types that are not made, since no answer here depends on them: who may call is the functions' roles' affair."""
