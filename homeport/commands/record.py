"""``homeport record``: write exchanges to an HTTP Archive, from the local stack or from an API anywhere."""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from homeport.commands.arguments import port
from homeport.environment import state_dir
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.contract.har import HarFile
    from homeport.contract.http_exchange import HttpExchange
    from homeport.recordings.redaction import CredentialNames
    from homeport.recordings.store import RecordingFilter, Recordings

_PAUSE = 0.2
# A running stack has stored a request in its database after so many seconds.
STORE_DELAY = 0.7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add its options, except ``--project`` and ``--stage``."""
    parser.add_argument("--out", default="exchanges.har", metavar="FILE|-", help="the archive (default: %(default)s)")
    parser.add_argument("--url", help="record what is asked of this base URL, through a port here")
    parser.add_argument("--port", type=port, default=0, help="that port (default: a free one)")
    parser.add_argument("--keep-secrets", action="store_true", help="with --url: keep credentials as they are")
    parser.add_argument("--last", type=_count, metavar="N", help="only the last N of what homeport dev recorded")
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    add_filter_arguments(parser)


def add_filter_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that select recordings."""
    parser.add_argument("--filter", default="", metavar="TEXT", help="only exchanges with this text")
    parser.add_argument("--method", default="", help="only those of this method")
    parser.add_argument("--status", default="", metavar="404|4xx", help="only those answered so")
    parser.add_argument("--operation", default="", metavar="ID", help="only those of this operation")


def run(options: argparse.Namespace) -> int:
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
    from homeport.project.load import load_project
    from homeport.recordings.redaction import CredentialNames, credential_names

    with contextlib.suppress(HomeportError):
        return credential_names(load_project(options.project.resolve(), options.stage))
    return CredentialNames()


def open_recordings(project: Path) -> Recordings:
    """Return the recordings of a project, with those of the requests that a running ``homeport dev`` just answered."""
    from homeport.child_process import DATABASE
    from homeport.dev.running_instance import find_running_instance
    from homeport.recordings.store import Recordings

    root = project.resolve()
    if find_running_instance(root) is not None:
        time.sleep(STORE_DELAY)
    return Recordings(state_dir(root) / DATABASE)


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


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
