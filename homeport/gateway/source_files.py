"""The source files of a project, followed so closely that each request finds the changes that were made before it.

On Linux, inotify queues an event before the system call that causes it returns: a request that is sent after a save
finds the event. It has none for changes that another system makes. Elsewhere, and for files that another system can
change, the files' stamps are compared at each request, which takes longer.
https://man7.org/linux/man-pages/man7/inotify.7.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import select
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from homeport.project.source_places import OWN_PLACES, SourcePlaces, relative_place

# Filesystems that another system can change: shared folders of WSL, of virtual machines and containers, of networks.
_SHARED = re.compile(r"9p|afs|ceph|cifs|drvfs|fakeowner|fuse(\..*)?|nfs4?|prl_fs|smb3?|smbfs|vboxsf|virtiofs|vmhgfs")
_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")

# Modification time in nanoseconds, size and inode.
Stamp = tuple[int, int, int]

_MODIFY, _CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x2, 0x8, 0x40, 0x80, 0x100, 0x200
_Q_OVERFLOW, _ISDIR = 0x4000, 0x40000000
_ALL = _MODIFY | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_EVENT = struct.Struct("iIII")
# Stands for the files whose events were lost.
_UNKNOWN = Path("openapi.yaml")
# Seconds in which a file that was moved away or deleted may get a successor: so some editors save.
_LONGEST_GAP = 0.2


def linked_files(root: Path, places: SourcePlaces = OWN_PLACES) -> dict[Path, Path]:
    """Return the single files that are links, by their targets: the changes happen there."""
    links = {name: root / name for name in places.files}
    return {link.resolve(): Path(name) for name, link in links.items() if link.is_symlink()}


def find_source_file(
    path: Path, root: Path, links: Mapping[Path, Path], places: SourcePlaces = OWN_PLACES
) -> Path | None:
    """Return a file's path in the project, None for one that is no source file. ``links`` are ``linked_files``."""
    file = links.get(path) or relative_place(root, path)
    return file if places.has(file) else None


def is_shared(root: Path, mounts: str, folders: Iterable[str] = OWN_PLACES.folders) -> bool:
    """Return whether another system can change the source files below ``root``, by the text of mountinfo.

    https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    """
    types = {}
    for line in mounts.splitlines():
        place, _, described = line.partition(" - ")
        point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), place.split()[4])
        types[Path(point)] = described.split()[0]
    places = [root.resolve(), *((root / name).resolve() for name in folders)]
    mounted = (next((types[at] for at in (place, *place.parents) if at in types), "") for place in places)
    return any(_SHARED.fullmatch(kind) for kind in mounted)


class FileChanges(NamedTuple):
    """The files that changed, relative to the project. ``only_contents``: none of them was added or removed."""

    files: frozenset[Path]
    only_contents: bool


class SourceFiles:
    """The source files of the project in ``root``, at ``places``.

    Without ``follow`` no request looks at them. ``inotify`` is whether to use it, None: where it reports every change.
    ``longest_write`` is the number of seconds that a file which is open for writing is waited for.
    """

    def __init__(
        self,
        root: Path,
        *,
        places: SourcePlaces = OWN_PLACES,
        follow: bool = True,
        inotify: bool | None = None,
        longest_write: float = 2.0,
    ) -> None:
        self._root, self._places = root, places
        if inotify is None:
            inotify = sys.platform == "linux" and not is_shared(
                root, _MOUNTS.read_text(errors="surrogateescape"), places.folders
            )
        self._links: Mapping[Path, Path] = {}
        self._lock = threading.Lock()
        self._taking_up = False
        self._events = _open_inotify(longest_write) if follow and inotify else None
        self._follow = follow
        self._stamps = self._scan()

    def look_at(self, places: SourcePlaces) -> None:
        """Follow the files at other places: before the first request, or inside ``taking_up``."""
        if places != self._places:
            self._places = places
            self._stamps = self._scan()

    def may_have_changed(self) -> bool:
        """Return whether a file has changed since the last ``taking_up``, or one is in progress."""
        # In this order: events are taken, and stamps replaced, only while ``_taking_up`` is set.
        if self._events is not None:
            return self._events.is_waiting() or self._taking_up
        return self._follow and (self._scan() != self._stamps or self._taking_up)

    @contextmanager
    def taking_up(self) -> Iterator[FileChanges]:
        """Give the files that changed since the last time, once they are whole.

        Until the end of the block, other threads that enter it wait.
        """
        with self._lock:
            self._taking_up = True
            try:
                changed = self._events.take(self._relative) if self._events is not None else set()
                before, self._stamps = self._stamps, self._scan()
                changed |= {file for file, _ in before.items() ^ self._stamps.items()}
                yield FileChanges(frozenset(changed), before.keys() == self._stamps.keys())
            finally:
                self._taking_up = False

    def _relative(self, path: Path) -> Path | None:
        return find_source_file(path, self._root, self._links, self._places)

    def _scan(self) -> dict[Path, Stamp]:
        """Return the stamps of all files, and have inotify watch all folders."""
        self._links = linked_files(self._root, self._places)
        paths = [self._root / name for name in self._places.files]
        for folder in {self._root, *(file.parent for file in (*self._links, *paths))}:
            self._watch(folder)
        for folder in self._places.subfolders(self._root):
            # Watched before it is read: a file that is made in between is found by one or the other.
            self._watch(folder)
            with suppress(OSError):
                paths += [Path(entry.path) for entry in os.scandir(folder)]
        stamps = {}
        for path in paths:
            file = relative_place(self._root, path)
            if self._places.has(file) and (stamp := _stamp_of(path)) is not None:
                stamps[file] = stamp
        return stamps

    def _watch(self, folder: Path) -> None:
        if self._events is not None and not self._events.watch(folder):
            self._events = None


def _stamp_of(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if path.is_file() else None


class _Inotify:
    """The changes of folders' files, which the kernel reports on a descriptor."""

    def __init__(self, descriptor: int, longest_write: float) -> None:
        # A call through PyDLL keeps the GIL: it takes a microsecond, and giving the GIL away takes longer.
        self._libc = ctypes.PyDLL(None, use_errno=True)
        self._descriptor, self._longest_write = descriptor, longest_write
        self._folders: dict[int, Path] = {}
        self._unfinished: dict[Path, float] = {}

    def watch(self, folder: Path) -> bool:
        """Report the changes of a folder's files, if it is there; return False where this user may watch no more."""
        watch = self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _ALL)
        if watch >= 0:
            self._folders[watch] = folder
        return watch >= 0 or ctypes.get_errno() != errno.ENOSPC

    def is_waiting(self) -> bool:
        """Return whether there are events that were not taken."""
        size = ctypes.c_int()
        self._libc.ioctl(self._descriptor, termios.FIONREAD, ctypes.byref(size))
        return size.value > 0

    def take(self, relative: Callable[[Path], Path | None]) -> set[Path]:
        """Return the files that changed. Wait for the end of a save that is under way."""
        changed = self._read(relative)
        ready = select.poll()
        ready.register(self._descriptor, select.POLLIN)
        while self._unfinished:
            left = max(self._unfinished.values()) - time.monotonic()
            if left <= 0 or not ready.poll(left * 1000):
                self._unfinished.clear()
            changed |= self._read(relative)
        return changed

    def _read(self, relative: Callable[[Path], Path | None]) -> set[Path]:
        changed: set[Path] = set()
        while True:
            try:
                data = os.read(self._descriptor, 65536)
            except BlockingIOError:
                return changed
            while data:
                watch, mask, _, length = _EVENT.unpack_from(data)
                name = data[_EVENT.size : _EVENT.size + length].rstrip(b"\0")
                data = data[_EVENT.size + length :]
                if mask & _Q_OVERFLOW:
                    changed.add(_UNKNOWN)
                elif watch in self._folders and (file := relative(self._folders[watch] / os.fsdecode(name))):
                    changed.add(file)
                    self._note(file, mask)

    def _note(self, file: Path, mask: int) -> None:
        if mask & (_CLOSE_WRITE | _MOVED_TO):
            self._unfinished.pop(file, None)
        elif mask & (_MODIFY | _CREATE) and not mask & _ISDIR:
            self._unfinished[file] = time.monotonic() + self._longest_write
        elif mask & (_MOVED_FROM | _DELETE):
            self._unfinished[file] = time.monotonic() + _LONGEST_GAP


def _open_inotify(longest_write: float) -> _Inotify | None:
    descriptor = ctypes.CDLL(None, use_errno=True).inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    return _Inotify(descriptor, longest_write) if descriptor >= 0 else None
