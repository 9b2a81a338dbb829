"""The page ``/faults``: faults of DynamoDB and of other services, switched on and off while the API runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.aws.services import used_services
from homeport.errors import HomeportError
from homeport.inspector.site_context import SiteContext
from homeport.project.model import Resources
from homeport.runtime.control import read_faults, send_faults
from homeport.runtime.faults import ACTIONS, Faults, check_faults, parse_fault
from homeport.runtime.service_errors import SERVICE_KINDS

# The most frequent kinds of faults; the page takes any other as text.
_KINDS = (
    "ProvisionedThroughputExceeded",
    "ThrottlingException",
    "InternalServerError",
    "ServiceUnavailable",
    "TransactionCanceled",
    "latency:200ms",
    "latency:2s",
    "timeout",
    "lost",
    "unprocessed",
    "page:1",
)


_SERVICE_KINDS = (*SERVICE_KINDS, "latency:200ms", "latency:2s", "timeout", "lost")
# The operations that functions call most; the page takes any other as text.
_OPERATIONS = {
    "s3": ("GetObject", "PutObject", "DeleteObject", "ListObjectsV2", "HeadObject"),
    "sqs": ("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage"),
    "sns": ("Publish", "PublishBatch"),
    "events": ("PutEvents",),
    "ssm": ("GetParameter", "GetParameters", "GetParametersByPath"),
    "secretsmanager": ("GetSecretValue",),
    "states": ("StartExecution", "StartSyncExecution", "SendTaskSuccess"),
    "kinesis": ("PutRecord", "PutRecords"),
    "ses": ("SendEmail", "SendRawEmail"),
    "cognito-idp": ("InitiateAuth", "AdminInitiateAuth", "SignUp", "AdminGetUser"),
    "kms": ("Decrypt", "Encrypt", "GenerateDataKey"),
    "sts": ("AssumeRole", "GetCallerIdentity"),
    "cloudwatch": ("PutMetricData",),
    "lambda": ("Invoke",),
}


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A fault as ``--fault`` has it, and whether it is on."""

    text: str
    on: bool


class FaultBoard:
    """The faults that were switched on so far. The gateway, at the socket ``switch``, knows which of them are on."""

    def __init__(self, switch: Path) -> None:
        self._switch = switch
        self._lock = threading.Lock()
        self._known: list[str] = []

    def rules(self) -> tuple[FaultRule, ...]:
        """Return all that are known, in the order in which they came. Raises ControlError."""
        with self._lock:
            return self._rules()

    def switch(self, text: str, on: bool, resources: Resources) -> None:
        """Switch a fault, new or known. Raises HomeportError for text that is no fault, or for an unknown table."""
        check_faults(Faults((parse_fault(text),)), resources)
        with self._lock:
            texts = [rule.text for rule in self._rules() if rule.on and rule.text != text]
            send_faults(self._switch, [*texts, text] if on else texts, read_faults(self._switch).seed)
            self._known += [] if text in self._known else [text]

    def forget(self, text: str) -> None:
        """Switch a fault off and drop it from the known ones. Raises ControlError."""
        with self._lock:
            texts = [rule.text for rule in self._rules() if rule.on and rule.text != text]
            send_faults(self._switch, texts, read_faults(self._switch).seed)
            self._known = [known for known in self._known if known != text]

    def switch_all_off(self) -> None:
        """Switch every fault off; they stay known. Raises ControlError."""
        with self._lock:
            self._rules()
            send_faults(self._switch, [], read_faults(self._switch).seed)

    def _rules(self) -> tuple[FaultRule, ...]:
        active = [fault.text for fault in read_faults(self._switch).faults]
        self._known += [text for text in dict.fromkeys(active) if text not in self._known]
        return tuple(FaultRule(text, text in active) for text in self._known)


def blueprint(site: SiteContext) -> Blueprint:
    """Return the page ``/faults``."""
    pages, board = Blueprint("faults", __name__), FaultBoard(site.control)

    @pages.get("/faults")
    def show() -> str:
        places = list(_places(site.projects.current().resources))
        used = [name for name in used_services(site.projects.current()) if name in _OPERATIONS]
        return render_template(
            "faults.html",
            rules=board.rules(),
            places=places,
            actions=ACTIONS,
            kinds=_KINDS,
            services={name: _OPERATIONS[name] for name in used},
            service_kinds=_SERVICE_KINDS,
        )

    @pages.post("/faults")
    def switch() -> Any:
        sent = request.get_json()
        board.switch(_text(sent), sent.get("on") is True, site.projects.current().resources)
        return jsonify(done=True)

    @pages.delete("/faults")
    def forget() -> Any:
        sent = request.get_json()
        if isinstance(sent, dict) and sent.get("every") is True:
            board.switch_all_off()
        else:
            board.forget(_text(sent))
        return jsonify(done=True)

    return pages


def _places(resources: Resources) -> Iterator[str]:
    for name, table in resources.tables.items():
        # In the name of a nested stack's table (Storage.ItemsTable) the last part would be read as an action.
        yield f"{name}.*" if "." in name else name
        yield from (f"{name}/{index}" for index in table.indexes)


def _text(sent: Any) -> str:
    if not isinstance(sent, dict) or not isinstance(sent.get("text"), str):
        raise HomeportError("this names no fault", "give it as homeport dev --fault has it")
    return str(sent["text"])
