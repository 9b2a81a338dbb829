"""The calls of one environment to other services than DynamoDB: permissions, faults and the trace.

The decisions are those of ``homeport/runtime/worker/``, which functions of Python meet in their own process.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.permissions.role import Role
from homeport.permissions.services.place import ServicePlace
from homeport.runtime.api import AwsServiceCall
from homeport.runtime.front.aws_request import AwsRequest
from homeport.runtime.front.replies import FrontReply
from homeport.runtime.front.service_call import service_call
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.worker.faults import FaultInjector, NoAnswer
from homeport.runtime.worker.service_answer import ServiceErrorAnswer
from homeport.runtime.worker.service_authorization import authorize_service
from homeport.runtime.worker.service_trace import SentServiceCall, ServiceTrace
from homeport.runtime.worker.trace import Check

# The error that botocore raises for a response that does not come.
_NO_RESPONSE = "ReadTimeoutError"
_XML_ID = re.compile(rb"<MessageId>([^<]+)</MessageId>")
_XML_CODE = re.compile(rb"<Code>([^<]{1,200})</Code>")
# Characters of an answer that may have ids or a code: those of S3 have an object in them.
_LOOKED_AT = 1 << 20
_REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id")


@dataclass(frozen=True, slots=True)
class _Asked:
    sent: SentServiceCall
    actions: tuple[str, ...]
    protocol: str
    denial: ServiceErrorAnswer | None


class FrontServiceCalls:
    """The calls to services of an environment. Safe for any number of threads.

    ``note`` keeps permission checks, and ``faults`` are the environment's.
    """

    def __init__(
        self, config: FunctionConfig, role: Role, faults: FaultInjector, note: Callable[[tuple[Check, ...]], None]
    ) -> None:
        self._config, self._role, self._faults, self._note = config, role, faults, note
        self._trace = ServiceTrace() if config.traced else None
        self._lock = threading.Lock()
        self._unanswered: dict[int, SentServiceCall] = {}

    def answer(self, request: AwsRequest, pass_on: Callable[[], FrontReply]) -> FrontReply | None:
        """Return the reply to a request, None: there is none, and ``end_unanswered`` is to be called."""
        asked = self._ask(request)
        if asked.denial is not None:
            return self._end(asked.sent, FrontReply(*asked.denial.encode(asked.protocol)))
        outcome = self._faults.apply_service(asked.sent.service, asked.sent.operation, asked.actions)
        if isinstance(outcome, ServiceErrorAnswer):
            return self._end(asked.sent, FrontReply(*outcome.encode(asked.protocol)))
        if isinstance(outcome, NoAnswer):
            if outcome.done:
                pass_on()
            with self._lock:
                self._unanswered[id(request)] = asked.sent
            return None
        return self._end(asked.sent, pass_on())

    def end_unanswered(self, request: AwsRequest) -> None:
        """Record that the function does not wait any more for a reply that never comes."""
        with self._lock:
            sent = self._unanswered.pop(id(request), None)
            if sent is not None and self._trace is not None:
                self._trace.end(sent, {}, None, _NO_RESPONSE)

    def take(self) -> list[AwsServiceCall]:
        """Return the traced calls since the last one, with those that will never be answered."""
        with self._lock:
            if self._trace is None:
                return []
            for sent in self._unanswered.values():
                self._trace.end(sent, {}, None, _NO_RESPONSE)
            self._unanswered.clear()
            return list(map(AwsServiceCall.from_trace, self._trace.take()))

    def _ask(self, request: AwsRequest) -> _Asked:
        ticking = self._trace or ServiceTrace()
        found = service_call(request)
        if found is None:
            # Nothing is known of its permissions, but it is shown, and a fault of the whole service meets it.
            sent = ticking.begin(request.service, request.operation, (), {})
            return _Asked(sent, (), "rest-json", None)
        account = self._config.principal.split(":")[4]
        region = request.region or self._config.environment.get("AWS_REGION", "")
        place = ServicePlace(region, account, self._config.arns)
        decided = authorize_service(self._role, found.service, found.operation, found.parameters, place)
        self._note(tuple(decided.checks))
        sent = ticking.begin(found.service, found.operation, decided.checks, found.parameters)
        return _Asked(sent, tuple(action for action, _, _ in decided.checks), found.protocol, decided.denial)

    def _end(self, sent: SentServiceCall, reply: FrontReply) -> FrontReply:
        if self._trace is not None:
            response, error = read_answer(reply)
            with self._lock:
                self._trace.end(sent, response, reply.status, error)
        return reply


def read_answer(reply: FrontReply) -> tuple[Mapping[str, Any], str | None]:
    """Return the parts of an answer that tell what a call made, as botocore has them, and the code of an error."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    request_id = next((headers[name] for name in _REQUEST_IDS if name in headers), "")
    content = reply.content() if len(reply.body) <= _LOOKED_AT else {}
    if reply.status >= 300:
        named = headers.get("x-amzn-errortype") or content.get("__type") or content.get("code")
        found = _XML_CODE.search(reply.body)
        code = str(named).partition(":")[0].rpartition("#")[2] if named else found[1].decode() if found else ""
        return {}, code or str(reply.status)
    ids = [each.decode() for each in _XML_ID.findall(reply.body[:_LOOKED_AT])] if not content else []
    listed = {"MessageId": ids[0], "Successful": [{"MessageId": each} for each in ids]} if ids else {}
    return {**listed, **content, "ResponseMetadata": {"RequestId": request_id}}, None
