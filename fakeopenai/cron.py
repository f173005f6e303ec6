"""Cron expressions: which minutes they mean, and when the next one comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""The bounds of minute, hour, day of the month, month and day of the week, of which 0 and 7 are Sunday."""

_NAMES = {
    3: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    4: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?")
_FARTHEST = 366 * 5
"""Days to look ahead; the 29th of February comes within them."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron expression with its time zone."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    zone: ZoneInfo

    @classmethod
    def read(cls, expression: str, timezone: str) -> Schedule:
        """Five fields of a standard expression; ValueError if it is none, KeyError if there is no such zone."""
        fields = expression.split()
        if len(fields) != len(FIELDS):
            raise ValueError(expression)
        minutes, hours, days, months, weekdays = (_values(field, place) for place, field in enumerate(fields))
        either = not fields[2].startswith("*") and not fields[4].startswith("*")
        week = frozenset(day % 7 for day in weekdays)
        zone = ZoneInfo(timezone)
        return cls(tuple(sorted(minutes)), tuple(sorted(hours)), frozenset(days), frozenset(months), week, either, zone)

    def after(self, moment: float) -> float | None:
        """The next occurrence after a Unix time, if there is one within five years."""
        start = datetime.fromtimestamp(moment, self.zone)
        for ahead in range(_FARTHEST):
            day = start + timedelta(days=ahead)
            if self._means(day):
                for time in self._times(day):
                    if time > moment:
                        return time
        return None

    def _means(self, day: datetime) -> bool:
        """Where both kinds of days are restricted, one is enough, as cron has it."""
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (of_month or of_week if self.either else of_month and of_week)

    def _times(self, day: datetime) -> Iterator[float]:
        for hour in self.hours:
            for minute in self.minutes:
                yield day.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0).timestamp()


def _values(field: str, place: int) -> set[int]:
    return {value for part in field.split(",") for value in _range(part, place)}


def _range(part: str, place: int) -> range:
    found = _PART.fullmatch(part)
    if not found:
        raise ValueError(part)
    low, high = FIELDS[place]
    every, first, last, step = found.groups()
    start = low if every else _number(first, place)
    end = high if every or (step and not last) else _number(last or first, place)
    if not (low <= start <= end <= high and int(step or 1)):
        raise ValueError(part)
    return range(start, end + 1, int(step or 1))


def _number(word: str, place: int) -> int:
    names = _NAMES.get(place, [])
    return names.index(word.lower()) + FIELDS[place][0] if word.lower() in names else int(word)
