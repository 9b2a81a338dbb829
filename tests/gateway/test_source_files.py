"""A project's source files: which changes a request finds, and when."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.gateway.source_files import SourceFiles, is_shared
from homeport.project.languages import CODE_SUFFIXES
from homeport.project.load import load_project
from homeport.project.node_code import package_files
from homeport.project.source_places import OWN_PLACES, template_places
from tests.support.project import notes_project, write_files
from tests.support.waiting import LAST_RESORT

HANDLER = "service/handlers/get_note.py"
both = pytest.mark.parametrize("inotify", [True, False], ids=["inotify", "stamps"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_files(tmp_path, {"openapi.yaml": "openapi: 3.0.3\n", HANDLER: "one\n", "deploy/stages.yaml": "stages: {}\n"})
    return tmp_path


def changes(files: SourceFiles) -> set[str]:
    assert files.may_have_changed()
    with files.taking_up() as found:
        pass
    assert not files.may_have_changed()
    return {str(file) for file in found.files}


def truncate(file: Path, text: str = "two") -> None:
    file.write_text(text)


def replace_by_rename(file: Path, text: str) -> None:
    draft = file.with_name("get_note.py.tmp")
    draft.write_text(text)
    draft.replace(file)


def keep_a_backup(file: Path, text: str) -> None:
    file.rename(file.with_name("get_note.py~"))
    file.write_text(text)


def delete_and_write(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text)


def append(file: Path, text: str) -> None:
    with file.open("a") as opened:
        opened.write(text)


@both
@pytest.mark.parametrize("save", [truncate, replace_by_rename, keep_a_backup, delete_and_write, append])
def test_a_save_is_found_at_once_however_it_is_made(
    project: Path, save: Callable[[Path, str], None], inotify: bool
) -> None:
    files = SourceFiles(project, inotify=inotify)
    assert not files.may_have_changed()
    for text in ("two", "three", "fourth"):
        save(project / HANDLER, text)
        assert changes(files) == {HANDLER}


@both
@pytest.mark.parametrize("file", ["openapi.yaml", ".env", "deploy/stages.yaml", "deploy/seed/local.json"])
def test_files_beside_the_code_are_followed(project: Path, file: str, inotify: bool) -> None:
    files = SourceFiles(project, inotify=inotify)
    write_files(project, {file: "changed: true\n"})
    assert file in changes(files)


@both
def test_a_new_folder_and_what_it_gets_later_are_followed(project: Path, inotify: bool) -> None:
    files = SourceFiles(project, inotify=inotify)
    write_files(project, {"service/lib/deep/words.py": "WORD = 1\n"})
    assert "service/lib/deep/words.py" in changes(files)
    write_files(project, {"service/lib/deep/words.py": "WORD = 20\n"})
    assert changes(files) == {"service/lib/deep/words.py"}


@both
def test_a_file_that_was_deleted_is_a_change(project: Path, inotify: bool) -> None:
    files = SourceFiles(project, inotify=inotify)
    (project / HANDLER).unlink()
    assert changes(files) == {HANDLER}


@both
def test_a_folder_that_is_made_again_is_followed_on(project: Path, inotify: bool) -> None:
    files = SourceFiles(project, inotify=inotify)
    folder = (project / HANDLER).parent
    for text in ("two\n", "three\n"):
        (project / HANDLER).unlink()
        folder.rmdir()
        write_files(project, {HANDLER: text})
        assert HANDLER in changes(files)


@both
def test_files_and_folders_behind_links_are_followed(
    project: Path, tmp_path_factory: pytest.TempPathFactory, inotify: bool
) -> None:
    linked = tmp_path_factory.mktemp("linked")
    for name in ("openapi.yaml", "service", "deploy"):
        (linked / name).symlink_to(project / name)
    files = SourceFiles(linked, inotify=inotify)
    write_files(project, {"openapi.yaml": "openapi: 3.0.1\n"})
    assert changes(files) == {"openapi.yaml"}
    draft = project / "draft"
    draft.write_text("openapi: 3.0.2\n")
    draft.replace(project / "openapi.yaml")
    assert changes(files) == {"openapi.yaml"}
    truncate(project / HANDLER)
    assert changes(files) == {HANDLER}


def test_a_change_that_leaves_size_and_time_as_they_were_is_found(project: Path) -> None:
    files, handler = SourceFiles(project), project / HANDLER
    before = handler.stat()
    handler.write_text("two\n")
    os.utime(handler, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changes(files) == {HANDLER}


@pytest.mark.parametrize(
    "name",
    [
        "service/handlers/get_note.py~",
        "service/handlers/get_note.py.tmp",
        "service/handlers/.get_note.py.swp",
        "service/handlers/__pycache__/get_note.cpython-313.pyc",
        "service/_validators.py",
        "service/.git/index",
        "README.md",
        "tests/test_note.py",
    ],
)
def test_files_that_are_not_served_are_not_followed(project: Path, name: str) -> None:
    files = SourceFiles(project)
    write_files(project, {name: "anything"})
    with files.taking_up() as found:
        assert found.files == frozenset()


def test_a_file_that_is_being_written_is_waited_for(project: Path) -> None:
    files = SourceFiles(project, longest_write=LAST_RESORT)
    opened = (project / HANDLER).open("w")
    opened.write("first half, ")
    opened.flush()
    waits = threading.Event()

    def finish() -> None:
        waits.wait(LAST_RESORT)
        opened.write("second half")
        opened.close()

    writer = threading.Thread(target=finish)
    writer.start()
    assert files.may_have_changed()
    waits.set()
    with files.taking_up():
        assert (project / HANDLER).read_text() == "first half, second half"
    writer.join()


def test_a_file_that_stays_open_is_not_waited_for_without_end(project: Path) -> None:
    files = SourceFiles(project, longest_write=0.01)
    with (project / HANDLER).open("w") as opened:
        opened.write("a log that grows")
        opened.flush()
        assert changes(files) == {HANDLER}


def test_other_threads_wait_until_a_change_is_taken_up(project: Path) -> None:
    files = SourceFiles(project)
    seen: list[bool] = []

    def ask() -> None:
        with files.taking_up() as found:
            seen.append(bool(found.files))

    truncate(project / HANDLER)
    with files.taking_up() as found:
        assert found.files
        # The event is taken, and its change is not live yet.
        assert files.may_have_changed()
        other = threading.Thread(target=ask)
        other.start()
        assert seen == []
    other.join()
    assert seen == [False]
    assert not files.may_have_changed()


MOUNTS = """\
27 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 0:70 / /mnt/c rw,noatime - 9p C:\\134 rw,aname=drvfs
31 30 0:71 / /mnt/c/local rw - tmpfs tmpfs rw
32 27 0:72 / /home/ada/My\\040notes rw,nosuid shared:9 master:2 - fuse.sshfs ada@host:/notes rw
33 27 0:73 / /app/service rw - virtiofs share rw
34 27 0:74 / /srv rw - ext4 /dev/vdb rw
35 27 0:75 / /srv rw - nfs4 server:/srv rw
"""


@pytest.mark.parametrize(
    ("root", "shared"),
    [
        ("/home/ada/notes", False),
        ("/mnt/c/notes", True),
        ("/mnt/c/local/notes", False),
        ("/mnt/cc/notes", False),
        ("/home/ada/My notes", True),
        ("/app", True),
        ("/srv/notes", True),
    ],
)
def test_a_filesystem_that_another_system_can_change_is_known(root: str, shared: bool) -> None:
    assert is_shared(Path(root), MOUNTS) is shared


def test_the_mounts_of_this_system_can_be_read(project: Path) -> None:
    place = Path("/proc/self/mountinfo")
    text = place.read_text() if place.exists() else MOUNTS
    assert is_shared(project, f"{text}1 1 0:1 / {project} rw - 9p share rw\n")


def test_files_are_not_looked_at_without_reload(project: Path) -> None:
    files = SourceFiles(project, follow=False)
    truncate(project / HANDLER)
    assert not files.may_have_changed()


def test_a_change_before_the_first_request_is_found(project: Path) -> None:
    files = SourceFiles(project)
    truncate(project / HANDLER)
    append(project / HANDLER, "more")
    assert changes(files) == {HANDLER}


@pytest.mark.parametrize(
    ("name", "only_code"),
    [
        ("service/a.py", True),
        ("src/app.mjs", True),
        ("openapi.yaml", False),
        ("service/requirements.txt", False),
        ("bin/app.py", False),
    ],
)
def test_the_project_is_read_again_unless_only_code_changed(tmp_path: Path, name: str, only_code: bool) -> None:
    read = replace(load_project(notes_project(tmp_path)), template_files=frozenset(("bin/app.py",)))
    assert read.is_only_code(Path(name)) is only_code


def test_a_path_outside_the_project_is_no_source_file() -> None:
    assert not OWN_PLACES.has(Path("/elsewhere/service/a.py"))


@both
def test_packages_of_nodejs_are_followed_by_what_their_installation_ends_with(tmp_path: Path, inotify: bool) -> None:
    root = write_files(tmp_path, {"src/index.mjs": "one\n", "src/package.json": "{}\n"})
    places = template_places(root, map(str, package_files(root / "src")), [root / "src"])
    files = SourceFiles(root, places=places, inotify=inotify)
    write_files(root, {"src/node_modules/uuid/index.js": "one\n"})
    if inotify:
        assert changes(files) == {"src/node_modules"}
    write_files(root, {"src/node_modules/.package-lock.json": "{}\n"})
    assert changes(files) == {"src/node_modules/.package-lock.json"}
    write_files(root, {"src/node_modules/uuid/index.js": "two\n"})
    assert not files.may_have_changed()


@both
@pytest.mark.parametrize("name", ["index.mjs", "index.js", "lib/index.cjs", "app.ts", "app.py"])
def test_code_in_any_language_that_was_saved_leaves_the_project_as_it_was(
    tmp_path: Path, name: str, inotify: bool
) -> None:
    root = write_files(tmp_path, {f"src/{name}": "one\n", "src/package.json": "{}\n"})
    files = SourceFiles(root, places=template_places(root, (), [root / "src"]), inotify=inotify)
    (root / "src" / name).write_text("two\n")
    with files.taking_up() as found:
        assert found.only_contents and all(file.suffix in CODE_SUFFIXES for file in found.files)
    (root / "src" / "package.json").write_text('{"type": "module"}\n')
    with files.taking_up() as found:
        assert not all(file.suffix in CODE_SUFFIXES for file in found.files)
