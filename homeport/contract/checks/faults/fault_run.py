"""The requests that are sent while DynamoDB fails: every operation meets each trouble, and what is there is read again.

Faults are those of the whole stack, and most of their time is a client's waiting between its attempts. So the requests
of a trouble are sent at once, and their answers serve all checks of a round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from homeport.contract.checks.changes import changed_body, send_write
from homeport.contract.checks.client import Answer
from homeport.contract.checks.faults.stored_changes import Changes, Keys, StoredItems, about, changes, counts
from homeport.contract.checks.faults.troubles import (
    Trouble,
    error_at,
    errors_for,
    lost,
    lost_in,
    lost_once,
    part_once,
)
from homeport.contract.checks.probes import Probe, Prober, ProbeTarget
from homeport.contract.checks.session import Session
from homeport.contract.checks.storage.stored_items import key_parts
from homeport.contract.stack.access import StackAccess, TracedCall
from homeport.project.model import effective_settings
from homeport.runtime.faults import BATCHES

_AT_ONCE = 8
# Requests whose first attempt alone is lost: the more, the rarer is a seed that does so.
_GROUP = 6
# With so many actions, each of the errors comes to one of them.
_MANY_ACTIONS = 5
# Calls of one request of which each fails once.
_MOST_CALLS = 6
# A function that waits longer than so many seconds for an answer is not made to wait in the first round.
_LONG = 12
_WRITES = frozenset(
    {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "ExecuteStatement"}
    | {"ExecuteTransaction", "BatchExecuteStatement"}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """An operation that calls DynamoDB. ``answer`` is that of a request that met no fault, ``calls`` are its calls.

    ``changed`` is what the request changed in the tables, ``counts`` by how much it changed numbers there.
    """

    target: ProbeTarget
    probe: Probe
    answer: Answer
    calls: tuple[TracedCall, ...]
    changed: Changes = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions of its calls, in order."""
        return tuple(call.action for call in self.calls)

    def first_actions(self, count: int) -> tuple[str, ...]:
        """Return its first ``count`` different actions."""
        return tuple(dict.fromkeys(self.actions))[:count]

    @property
    def writes(self) -> tuple[TracedCall, ...]:
        """Its calls that write."""
        return tuple(call for call in self.calls if call.action in _WRITES)

    @property
    def is_idempotent(self) -> bool:
        """The fact that a client may repeat it by itself: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2"""
        return self.target.operation.method in ("PUT", "DELETE")

    @property
    def works_with_what_is_there(self) -> bool:
        """The fact that it is a POST without a body: another request of the run may have used up what it needs."""
        return self.target.operation.method == "POST" and self.target.operation.body is None


@dataclass(frozen=True, slots=True)
class Observation:
    """A request that met a trouble. ``healthy`` is the answer to the same read just before it.

    ``after`` is the read after a write, ``again`` the answer to the same request once the trouble was over, and
    ``settled`` the read after that.
    ``changed`` is what the request changed in the tables, ``changed_by_both`` what it and its repetition did,
    ``counts`` by how much it changed numbers there; None where that was not looked at.
    """

    subject: Subject
    trouble: Trouble
    probe: Probe
    answer: Answer
    healthy: Answer | None = None
    after: Answer | None = None
    again: Answer | None = None
    settled: Answer | None = None
    changed: Changes | None = None
    changed_by_both: Changes | None = None
    counts: Counter[str] | None = None

    @property
    def code(self) -> str:
        """The error that the request met."""
        return self.trouble.code(self.subject.actions)

    def is_taken(self, name: str) -> bool:
        """Return whether a write without a fault gives a property the value that is sent."""
        sent, shown = self.subject.probe.body, self.subject.answer.json
        if not isinstance(shown, dict) or not isinstance(sent, dict):
            return True
        return name in sent and bool(shown.get(name) == sent[name])


def observe(session: Session) -> Sequence[Observation]:
    """Return what happened in this round's troubles; the first check that asks has the requests sent."""
    key = f"under-faults/{session.round}"
    if key not in session.shared:
        session.shared[key] = tuple(_FaultRun(session).run())
    found: Sequence[Observation] = session.shared[key]
    return found


class _FaultRun:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._access: StackAccess = session.access
        self._prober = Prober(session)
        self._tables = tuple(session.project.resources.tables)

    def run(self) -> Iterator[Observation]:
        subjects = list(self._subjects())
        actions = {action for subject in subjects for action in subject.actions}
        if not actions:
            return
        first = self._session.round * 2
        turns = (first,) if len(actions) >= _MANY_ACTIONS and not first else (first, first + 1)
        troubles = [errors_for(actions, number, retried=True) for number in turns]
        troubles += [errors_for(actions, number, retried=False) for number in (first, first + 1)]
        for trouble in troubles:
            yield from self._meet(trouble, subjects)
        yield from self._fail_later_calls(subjects, first)
        timely = [subject for subject in subjects if self._timeout(subject) <= _LONG or self._session.round]
        for subject in subjects:
            yield from self._take_in_parts(subject)
        yield from self._meet(lost(actions), timely)
        # The answer to a read is lost before anything is written.
        behind = [one for one in timely if one.is_idempotent and one.writes and one.actions[0] not in _WRITES]
        yield from self._meet(lost_in({call.action for one in behind for call in one.writes}), behind)
        for subject in subjects:
            yield from self._read_after_change(subject, errors_for(actions, first, retried=True))
        yield from self._lose_once([subject for subject in subjects if subject.writes], actions)
        for subject in subjects:
            if len(subject.writes) > 1:
                yield from self._break_each_call(subject)

    def _timeout(self, subject: Subject) -> float:
        project = self._session.project
        function = project.api.functions.get(subject.target.operation.function or "")
        return effective_settings(function, project.stage).timeout if function is not None else 0

    def _subjects(self) -> Iterator[Subject]:
        for target in self._prober.targets():
            if (subject := self._try(target)) is not None:
                yield subject

    def _try(self, target: ProbeTarget) -> Subject | None:
        for _ in range(2):
            probe = self._prober.prepare(target)
            if probe is None:
                return None
            before = self._read_tables() if target.is_write else {}
            answer = probe.send(self._session.client)
            if answer.ok:
                logged = self._access.find_log(answer.request_id)
                calls = logged.calls if logged is not None else ()
                if not calls:
                    return None
                after = self._read_tables() if target.is_write else {}
                return Subject(
                    target, probe, answer, calls, changes(before, after), counts(before, after, self._keys(calls))
                )
            self._prober.use_plain_bodies(target.operation)
        self._session.note_untested(f"{target.operation.route_key} is answered with {answer.status} without a fault")
        return None

    def _keys(self, calls: Sequence[TracedCall]) -> Keys:
        """Return the names of the tables' keys; none where the request only updates, which makes counters too."""
        if {call.action for call in calls} & _WRITES <= {"UpdateItem"}:
            return {}
        described = {table: key_parts(self._access.describe(table)) for table in self._tables}
        return {table: tuple(one.name for one in parts if not one.index) for table, parts in described.items()}

    def _read_tables(self) -> StoredItems:
        return {table: self._access.items(table) for table in self._tables}

    def _meet(self, trouble: Trouble, subjects: Sequence[Subject]) -> Iterator[Observation]:
        """Send a request of every operation while the trouble lasts, all at once, and read what is there afterwards."""
        client = self._session.client
        met = [subject for subject in subjects if trouble.code(subject.actions)]
        probes = [(subject, self._prober.prepare(subject.target)) for subject in met]
        ready = [(subject, probe) for subject, probe in probes if probe is not None]
        healthy = [None if one.target.is_write else probe.send(client) for one, probe in ready]
        with self._access.faults(*trouble.faults, seed=trouble.seed), ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = list(pool.map(lambda one: one[1].send(client), ready))
        for (subject, probe), before, answer in zip(ready, healthy, answers, strict=True):
            after, repeat = self._read(probe, answer), subject.is_idempotent and trouble.effect == "done"
            in_doubt = subject.works_with_what_is_there and answer.status == 409
            again = probe.send(client) if repeat or in_doubt or not subject.target.is_write else None
            last = self._read(probe, answer) if repeat else None
            yield Observation(subject, trouble, probe, answer, before, after, again, last)

    def _read(self, probe: Probe, answer: Answer) -> Answer | None:
        """Return the read of the resource that a write was about."""
        resource = probe.target.resource
        if not probe.target.is_write or resource.read is None:
            return None
        if probe.target.operation != resource.create:
            return self._session.read(resource, probe.made.path) if probe.made is not None else None
        shown = answer.json if answer.ok and isinstance(answer.json, dict) else {}
        identity = shown.get(resource.id_property, probe.id)
        if identity is None:
            return None
        return self._session.read(resource, {**probe.path, resource.id_parameter: identity})

    def _fail_later_calls(self, subjects: Sequence[Subject], number: int) -> Iterator[Observation]:
        """Have all actions fail but the first ones of a request: where those fail, it comes to no other call."""
        for count in range(1, _MOST_CALLS):
            longer = [subject for subject in subjects if len(set(subject.actions)) > count]
            for first in dict.fromkeys(subject.first_actions(count) for subject in longer):
                group = [subject for subject in longer if subject.first_actions(count) == first]
                later = {action for subject in group for action in subject.actions} - set(first)
                yield from self._meet(errors_for(later, number, retried=True), group)

    def _read_after_change(self, subject: Subject, trouble: Trouble) -> Iterator[Observation]:
        """Read a resource, change it, and read it again while every read fails: what was known before is no answer."""
        resource, client = subject.target.resource, self._session.client
        writer = resource.change or resource.replace
        probe = self._prober.prepare(subject.target) if writer is not None else None
        if subject.target.operation != resource.read or writer is None or probe is None or probe.made is None:
            return
        old = probe.send(client)
        body = changed_body(self._session, resource, writer, old.json, probe.made.path)
        written = send_write(self._session, resource, writer, probe.made.path, body)
        if not (old.ok and written.ok):
            return
        with self._access.faults(*trouble.faults, seed=trouble.seed):
            answer = probe.send(client)
        now = probe.send(client)
        yield Observation(subject, trouble, probe, answer, healthy=now, again=now)

    def _lose_once(self, subjects: Sequence[Subject], actions: set[str]) -> Iterator[Observation]:
        """Lose the first answer of each write: its second attempt finds what the first one did."""
        timely = [subject for subject in subjects if self._timeout(subject) <= _LONG]
        for group in (timely[start : start + _GROUP] for start in range(0, len(timely), _GROUP)):
            # Authorizers may count as requests of their own.
            requests = len(group) * (2 if self._session.project.api.authorizers else 1)
            trouble = lost_once(actions, requests, max(len(subject.calls) for subject in group))
            if trouble is not None:
                yield from self._follow(trouble, group)
            else:
                for subject in group:
                    alone = lost_once(actions, 2, len(subject.calls))
                    yield from self._follow(alone, [subject]) if alone is not None else ()

    def _follow(self, trouble: Trouble, group: Sequence[Subject], *, repeat: bool = False) -> Iterator[Observation]:
        """Send a request of each while the trouble lasts, and see what it stored; ``repeat`` it once that is over."""
        client = self._session.client
        probes = [(subject, self._prober.prepare(subject.target)) for subject in group]
        ready = [(subject, probe) for subject, probe in probes if probe is not None]
        before = self._read_tables()
        with self._access.faults(*trouble.faults, seed=trouble.seed), ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = list(pool.map(lambda one: one[1].send(client), ready))
        after = self._read_tables()
        for (subject, probe), answer in zip(ready, answers, strict=True):
            read = self._read(probe, answer)
            again = probe.send(client) if repeat else None
            last = self._read_tables() if repeat else after
            seen = Observation(subject, trouble, probe, answer, after=read, again=again)
            mark = "" if len(group) == 1 else self._mark(probe, answer)
            if mark is not None:
                old, new, final = (about(stored, mark) for stored in (before, after, last))
                both = changes(old, final)
                seen = replace(
                    seen,
                    changed=changes(old, new),
                    changed_by_both=both,
                    counts=counts(old, new, self._keys(subject.calls)),
                )
            yield seen

    def _mark(self, probe: Probe, answer: Answer) -> str | None:
        """Return the id that the items of a write have in them, None where it is not known."""
        shown = answer.json if answer.ok and isinstance(answer.json, dict) else {}
        found = probe.id if probe.id is not None else shown.get(probe.target.resource.id_property)
        return None if found is None else str(found)

    def _take_in_parts(self, subject: Subject) -> Iterator[Observation]:
        """Have the first batch of a request come in two parts: both together are the answer."""
        attempt = next((number for number, call in enumerate(subject.calls, 1) if call.action in BATCHES), 0)
        requests = 2 if self._session.project.api.authorizers else 1
        trouble = part_once(subject.actions, requests, attempt, len(subject.calls)) if attempt else None
        if trouble is not None and "BatchWriteItem" not in subject.actions:
            yield from self._meet(trouble, [subject])

    def _break_each_call(self, subject: Subject) -> Iterator[Observation]:
        for attempt in range(1, min(len(subject.calls), _MOST_CALLS) + 1):
            trouble = error_at(attempt, _MOST_CALLS + 2)
            if trouble is not None:
                yield from self._follow(trouble, [subject], repeat=True)
