"""Sessions of recordings: what was recorded at one go, and all that names what was made there.

A file holds one take or several, recorded at different times. Where a take names an object that another one of its
repository made, as tests do whose preparations are files of their own, both are one session.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from fakeopenai.contract.recordings import Recording
from fakeopenai.wire import Json

ID = re.compile(r"^(?:[a-z]+(?:_[a-z]+)?[_-])[0-9A-Za-z]{8,}$")
"""What ids look like, whatever made them."""

PAUSE = 900
"""Seconds after which the next recording of a file belongs to another take."""

Take = list[Recording]


def sessions(given: Iterable[Recording]) -> list[Take]:
    """The recordings session by session, each in the order in which they were made."""
    files: dict[str, Take] = defaultdict(list)
    for recording in given:
        files[recording.session].append(recording)
    return joined([take for file in files.values() for take in takes(file)])


def takes(file: Take) -> Iterator[Take]:
    """A file cut at long pauses. One that doesn't say when it was recorded is one take."""
    if any(recording.moment is None for recording in file):
        yield sorted(file, key=lambda recording: recording.place)
        return
    take: Take = []
    for recording in sorted(file, key=_when):
        if take and _when(recording)[0] - _when(take[-1])[0] > PAUSE:
            yield take
            take = []
        take.append(recording)
    yield take


def _when(recording: Recording) -> tuple[float, int, bool]:
    """Within a second, what is made comes before what is read."""
    return (recording.moment or 0, recording.place, recording.method != "POST")


def joined(given: list[Take]) -> list[Take]:
    """Takes that need what others made, put together with those."""
    maker = {(_repository(take), id): number for number, take in enumerate(given) for id in _made(take)}
    leaders = list(range(len(given)))
    for number, take in enumerate(given):
        for id in _named(take):
            other = maker.get((_repository(take), id), number)
            leaders[_leader(leaders, number)] = _leader(leaders, other)
    groups: dict[int, Take] = defaultdict(list)
    for number, take in enumerate(given):
        groups[_leader(leaders, number)] += take
    return [sorted(group, key=_when) for group in groups.values()]


def _leader(leaders: list[int], number: int) -> int:
    while leaders[number] != number:
        number = leaders[number]
    return number


def _repository(take: Take) -> str:
    return "/".join(take[0].session.split("/")[:2])


def _made(take: Take) -> Iterator[str]:
    """The ids of all that a take made by asking for it."""
    for recording in take:
        body = recording.body
        if recording.method == "POST" and recording.status < 300 and isinstance(body, dict) and "id" in body:
            yield str(body["id"])


def _named(take: Take) -> Iterator[str]:
    """The ids that a take names in paths and requests."""
    for recording in take:
        yield from filter(ID.match, recording.path.split("/"))
        yield from _ids(recording.request)


def _ids(value: Json) -> Iterator[str]:
    match value:
        case str() if ID.match(value):
            yield value
        case list():
            for member in value:
                yield from _ids(member)
        case dict():
            for member in value.values():
                yield from _ids(member)
