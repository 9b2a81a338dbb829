"""Lambda's file system for functions: only /tmp can be written to, and each environment has a /tmp of its own.

``ReadOnly`` refuses other writes by an audit hook, which Python's own file operations call and a C library's do not;
``refuse_writes`` does it for a program of another runtime.
``Sandbox`` uses mount namespaces, where Linux lets this user have them: the parent enters one once and mounts
/var/task in it; each worker then enters another one and mounts its own folder over /tmp. Other processes see none of
it.

https://docs.python.org/3/library/audit_events.html
https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TMP = "/tmp"
TASK_ROOT = "/var/task"
OPT = "/opt"

# The constants of sched.h and sys/mount.h.
_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_RDONLY = 1
_MS_REMOUNT = 32
_MS_BIND = 4096
_MS_MOVE = 8192
_MS_REC = 16384
_MS_SLAVE = 1 << 19
_MS_RELATIME = 1 << 21
_ST_RELATIME = 4096
# Those of mount_setattr, whose number is the same on all processors.
_SYS_MOUNT_SETATTR = 442
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 1
# nosuid, nodev, noexec, noatime, nodiratime: the same bits in statvfs and mount. A user may not clear them.
_LOCKED = 2 | 4 | 8 | 1024 | 2048
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# For an audit event: the arguments that are paths which it changes, and the argument that is a folder's descriptor.
_CHANGES: dict[str, tuple[tuple[int, ...], int]] = {
    "os.chmod": ((0,), 2),
    "os.link": ((1,), 3),
    "os.mkdir": ((0,), 2),
    "os.remove": ((0,), 1),
    "os.rename": ((0, 1), 2),
    "os.rmdir": ((0,), 1),
    "os.symlink": ((1,), 2),
    "os.truncate": ((0,), -1),
    "os.utime": ((0,), 3),
}
_NO_FOLDER = -1


class ReadOnly:
    """Refuses writes anywhere but below the ``writable`` folders; ``frozen`` folders are refused also there."""

    def __init__(self, writable: Sequence[str], frozen: Sequence[str]) -> None:
        self._writable = tuple(f"{folder}/" for folder in writable)
        self._frozen = tuple(f"{folder}/" for folder in frozen)

    def install(self) -> None:
        """Refuse writes until the process ends."""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if flags & _WRITING:
                self._check(path)
        elif event in _CHANGES:
            places, folder = _CHANGES[event]
            if folder == -1 or arguments[folder] == _NO_FOLDER:
                for place in places:
                    self._check(arguments[place])

    def _check(self, path: Any) -> None:
        # A file that is named by its descriptor was checked when it was opened.
        if not isinstance(path, (str, bytes)):
            return
        where = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        if where.startswith(self._frozen) or not f"{where}/".startswith(self._writable):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


@dataclass(frozen=True, slots=True)
class CodeMounts:
    """The folders of a function with code of its own: ``root`` for /var/task, and ``layers`` for /opt, topmost last.

    ``read`` are the folders that are to stay visible when /tmp is replaced.
    """

    root: Path
    layers: Sequence[Path]
    read: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The mounts of a parent's workers. ``task`` is their working folder, ``service`` the package of that name.

    ``read`` and ``written`` are further folders that stay visible when /tmp is replaced; a missing one is ignored.
    ``layers`` is an empty folder in which /opt is put together.
    """

    task: Path
    service: Path
    read: Sequence[Path]
    written: Sequence[Path]
    layers: Path

    def enter(self, folder: Path, read: Sequence[Path] = ()) -> None:
        """Mount ``folder`` over /tmp, in this process alone; ``read`` stays visible. Raises OSError."""
        self._leave_parent(folder)
        _keep_visible(folder, read)
        if self.service.is_dir():
            place = _place_in(folder, self.service) if _is_below_tmp(self.service) else str(self.service)
            _mount_read_only(self.service, place)
        _mount(str(folder), TMP, _MS_BIND | _MS_REC)

    def enter_code(self, folder: Path, code: CodeMounts) -> Path:
        """Do as ``enter``, with a function's own code and layers. Return the working folder."""
        self._leave_parent(folder)
        _keep_visible(folder, code.read)
        has_task_root = str(self.task) == TASK_ROOT and code.root.is_dir()
        if has_task_root:
            _mount_read_only(code.root, TASK_ROOT)
        if code.layers:
            _mount_layers(self.layers, code.layers)
        _mount(str(folder), TMP, _MS_BIND | _MS_REC)
        return Path(TASK_ROOT) if has_task_root else code.root

    def _leave_parent(self, folder: Path) -> None:
        """Enter a namespace of this process alone, and keep visible what every function needs."""
        _unshare(_CLONE_NEWNS)
        _mount(None, "/", _MS_REC | _MS_SLAVE)
        for path in filter(_is_below_tmp, self.written):
            _mount(str(path), _place_in(folder, path), _MS_BIND | _MS_REC)
        # Read-only, or the rm -rf /tmp/* of a function would be that of the developer's sources.
        for path in filter(_is_below_tmp, self.read):
            _mount_read_only(path, _place_in(folder, path))


def refuse_writes() -> None:
    """Make every mount of this process but /tmp read-only, as Lambda's are: for programs that no audit hook can stop.

    Before Linux 5.12 only the code is: https://man7.org/linux/man-pages/man2/mount_setattr.2.html
    """
    with suppress(OSError):
        _set_mount_attributes("/", _AT_RECURSIVE, to_set=_MOUNT_ATTR_RDONLY)
        _set_mount_attributes(TMP, 0, to_clear=_MOUNT_ATTR_RDONLY)


def prepare(scratch: Path, task: Path, service: Path, read: Sequence[Path], written: Sequence[Path]) -> Sandbox | None:
    """Enter the parent's namespace. Return None where this system has no namespaces for this user."""
    if sys.platform != "linux":
        return None
    try:
        _enter_namespace()
    except OSError:
        return None
    layers = scratch / "opt"
    layers.mkdir(exist_ok=True)
    sandbox = Sandbox(_mount_task_root(scratch / "var", task), service, [task, *read], written, layers)
    return sandbox if _works(sandbox, scratch / "trial") else None


def _enter_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(_CLONE_NEWNS)
    except PermissionError:
        _unshare(_CLONE_NEWNS | _CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _mount(None, "/", _MS_REC | _MS_SLAVE)


def _mount_task_root(stage: Path, task: Path) -> Path:
    """Mount ``task`` at /var/task, on a /var of this namespace's own, since a user can't make a folder in the other."""
    try:
        stage.mkdir(exist_ok=True)
        _mount("tmpfs", str(stage), 0, "tmpfs")
        for entry in sorted(Path("/var").iterdir()):
            _take_over(entry, stage / entry.name)
        root = stage / Path(TASK_ROOT).name
        root.mkdir(exist_ok=True)
        _mount_read_only(task, str(root))
        _mount(str(stage), "/var", _MS_MOVE)
    except OSError:
        return task
    return Path(TASK_ROOT)


def _mount_layers(stage: Path, layers: Sequence[Path]) -> None:
    """Mount a folder at /opt that has the content of the layers, and what this machine has there, under other names.

    Where there is no /opt, a user can't make one: then modules are found by the import path alone.
    """
    if not Path(OPT).is_dir():
        return
    _mount("tmpfs", str(stage), 0, "tmpfs")
    for entry in sorted(Path(OPT).iterdir()):
        _take_over(entry, stage / entry.name)
    _merge(stage, layers)
    _mount(str(stage), OPT, _MS_MOVE)


def _merge(place: Path, layers: Sequence[Path]) -> None:
    """Make links to the content of the layers; of two files with one name that of the later layer is there."""
    found: dict[str, list[Path]] = {}
    for layer in layers:
        for entry in layer.iterdir() if layer.is_dir() else ():
            found.setdefault(entry.name, []).append(entry)
    for name, entries in found.items():
        target = place / name
        folders = [entry for entry in entries if entry.is_dir()]
        if target.exists():
            continue
        if len(folders) > 1 and entries[-1] == folders[-1]:
            target.mkdir()
            _merge(target, folders)
        else:
            target.symlink_to(entries[-1].resolve())


def _take_over(entry: Path, place: Path) -> None:
    if entry.is_symlink():
        place.symlink_to(entry.readlink())
    elif entry.is_dir():
        place.mkdir()
        _mount(str(entry), str(place), _MS_BIND | _MS_REC)
    else:
        place.touch()
        _mount(str(entry), str(place), _MS_BIND)


def _works(sandbox: Sandbox, folder: Path) -> bool:
    """Enter the sandbox in a forked process, and return whether all is visible there."""
    folder.mkdir(exist_ok=True)
    visible = [path for path in (sandbox.service, *sandbox.read, *sandbox.written) if path.is_dir()]
    pid = os.fork()
    if pid == 0:
        try:
            sandbox.enter(folder)
            Path(TMP, "mark").touch()
            os._exit(0 if all(path.is_dir() for path in visible) else 1)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return status == 0 and (folder / "mark").exists()


def _keep_visible(folder: Path, paths: Sequence[Path]) -> None:
    """Mount folders read-only where they are, also when ``folder`` is /tmp later."""
    for path in paths:
        if path.is_dir():
            _mount_read_only(path, _place_in(folder, path) if _is_below_tmp(path) else str(path))


def _is_below_tmp(path: Path) -> bool:
    return path.is_relative_to(TMP) and path.is_dir()


def _place_in(folder: Path, path: Path) -> str:
    """Make and return the place at which ``path``, below /tmp, is found once ``folder`` is /tmp."""
    place = folder / path.relative_to(TMP)
    place.mkdir(parents=True, exist_ok=True)
    return str(place)


def _mount_read_only(source: Path, target: str) -> None:
    _mount(str(source), target, _MS_BIND | _MS_REC)
    found = os.statvfs(target).f_flag
    kept = (found & _LOCKED) | (_MS_RELATIME if found & _ST_RELATIME else 0)
    _mount(None, target, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | kept)


def _unshare(flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _mount(source: str | None, target: str, flags: int, kind: str | None = None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = [None if text is None else text.encode() for text in (source, target, kind)]
    if libc.mount(arguments[0], arguments[1], arguments[2], ctypes.c_ulong(flags), None) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}")


def _set_mount_attributes(path: str, flags: int, to_set: int = 0, to_clear: int = 0) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = struct.pack("=4Q", to_set, to_clear, 0, 0)
    number, size = ctypes.c_long(_SYS_MOUNT_SETATTR), ctypes.c_size_t(len(attributes))
    if libc.syscall(number, ctypes.c_long(_AT_FDCWD), path.encode(), ctypes.c_long(flags), attributes, size) != 0:
        raise OSError(ctypes.get_errno(), f"mount_setattr {path}")


def _has_namespaces() -> bool:
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        task = Path(folder, "task")
        task.mkdir()
        return prepare(Path(folder), task, task, [], []) is not None


if __name__ == "__main__":
    sys.exit(0 if _has_namespaces() else 1)
