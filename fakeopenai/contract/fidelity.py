"""How far the emulator agrees with the recorded API: `python -m fakeopenai.contract.fidelity RECORDINGS`.

Every recorded request is put to an emulator in this process, whose model is told to say what the recorded one said
(`turns`): the same texts, calls, refusals and items, reasoning of the same cost, cut off where that one was. So the
answers are of the same kind, and whatever differs in them is the API's part: the status; the names of the headers; the
shape of the JSON, whole or streamed (`shapes`); the order of a stream's events (`grammar`); an error's type, code,
param and wording. Each session (`sessions`) has a world of its own, in which jobs go on as they were seen to; what
needs objects made before it is left out (`replay`).

A recording agrees if nothing differs but what is known and has a reason (`differences.yaml`), such as fields that came
later. Headers are compared where the recorder kept those of the wire.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import click

from fakeopenai.contract import grammar, known, recordings, shapes
from fakeopenai.contract.known import Known, like
from fakeopenai.contract.recordings import Recording
from fakeopenai.contract.replay import Answer, LeftOut, Session
from fakeopenai.contract.sessions import sessions
from fakeopenai.contract.shapes import Difference, Shape
from fakeopenai.emulator import Emulator
from fakeopenai.wire import Json, Object

TRANSPORT = frozenset({"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"})
"""Headers of the connection, which the edge writes."""

SHOWN = 40
"""How many differences a report lists."""


class Finding(NamedTuple):
    """A difference in a part of an answer; `reason` is why it may be, if it may."""

    part: str
    difference: Difference
    reason: str = ""


@dataclass(frozen=True)
class Comparison:
    """A recording and all in which our answer differs from it."""

    recording: Recording
    findings: Sequence[Finding]

    def agrees(self, *parts: str) -> bool:
        """Whether nothing differs in these parts without a reason."""
        return not any(finding.part in parts and not finding.reason for finding in self.findings)


@dataclass
class Tally:
    """The figures of one endpoint: of so many, so many agree."""

    replayed: int = 0
    agreeing: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, comparison: Comparison) -> None:
        self.replayed += 1
        for figure in _figures(comparison.recording):
            self.compared[figure] += 1
            self.agreeing[figure] += comparison.agrees(*FIGURES[figure])

    def share(self, figure: str) -> float | None:
        """The share that agrees, if anything was compared."""
        return self.agreeing[figure] / self.compared[figure] if self.compared[figure] else None


FIGURES = {
    "status": ("status",),
    "shape": ("status", "body"),
    "headers": ("headers",),
    "grammar": ("status", "grammar"),
    "errors": ("status", "error"),
}
"""What is counted, and the parts in which nothing may differ."""


def _figures(recording: Recording) -> Iterator[str]:
    yield "status"
    yield "shape"
    if recording.faithful:
        yield "headers"
    if recording.kind == "sse":
        yield "grammar"
    if recording.status >= 400:
        yield "errors"


@dataclass
class Report:
    """What came of all recordings."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    differing: dict[tuple[str, Finding], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, comparison: Comparison) -> None:
        endpoint = comparison.recording.endpoint
        self.tallies[endpoint].add(comparison)
        for finding in comparison.findings:
            self.differing[endpoint, finding].append(comparison.recording.id)

    def open(self) -> list[tuple[str, Finding, list[str]]]:
        """The differences without a reason, the most frequent first."""
        return self._differences(explained=False)

    def explained(self) -> list[tuple[str, Finding, list[str]]]:
        """The differences that have one."""
        return self._differences(explained=True)

    def _differences(self, *, explained: bool) -> list[tuple[str, Finding, list[str]]]:
        found = [(*key, ids) for key, ids in self.differing.items() if bool(key[1].reason) == explained]
        return sorted(found, key=lambda each: (-len(each[2]), each[0], each[1]))


def compare_all(given: Iterable[Recording], differences: Sequence[Known], most: int | None = None) -> Report:
    """Replay recordings, session by session; `most` bounds how many there are of each endpoint, evenly spread."""
    report = Report()
    emulator = Emulator()
    for number, session in enumerate(sessions(_spread(list(given), most))):
        replay = Session(emulator, f"session-{number}")
        for place, recording in enumerate(session, 1):
            try:
                answer = replay.answer(recording, session[place:])
            except LeftOut as left_out:
                report.tallies[recording.endpoint].left_out[str(left_out)] += 1
                continue
            report.add(Comparison(recording, list(judged(recording, answer, differences))))
        emulator.drop(replay.key)
    return report


def _spread(given: list[Recording], most: int | None) -> Iterator[Recording]:
    """At most so many recordings of each endpoint."""
    if most is None:
        yield from given
        return
    totals = Counter(recording.endpoint for recording in given)
    seen: Counter[str] = Counter()
    for recording in given:
        total, number = totals[recording.endpoint], seen[recording.endpoint]
        seen[recording.endpoint] += 1
        if total <= most or number * most // total != (number - 1) * most // total:
            yield recording


def judged(recording: Recording, answer: Answer, differences: Sequence[Known]) -> Iterator[Finding]:
    """All differences, with their reasons if they have any."""
    for part, difference in compare(recording, answer):
        reasons = (each.reason for each in differences if each.explains(part, difference, recording))
        yield Finding(part, difference, next(reasons, ""))


def compare(recording: Recording, answer: Answer) -> Iterator[tuple[str, Difference]]:
    """Where an answer differs from the recorded one, part by part."""
    if answer.status != recording.status:
        yield "status", Difference("", _status(recording.status, recording.body), _status(answer.status, answer.body))
        return
    if recording.faithful:
        yield from (("headers", each) for each in _headers(recording.headers.keys(), answer.headers.keys()))
    if recording.kind == "sse":
        yield from _streams(recording, answer)
    elif recording.kind == "json":
        yield from (("body", each) for each in shapes.differences(*map(shapes.shape, (recording.body, answer.body))))
    if recording.status >= 400 and recording.kind == "json":
        yield from (("error", each) for each in _errors(recording.body, answer.body))


def _status(status: int, body: Json) -> str:
    """A status, and what an error says."""
    error = body.get("error") if isinstance(body, dict) else None
    return (
        f"{status} {template(str(error.get('message')))}" if status >= 400 and isinstance(error, dict) else str(status)
    )


def _headers(recorded: Iterable[str], ours: Iterable[str]) -> Iterator[Difference]:
    there, here = set(recorded) - TRANSPORT, set(ours) - TRANSPORT
    yield from (Difference(name, "present", "absent") for name in sorted(there - here))
    yield from (Difference(name, "absent", "present") for name in sorted(here - there))


def _streams(recording: Recording, answer: Answer) -> Iterator[tuple[str, Difference]]:
    if answer.events is None:
        yield "grammar", Difference("", "a stream", "a whole")
        return
    yield from (("grammar", each) for each in grammar.differences(recording.events, answer.events))
    yield from (("body", each) for each in shapes.differences(_shape(recording.events), _shape(answer.events)))


def _shape(events: grammar.Events) -> Shape:
    """The shape of a stream's events, those of each type together; their order is the grammar's business."""
    return {**shapes.shape([data for _, data in events if isinstance(data, dict)]), "": frozenset({"list"})}


def _errors(recorded: Json, ours: Json) -> Iterator[Difference]:
    there, here = _error(recorded), _error(ours)
    for name in ("type", "code", "param", "message"):
        if there[name] != here[name]:
            yield Difference(f"error.{name}", there[name], here[name])


def _error(body: Json) -> dict[str, str]:
    error = body.get("error") if isinstance(body, dict) else None
    told = {
        name: str(error.get(name)) if isinstance(error, dict) else "" for name in ("type", "code", "param", "message")
    }
    return told | {"message": template(told["message"])}


_VARYING = re.compile(
    r"(?P<id>\b(?:req|resp|rs|msg|fc|run|asst|thread|step|file|chatcmpl|org|proj|ft|batch|vs|call)[-_]\w{4,}\b)"
    r"|(?P<key>(?<=key provided: )\S+?(?=\. )|\bsk-[\w*-]+)|(?P<n>\b\d[\d,.]*\b)"
)


def template(message: str) -> str:
    """A message without its ids, keys and numbers."""
    return _VARYING.sub(lambda found: f"{{{found.lastgroup}}}", message)


def told(report: Report, shown: int = SHOWN) -> Iterator[str]:
    """The report in lines to be read."""
    yield f"{'endpoint':<58}{'replayed':>9}{'left out':>9}" + "".join(f"{figure:>9}" for figure in FIGURES)
    for endpoint, tally in sorted(report.tallies.items()):
        figures = "".join(f"{_percent(tally.share(figure)):>9}" for figure in FIGURES)
        yield f"{endpoint:<58}{tally.replayed:>9}{tally.left_out.total():>9}{figures}"
    reasons = sum((tally.left_out for tally in report.tallies.values()), Counter[str]())
    yield from (f"left out: {count} because {reason}" for reason, count in reasons.most_common())
    yield f"{sum(len(ids) for *_, ids in report.explained())} differences are known and have their reasons; others:"
    for endpoint, (part, (path, recorded, ours), _), ids in report.open()[:shown]:
        yield f"{len(ids):>6}  {endpoint} {part} {path}: recorded {recorded}, ours {ours} ({ids[0]})"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def plain(report: Report) -> Object:
    """The report as JSON."""
    return {
        "endpoints": {
            endpoint: {
                "replayed": tally.replayed,
                "left_out": dict(tally.left_out),
                **{figure: tally.share(figure) for figure in FIGURES},
            }
            for endpoint, tally in sorted(report.tallies.items())
        },
        "differences": [_plain(*each) for each in report.open()],
        "known": [_plain(*each) for each in report.explained()],
    }


def _plain(endpoint: str, finding: Finding, ids: list[str]) -> Object:
    reason = {"reason": finding.reason} if finding.reason else {}
    return {
        "endpoint": endpoint,
        "in": finding.part,
        **finding.difference._asdict(),
        "count": len(ids),
        "example": ids[0],
    } | reason


@click.command()
@click.argument("source", metavar="RECORDINGS", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--endpoint", "endpoints", multiple=True, help="Only these, such as 'POST /chat/completions'; * is anything."
)
@click.option("--most", type=click.IntRange(1), help="At most so many recordings of each endpoint, evenly spread.")
@click.option("--shown", type=int, default=SHOWN, help="How many differences to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(source: Path, endpoints: tuple[str, ...], most: int | None, shown: int, *, as_json: bool) -> None:
    """Replay recordings of the real API, and say how far the emulator agrees with them."""
    given = (each for each in recordings.load(source) if not endpoints or like(each.endpoint, endpoints))
    report = compare_all(given, known.load(), most)
    for line in [json.dumps(plain(report), indent=2)] if as_json else told(report, shown):
        click.echo(line)


if __name__ == "__main__":
    main()
