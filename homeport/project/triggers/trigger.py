"""The values of triggers: which events invoke a function, in what batches, and what becomes of failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from homeport.project.model import Source

if TYPE_CHECKING:
    from homeport.project.triggers.event_pattern import EventPattern
    from homeport.project.triggers.schedule_expression import ScheduleExpression

FOREVER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger: ``function`` is a key of ``Api.functions``, ``id`` the logical id of the resource that makes it.

    One resource may make several (a bucket's notifications): their ids end in what tells them apart. A trigger that is
    not ``enabled`` invokes nothing by itself.
    """

    id: str
    function: str
    source: Source = field(compare=False)
    enabled: bool = True

    @property
    def kind(self) -> str:
        """The source's name, as commands take it: ``sqs``."""
        return KINDS[type(self)]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTrigger(Trigger):
    """An event source mapping of an SQS queue. ``window`` is seconds; ``filters`` of which one must match.

    ``partial`` says that the function reports failures of single messages (``ReportBatchItemFailures``).
    """

    queue_arn: str
    batch_size: int = 10
    window: int = 0
    partial: bool = False
    filters: tuple[EventPattern, ...] = ()
    max_concurrency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTrigger(Trigger):
    """An event source mapping of a DynamoDB stream or a Kinesis stream.

    ``stream`` is the table's name or the stream's. ``max_retries`` and ``max_age`` (seconds) are ``FOREVER`` where a
    record is tried until it leaves the stream. ``on_failure`` is the ARN of the destination for discarded batches.
    ``at`` is the moment of the position ``AT_TIMESTAMP``, in seconds since the epoch.
    """

    service: Literal["dynamodb", "kinesis"]
    stream: str
    position: Literal["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"] = "LATEST"
    at: float | None = None
    batch_size: int = 100
    window: int = 0
    partial: bool = False
    filters: tuple[EventPattern, ...] = ()
    bisect: bool = False
    max_retries: int = FOREVER
    max_age: int = FOREVER
    parallelization: int = 1
    on_failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTrigger(Trigger):
    """A subscription of a function to an SNS topic, which itself applies the subscription's filter policy."""

    topic_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketTrigger(Trigger):
    """A notification of an S3 bucket: ``events`` as S3 names them (``s3:ObjectCreated:*``)."""

    bucket: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """The input of a target in place of the event: at most one of ``fixed`` (JSON), ``path`` and ``template``."""

    fixed: str | None = None
    path: str | None = None
    template: str | None = None
    paths: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrigger(Trigger):
    """A target of a rule with an event pattern."""

    rule: str
    pattern: EventPattern
    target: RuleTarget = RuleTarget()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTrigger(Trigger):
    """A schedule: a rule's (``arn`` of a rule), or one of EventBridge Scheduler.

    ``text`` is the expression as written. ``start`` and ``end`` are seconds since the epoch, between which it runs.
    """

    name: str
    arn: str
    text: str
    schedule: ScheduleExpression
    target: RuleTarget = RuleTarget()
    start: float | None = None
    end: float | None = None

    @property
    def is_rule(self) -> bool:
        """True for a rule of EventBridge, whose event differs from that of EventBridge Scheduler."""
        return ":events:" in self.arn


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTrigger(Trigger):
    """A Lambda trigger of a Cognito user pool; ``event`` is its name in ``LambdaConfig`` (``PreSignUp``)."""

    pool: str
    event: str


AnyTrigger = QueueTrigger | StreamTrigger | TopicTrigger | BucketTrigger | RuleTrigger | ScheduleTrigger | PoolTrigger

KINDS: Mapping[type, str] = {
    QueueTrigger: "sqs",
    StreamTrigger: "stream",
    TopicTrigger: "sns",
    BucketTrigger: "s3",
    RuleTrigger: "eventbridge",
    ScheduleTrigger: "schedule",
    PoolTrigger: "cognito",
}


@dataclass(frozen=True, slots=True)
class AsyncSettings:
    """The retries of a function's asynchronous invocations, and the ARNs where their records go (``""``: nowhere).

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
    """

    max_retries: int = 2
    max_age: int = 21600
    on_success: str = ""
    on_failure: str = ""
    dead_letter: str = ""


@dataclass(frozen=True, slots=True)
class Triggers:
    """All triggers of a project, and the settings of asynchronous invocations by function, where it has any."""

    every: tuple[AnyTrigger, ...] = ()
    asynchronous: Mapping[str, AsyncSettings] = field(default_factory=dict)

    def of_function(self, function: str) -> tuple[AnyTrigger, ...]:
        """Return the triggers that invoke a function."""
        return tuple(trigger for trigger in self.every if trigger.function == function)

    def async_settings(self, function: str) -> AsyncSettings:
        """Return the settings of a function's asynchronous invocations."""
        return self.asynchronous.get(function, AsyncSettings())


NO_TRIGGERS = Triggers()
