"""``homeport record``, ``export`` and ``save-test``: what was recorded, and the API, as other tools read them."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from homeport.commands.arguments import add_api, choose_dev, count, port, read_chosen_project
from homeport.environment import state_dir
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.contract.har import HarFile
    from homeport.contract.http_exchange import HttpExchange
    from homeport.recordings.recording import RecordedInvocation, Recording
    from homeport.recordings.redaction import CredentialNames
    from homeport.recordings.store import RecordingFilter, Recordings

TESTS = Path("tests", "contract")
_DASHED = re.compile(r"-[A-Za-z0-9_][A-Za-z0-9_-]{2,}=?")
_PAUSE = 0.2
# So many requests before a recorded one are looked at for what its test needs.
EARLIER = 2000
# A running stack has stored a request in its database after so many seconds.
STORE_DELAY = 0.7


def add_record_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport record``."""
    parser.add_argument("--out", default="exchanges.har", metavar="FILE|-", help="the archive (default: %(default)s)")
    parser.add_argument("--url", help="record what is asked of this base URL, through a port here")
    parser.add_argument("--port", type=port, default=0, help="that port (default: a free one)")
    parser.add_argument("--keep-secrets", action="store_true", help="with --url: keep credentials as they are")
    parser.add_argument("--last", type=count, metavar="N", help="only the last N of what homeport dev recorded")
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    add_filter_arguments(parser)


def add_filter_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that select recordings."""
    parser.add_argument("--filter", default="", metavar="TEXT", help="only exchanges with this text")
    parser.add_argument("--method", default="", help="only those of this method")
    parser.add_argument("--status", default="", metavar="404|4xx", help="only those answered so")
    parser.add_argument("--operation", default="", metavar="ID", help="only those of this operation")


def run_record(options: argparse.Namespace) -> int:
    """Write an archive. Raises HomeportError."""
    _interrupt_at_sigterm()
    if options.url is not None:
        return _record_through_proxy(options)
    if options.keep_secrets:
        raise HomeportError("homeport dev keeps no secrets, so there are none to keep", "leave --keep-secrets out")
    return _from_recordings(options)


def _from_recordings(options: argparse.Namespace) -> int:
    recordings, wanted = open_recordings(options.project), _filter(options)
    if recordings.newest() == 0 and not options.follow:
        raise HomeportError("nothing has been recorded yet", "start homeport dev, and send it a request")
    newest = recordings.newest()
    # With --follow, earlier exchanges count only if --last asks for them.
    earlier = options.last if options.last is not None else 0 if options.follow else None
    left_out = 0
    with open_archive(options.out) as archive:
        left_out += add_recordings(archive, recordings, wanted, 0, earlier)
        if options.follow:
            _print(f"recording into {options.out}, Ctrl-C ends it")
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    time.sleep(_PAUSE)
                    until = recordings.newest()
                    left_out += add_recordings(archive, recordings, wanted, newest, None) if until > newest else 0
                    newest = max(newest, until)
        if left_out:
            _print(f"left out {left_out} whose bodies were too large to be kept whole")
        _print(f"kept {archive.count} exchanges in {options.out}")
    return 0


def add_recordings(
    archive: HarFile, recordings: Recordings, wanted: RecordingFilter, after: int, last: int | None
) -> int:
    """Add recordings to an archive; return how many could not be added, as their bodies are clipped."""
    from homeport.contract.har import exchange_of, is_whole

    left_out = 0
    for recording in recordings.select(wanted, after=after, last=last):
        if is_whole(recording):
            archive.add(exchange_of(recording))
        else:
            left_out += 1
    return left_out


def _record_through_proxy(options: argparse.Namespace) -> int:
    from homeport.contract.har import decompress_exchange, redact_exchange
    from homeport.contract.recording_proxy import RecordingProxy

    if urlsplit(options.url).scheme not in ("http", "https") or not urlsplit(options.url).hostname:
        raise HomeportError(f"{options.url!r} is no http or https URL", "give the API's base URL")
    names = _credential_names(options)
    writing = threading.Lock()
    with open_archive(options.out) as archive:

        def add(made: HttpExchange) -> None:
            plain = decompress_exchange(made)
            with writing:
                archive.add(plain if options.keep_secrets else redact_exchange(plain, names))
                _print(f"{made.status} {made.duration_ms:>8.1f} ms {made.method:<6} {made.url.removeprefix(made.base)}")

        try:
            server = RecordingProxy(options.port, options.url, add)
        except OSError as error:
            raise HomeportError(f"port {options.port} can't be had: {error.strerror}", "give another --port") from None
        with server:
            _print(f"recording {options.url} at {server.url} into {options.out}, Ctrl-C ends it")
            with contextlib.suppress(KeyboardInterrupt):
                server.serve_forever(_PAUSE)
        with writing:
            _print(f"kept {archive.count} exchanges in {options.out}")
    return 0


def _credential_names(options: argparse.Namespace) -> CredentialNames:
    """Return the names for credentials of the project here, if there is one."""
    from homeport.recordings.redaction import CredentialNames, credential_names

    with contextlib.suppress(HomeportError):
        return credential_names(read_chosen_project(options, options.stage))
    return CredentialNames()


def open_recordings(project: Path) -> Recordings:
    """Return the recordings of a project, with those of the requests that a running ``homeport dev`` just answered."""
    from homeport.child_process import DATABASE
    from homeport.dev.running_instance import running_instances
    from homeport.recordings.store import Recordings

    root = project.resolve()
    if running_instances(root):
        time.sleep(STORE_DELAY)
    return Recordings(state_dir(root) / DATABASE)


def recorded_runs(project: Path) -> Iterator[RecordedInvocation]:
    """Yield the recorded invocations of a project that no request waited for."""
    from homeport.child_process import DATABASE
    from homeport.recordings.run_store import Runs

    yield from Runs(state_dir(project.resolve()) / DATABASE).invocations()


def _some_recordings(project: Path) -> Recordings:
    recordings = open_recordings(project)
    if recordings.newest() == 0:
        raise HomeportError("nothing has been recorded yet", "start homeport dev, and send it a request")
    return recordings


def _filter(options: argparse.Namespace) -> RecordingFilter:
    from homeport.recordings.store import RecordingFilter

    return RecordingFilter(options.filter, options.method, options.status, options.operation)


@contextlib.contextmanager
def open_archive(out: str) -> Iterator[HarFile]:
    """Open an archive in a file, ``-``: on standard output. Raises HomeportError."""
    from homeport.contract.har import HarFile

    if out == "-":
        buffer = io.StringIO()
        yield HarFile(buffer)
        sys.stdout.write(buffer.getvalue())
        return
    try:
        with Path(out).open("w", encoding="ascii", newline="\n") as file:
            yield HarFile(file)
    except OSError as error:
        raise HomeportError(f"{out} can't be written: {error.strerror}", "give another --out") from None


def _interrupt_at_sigterm() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport export``."""
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--openapi", action="store_const", const="openapi", dest="kind", help="the spec, as plain JSON")
    kind.add_argument(
        "--postman", action="store_const", const="postman", dest="kind", help="a Postman collection (v2.1)"
    )
    kind.add_argument("--har", action="store_const", const="har", dest="kind", help="the recorded requests (HAR 1.2)")
    parser.add_argument("--out", default="-", metavar="FILE|-", help="where it goes (default: standard output)")
    add_api(parser)


def run_export(options: argparse.Namespace) -> int:
    """Write the export. Raises HomeportError."""
    if options.kind == "har":
        return _export_archive(options)
    from homeport.contract.postman import postman_collection
    from homeport.project.apis import choose_api
    from homeport.project.openapi.extensions import contract_document

    dev = choose_dev(options)
    project = choose_api(read_chosen_project(options, options.stage), options.api)
    url = (dev.apis.get(project.api.name) or dev.url) if dev else None
    if dev is not None:
        _print(f"homeport: the URL is that of homeport dev, {dev}")
    made = postman_collection(project, url) if options.kind == "postman" else contract_document(project, url)
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if options.out == "-":
        sys.stdout.write(text)
    else:
        _write_text(Path(options.out), text)
    return 0


def _export_archive(options: argparse.Namespace) -> int:
    from homeport.recordings.store import RecordingFilter

    recordings = _some_recordings(options.project)
    with open_archive(options.out) as archive:
        left_out = add_recordings(archive, recordings, RecordingFilter(), 0, None)
    if left_out:
        _print(f"left out {left_out} whose bodies were too large to be kept whole")
    return 0


def _write_text(file: Path, text: str, *, parents: bool = False) -> None:
    try:
        if parents:
            file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HomeportError(f"{file} can't be written: {error.strerror}", "give another --out") from None


def add_save_test_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport save-test``."""
    parser.add_argument("id", metavar="ID", help="a request id, or its beginning, as homeport dev shows it")
    parser.add_argument("--out", metavar="FILE", type=Path, help=f"the test (default: a file in {TESTS})")
    parser.add_argument("--name", default="", help="the test's name, and its file's (default: by operation and status)")
    parser.add_argument(
        "--check",
        choices=("response", "body", "status"),
        default="response",
        help="what must be as recorded: status, headers and body, status and body, or the status (%(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def protect_ids(arguments: Sequence[str]) -> list[str]:
    """Return the words of a command line with an id that begins with a dash, as ids may, after ``--``."""
    if arguments[:1] != ["save-test"] or "--" in arguments:
        return list(arguments)
    ids = [word for word in arguments if _DASHED.fullmatch(word)]
    return [*(word for word in arguments if word not in ids), *(["--", *ids] if ids else [])]


def run_save_test(options: argparse.Namespace) -> int:
    """Write the test and print its file. Raises HomeportError."""
    from homeport.contract.save_test import chosen_name, find_steps, name_of_test, render

    recordings = _some_recordings(options.project)
    recording = recordings.get(options.id)
    name = chosen_name(options.name) if options.name else name_of_test(recording)
    made = f"{name}.py" if options.name else f"{name}_{_file_name(recording.summary.id)}.py"
    file: Path = options.out or options.project / TESTS / made
    if file.exists() and not options.force:
        raise HomeportError(f"{file} is there already", "give another name, or --force")
    project = read_chosen_project(options, options.stage)
    api = next((each for each in project.every_api if each.api.name == recording.summary.api), project).api
    steps = find_steps(recording, _earlier(options.project, recordings, recording), api)
    text, archive = render(recording, steps, name, options.check)
    _write_text(file, text, parents=True)
    _write_text(file.with_suffix(".har"), archive)
    print(file)
    return 0


def _earlier(project: Path, recordings: Recordings, recording: Recording) -> list[Recording]:
    """Return the recordings before one that its answer may depend on, the latest first."""
    from homeport.dev.running_instance import running_instances

    port = urlsplit(recording.base).port
    seeds = [dev.seeded_at or 0.0 for dev in running_instances(project.resolve()) if urlsplit(dev.url).port == port]
    # Tables without kept data began again when their homeport dev did.
    since = max((at for at in seeds if at <= recording.summary.received), default=0.0)
    found = list(recordings.before(recording, EARLIER))
    if len(found) == EARLIER and found[-1].summary.received >= since:
        _print(f"homeport: only the {EARLIER} requests before it were looked at: the test fails if it needs older ones")
    return [each for each in found if each.summary.received >= since]


def _file_name(id: str) -> str:
    return "".join(letter for letter in id if letter.isalnum())[:8].lower()


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
