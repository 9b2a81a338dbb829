"""``homeport replay`` and ``homeport parity``: send requests again, and compare the responses.

A replay compares one URL with the recording, parity two URLs with each other. Values that each side generates are
followed from its responses into the later requests. Generated requests of ``parity`` pass through a port here, which
sends each of them to both URLs, so that neither side has seen a request more than the other.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from homeport.contract.compare import (
    UUID,
    Difference,
    Replacements,
    compare_responses,
    find_replacements,
    markdown_table,
    replace_all,
    replace_in_body,
    replace_in_target,
)
from homeport.contract.created_resources import remove_created
from homeport.contract.fuzz.operations import collection_writes
from homeport.contract.fuzz.schemathesis_run import (
    CREATED,
    FuzzOptions,
    flavor_of,
    fuzz_command,
    hooks_environment,
    require_schemathesis,
    write_contract,
)
from homeport.contract.fuzz.schemathesis_settings import write_settings
from homeport.contract.har import HarError, from_har
from homeport.contract.http_exchange import (
    HttpExchange,
    api_target,
    check_base_url,
    parse_header_option,
    request_headers,
    send_exchange,
    target_below,
)
from homeport.contract.recording_proxy import RecordingProxy, end_to_end
from homeport.contract.remote_data import DataGuard, is_remote, report_left
from homeport.errors import HomeportError
from homeport.project.apis import choose_api
from homeport.project.external import load_called_project
from homeport.project.project import NO_INPUTS, Project, ProjectInputs
from homeport.recordings.redaction import MASK
from homeport.terminal import with_noun

_THROTTLED = 429
# A request that one side alone throttled is sent again there, after a second each time.
_TRIES = 5


class Side:
    """An API that requests are sent to: its base URL, and its own values for those of the requests."""

    def __init__(self, url: str, guard: DataGuard | None = None) -> None:
        self.url = url.rstrip("/")
        self.guard = guard
        self.values: Replacements = {}

    def send(self, exchange: HttpExchange, target: str) -> HttpExchange | None:
        """Send a request to ``target`` below the URL; return it with the response, None where the guard refuses it."""
        for value in exchange.notes.get("chosen", ()):
            self.values.setdefault(value, self._fresh(value))
        # Ids are ASCII; other text can't stand in a target.
        values = {old: new for old, new in self.values.items() if new.isascii()}
        body = replace_in_body(exchange.body.decode(errors="surrogateescape"), values)
        request = replace(
            exchange,
            url=replace_in_target(target, values),
            headers=tuple((name, replace_all(value, values)) for name, value in exchange.headers),
            body=body.encode(errors="surrogateescape"),
        )
        if self.guard is not None and not self.guard.allows(request.method, request.url, request.body):
            return None
        answered = send_exchange(request, self.url)
        if self.guard is not None:
            self.guard.note(answered)
        return answered

    def _fresh(self, recorded: str) -> str:
        """Return an id like the recorded one that nothing has yet."""
        made = uuid.uuid4()
        value = str(made) if UUID.fullmatch(recorded) else f"{recorded}-{made.hex[:8]}"
        if self.guard is not None:
            self.guard.invent(value)
        return value


def run_replay(options: argparse.Namespace) -> int:
    """Run ``homeport replay FILE --url``; the exit status is 0 if every response is as recorded."""
    headers = request_headers(options)
    exchanges = set_headers(read_archive(options.file), headers)
    guard = open_guard(options.project, options.stage, options.url, options.inputs, options.api)
    try:
        found = [each for _, each in replay_exchanges(exchanges, options.url, guard)]
    finally:
        # A run that is interrupted, or whose URL answers no more, removes what it made all the same.
        not_sent = _report_guards([guard], headers)
    sent = len(exchanges) - len(not_sent)
    if found:
        print("\n".join(markdown_table(found, "recorded", options.url)))
    else:
        every = sent == len(exchanges)
        print("every answer is as recorded" if every else f"{sent} of {len(exchanges)} calls were answered as recorded")
    return int(bool(found))


def run_parity(options: argparse.Namespace) -> int:
    """Run ``homeport parity URL_A URL_B``; the exit status is 0 if both answer alike."""
    guards = [
        open_guard(options.project, options.stage, url, options.inputs, options.api)
        for url in (options.first, options.second)
    ]
    try:
        if options.file:
            exchanges = read_archive(options.file)
            count, found = len(exchanges), list(compare_urls(exchanges, options.first, options.second, *guards))
        else:
            count, found = compare_generated(options, *guards)
    finally:
        not_sent = _report_guards(guards, ())
    count -= len(not_sent)
    lines = markdown_table(found, options.first, options.second)
    print("\n".join(lines) if found else f"{with_noun(count, 'call')}, answered alike")
    return int(bool(found))


def open_guard(
    project: Path, stage: str, url: str, inputs: ProjectInputs = NO_INPUTS, api: str | None = None
) -> DataGuard | None:
    """Return the guard for a URL, None for this machine's. Raises HomeportError."""
    if not is_remote(check_base_url(url)):
        return None
    try:
        found = choose_api(load_called_project(project.resolve(), stage, inputs=inputs), api)
    except HomeportError as error:
        message = f"{url} may hold others' data, and only the spec tells what may be changed there: {error}"
        raise HomeportError(message, "--project DIR") from None
    return DataGuard(found.api, url.rstrip("/"))


def _report_guards(guards: Iterable[DataGuard | None], headers: Sequence[str]) -> list[str]:
    """Remove what was created, and print what is left and what was not sent. Return the requests that were not sent."""
    not_sent = []
    for guard in filter(None, guards):
        report_left(guard.remove(headers))
        for line in guard.not_sent:
            print(f"homeport: not sent: {line}", file=sys.stderr)
        not_sent += guard.not_sent
    return not_sent


def read_archive(file: Path) -> tuple[HttpExchange, ...]:
    """Return the exchanges of a HAR file. Raises HarError."""
    try:
        return from_har(file.read_text())
    except OSError as error:
        raise HarError(f"{file} can't be read: {error.strerror}") from error


def set_headers(exchanges: Iterable[HttpExchange], headers: Sequence[str]) -> tuple[HttpExchange, ...]:
    """Return the exchanges with these request headers, ``NAME:VALUE``, instead of their own and of redacted ones.

    Prints on standard error which redacted headers have no replacement.
    """
    given = tuple(map(parse_header_option, headers))
    names = {name.lower() for name, _ in given}
    missing: dict[str, None] = {}
    changed = []
    for exchange in exchanges:
        redacted = [name for name, value in exchange.headers if MASK in value]
        missing.update(dict.fromkeys(name for name in redacted if name.lower() not in names))
        kept = tuple(pair for pair in exchange.headers if pair[0] not in redacted and pair[0].lower() not in names)
        changed.append(replace(exchange, headers=(*kept, *given)))
    if missing:
        what = ", ".join(missing)
        print(f"homeport: sent without {what}, whose values are not kept: give --token or -H", file=sys.stderr)
    return tuple(changed)


def replay_exchanges(
    exchanges: Iterable[HttpExchange], url: str, guard: DataGuard | None = None, *, among_others: bool = False
) -> Iterator[tuple[int, Difference]]:
    """Send the requests to ``url``; yield a request's number and in what its response differs from the recorded one.

    With ``among_others``, lists may hold more than they did.
    """
    side = Side(url, guard)
    for number, exchange in enumerate(exchanges):
        target = api_target(exchange, url)
        recorded = replace(exchange, base=exchange.base or exchange.url.removesuffix(target))
        current = side.send(recorded, target)
        if current is not None:
            found = compare_responses(recorded, current, side.values, among_others=among_others)
            yield from ((number, each) for each in found)
            side.values = {**find_replacements(recorded, current), **side.values}


def compare_urls(
    exchanges: Iterable[HttpExchange],
    first: str,
    second: str,
    first_guard: DataGuard | None = None,
    second_guard: DataGuard | None = None,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Difference]:
    """Send the requests to two URLs, with the ids that each generated; yield in what the responses differ.

    ``pause`` waits for the given seconds before a request that the second URL throttled is sent again.
    """
    one, pair = Side(first, first_guard), _Pair(Side(second, second_guard), pause)
    for exchange in exchanges:
        answered = one.send(exchange, api_target(exchange, first))
        if answered is not None:
            one.values |= find_replacements(exchange, answered)
            yield from pair.compare(answered)


class _Pair:
    """The second of two URLs, which gets what the first one has answered."""

    def __init__(self, second: Side, pause: Callable[[float], None] = time.sleep) -> None:
        self._second = second
        self._pause = pause

    def compare(self, first: HttpExchange) -> list[Difference]:
        """Send a request to the second URL, too, and compare the two responses."""
        if first.status == _THROTTLED:
            # It had no effect, so that it must have none on the other side.
            return []
        second = self._second.send(first, target_below(first.url, first.base))
        for _ in range(_TRIES):
            if second is None or second.status != _THROTTLED:
                break
            self._pause(1.0)
            second = self._second.send(first, target_below(first.url, first.base))
        if second is None:
            return []
        found = compare_responses(first, second, self._second.values)
        self._second.values |= find_replacements(first, second)
        return found


def compare_generated(
    options: argparse.Namespace, first_guard: DataGuard | None, second_guard: DataGuard | None
) -> tuple[int, list[Difference]]:
    """Have schemathesis make requests of the project's spec, and send each to both URLs.

    Returns how many there were, and the differences.
    """
    require_schemathesis()
    read = load_called_project(options.project.resolve(), options.stage, inputs=options.inputs)
    project: Project = choose_api(read, options.api)
    guarded = first_guard is not None or second_guard is not None
    first = options.first.rstrip("/")
    parts = urlsplit(first)
    origin = f"{parts.scheme}://{parts.netloc}"
    pair, found, errors = _Pair(Side(options.second, second_guard)), list[Difference](), list[HomeportError]()
    count, one_at_a_time = 0, threading.Lock()

    def compare(exchange: HttpExchange) -> None:
        nonlocal count
        target = exchange.url.removeprefix(exchange.base)
        answered = replace(exchange, url=origin + target, base=first, headers=end_to_end(exchange.headers))
        with one_at_a_time:
            count += 1
            try:
                found.extend(pair.compare(answered) if not errors else ())
            except HomeportError as error:
                errors.append(error)

    with tempfile.TemporaryDirectory(prefix="homeport-") as folder, RecordingProxy(0, origin, compare) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        fuzz_options = FuzzOptions(
            report=Path(folder),
            flavor=flavor_of(project),
            seed=options.seed,
            max_examples=options.max_examples,
            excluded=collection_writes(project.api),
            guarded=guarded,
            spec=write_contract(project, Path(folder)),
        )
        created = Path(folder) / CREATED
        settings = write_settings(project.root, Path(folder))
        try:
            subprocess.run(
                fuzz_command(project.root, f"{proxy.url}{parts.path}", fuzz_options, settings),
                env=hooks_environment(project.root, flavor_of(project), str(created) if guarded else ""),
                stdout=subprocess.DEVNULL,
                check=False,
            )
        finally:
            proxy.shutdown()
            report_left(remove_created(project.api, created, first, ()) if guarded else ())
    if errors:
        raise errors[0]
    return count, found
