"""The faults that a person has at hand in the inspector: those that are on, and those that were and can be again."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from homeport.project.model import Resources
from homeport.runtime.fault_socket import read_faults, send_faults
from homeport.runtime.faults import Faults, check_faults, parse_fault


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault as ``--fault`` has it, and whether it is on."""

    text: str
    on: bool


class FaultBoard:
    """Speaks to the gateway that listens at ``switch``; that one knows what is on, whoever switched it."""

    def __init__(self, switch: Path) -> None:
        self._switch = switch
        self._lock = threading.Lock()
        self._known: list[str] = []

    def rules(self) -> tuple[Rule, ...]:
        """All that are known, in the order in which they came. Raises FaultSocketError."""
        with self._lock:
            return self._rules()

    def turn(self, text: str, on: bool, resources: Resources) -> None:
        """Switch a fault, new or known. Raises HomeportError for what is none, or has a table that is not there."""
        check_faults(Faults((parse_fault(text),)), resources)
        with self._lock:
            texts = [rule.text for rule in self._rules() if rule.on and rule.text != text]
            send_faults(self._switch, [*texts, text] if on else texts, read_faults(self._switch).seed)
            self._known += [] if text in self._known else [text]

    def forget(self, text: str) -> None:
        """Switch a fault off and know it no more. Raises FaultSocketError."""
        with self._lock:
            texts = [rule.text for rule in self._rules() if rule.on and rule.text != text]
            send_faults(self._switch, texts, read_faults(self._switch).seed)
            self._known = [known for known in self._known if known != text]

    def _rules(self) -> tuple[Rule, ...]:
        active = [fault.text for fault in read_faults(self._switch).faults]
        self._known += [text for text in dict.fromkeys(active) if text not in self._known]
        return tuple(Rule(text, text in active) for text in self._known)
