"""The runs that followed a request or a run: they took what its calls made, and made more in their turn.

``follow`` builds the tree from the links, which any process can read, and ``ancestors`` leads the other way. Neither
depends on the order in which recordings were stored: a run may end before the request that caused it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from homeport.recordings.links import Link, OwnedLink, Owner, maker_of
from homeport.recordings.run import RunSummary

# Runs of one tree, and how deep it goes: functions may call each other for ever.
MOST_RUNS = 100
DEEPEST = 12


class LinkReader(Protocol):
    """Reads links and runs (``run_store.Runs``)."""

    def links_of(self, owner: Owner, number: int) -> list[Link]:
        """Return the links of a request or a run."""
        ...

    def owners(self, ids: Sequence[str], *, taken: bool) -> list[OwnedLink]:
        """Return who took, or made, something with one of these ids."""
        ...

    def summaries(self, numbers: Sequence[int]) -> Mapping[int, RunSummary]:
        """Return runs by their numbers."""
        ...


@dataclass(frozen=True, slots=True)
class FollowedRun:
    """A run that took what was made: ``link`` tells how it went for that. ``made`` is what followed in its turn."""

    run: RunSummary
    link: Link
    made: tuple[FollowedItem, ...]


@dataclass(frozen=True, slots=True)
class FollowedItem:
    """Something that a call made, by its id, and the runs that took it, in the order in which they began.

    ``what`` is the call in words (``sqs SendMessage jobs``). ``is_cut`` says that there is more which is not followed.
    """

    id: str
    what: str
    runs: tuple[FollowedRun, ...]
    is_cut: bool = False


def follow(reader: LinkReader, owner: Owner, number: int) -> tuple[FollowedItem, ...]:
    """Return what a request or a run made, with what followed."""
    return _Follower(reader).made_by(owner, number, 0)


def ancestors(reader: LinkReader, number: int) -> tuple[OwnedLink, ...]:
    """Return the requests and runs that led to a run, the nearest first, each once."""
    found: dict[tuple[Owner, int], OwnedLink] = {}
    level = [number]
    for _ in range(DEEPEST):
        causes = [each for run in level for each in caused_by(reader, run) if (each.owner, each.number) not in found]
        found |= {(each.owner, each.number): each for each in causes}
        level = [each.number for each in causes if each.owner == "run" and each.number != number]
        if not level or len(found) > MOST_RUNS:
            break
    return tuple(found.values())


def caused_by(reader: LinkReader, number: int) -> tuple[OwnedLink, ...]:
    """Return the requests and runs that made what a run took, each once."""
    taken = [link for link in reader.links_of("run", number) if link.taken]
    makers = reader.owners([link.id for link in taken], taken=False)
    found: dict[tuple[Owner, int], OwnedLink] = {}
    for link in taken:
        maker = maker_of([each for each in makers if each.link.id == link.id], link)
        if maker is not None and (maker.owner, maker.number) != ("run", number):
            found.setdefault((maker.owner, maker.number), maker)
    return tuple(found.values())


class _Follower:
    """Follows links until everything was seen; each run is shown with what followed once."""

    def __init__(self, reader: LinkReader) -> None:
        self._reader = reader
        self._seen: set[int] = set()
        self._count = 0

    def made_by(self, owner: Owner, number: int, depth: int) -> tuple[FollowedItem, ...]:
        calls = {link.id: link.what for link in self._reader.links_of(owner, number) if not link.taken}
        ids = list(calls)
        if not ids:
            return ()
        takers, makers = self._reader.owners(ids, taken=True), self._reader.owners(ids, taken=False)
        own = [each for each in takers if _is_of(each, makers, owner, number)]
        runs = self._reader.summaries(list(dict.fromkeys(each.number for each in own)))
        found = []
        for id in ids:
            taking = [(runs[each.number], each.link) for each in own if each.link.id == id and each.number in runs]
            taking.sort(key=lambda pair: (pair[0].started, pair[0].number))
            found.append(self._item(id, calls[id], taking, depth))
        return tuple(found)

    def _item(self, id: str, what: str, taking: Sequence[tuple[RunSummary, Link]], depth: int) -> FollowedItem:
        followed: list[FollowedRun] = []
        for run, link in taking:
            if self._count >= MOST_RUNS:
                return FollowedItem(id, what, tuple(followed), is_cut=True)
            self._count += 1
            made: tuple[FollowedItem, ...] = ()
            if run.number not in self._seen and depth < DEEPEST:
                self._seen.add(run.number)
                made = self.made_by("run", run.number, depth + 1)
            followed.append(FollowedRun(run, link, made))
        return FollowedItem(id, what, tuple(followed))


def _is_of(taker: OwnedLink, makers: Sequence[OwnedLink], owner: Owner, number: int) -> bool:
    """Return whether what a run took is what this recording made, and no other with the same id."""
    maker = maker_of([each for each in makers if each.link.id == taker.link.id], taker.link)
    return maker is not None and (maker.owner, maker.number) == (owner, number)
