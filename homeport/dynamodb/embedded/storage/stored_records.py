"""The records of a stream as ministack reads them: a list that grows at its end and is cut at its start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .item_file import ItemFile


class StoredRecords:
    """The records of one stream; those with the numbers from ``first`` on and before ``end`` are kept."""

    def __init__(self, file: ItemFile, stream: int, first: int = 0, end: int = 0) -> None:
        self.stream = stream
        self.first = first
        self.end = end
        self._file = file
        # The oldest one: ministack asks for its age at each write.
        self._oldest: tuple[int, Any] = (-1, None)

    def append(self, record: Any) -> None:
        """Add a record."""
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        self._file.append_record(self.stream, self.end, text.encode("utf-8", "surrogatepass"))
        self.end += 1

    def __len__(self) -> int:
        return self.end - self.first

    def __iter__(self) -> Iterator[Any]:
        return self._read(self.first, self.end)

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            start, stop, _ = place.indices(len(self))
            return list(self._read(self.first + start, self.first + stop))
        number = self.first + (place if place >= 0 else len(self) + place)
        if not self.first <= number < self.end:
            raise IndexError(place)
        if number != self.first:
            return next(self._read(number, number + 1))
        if self._oldest[0] != number:
            self._oldest = (number, next(self._read(number, number + 1)))
        return self._oldest[1]

    def __delitem__(self, place: slice) -> None:
        """Remove the records before a place, ``del records[:n]``."""
        self.first += place.indices(len(self))[1]
        self._file.remove_records(self.stream, self.first)

    def _read(self, first: int, end: int) -> Iterator[Any]:
        for text in self._file.stream_records(self.stream, first, end):
            yield json.loads(text.decode("utf-8", "surrogatepass"))
