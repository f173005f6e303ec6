"""Mistakes in rules that can be read: what never speaks, and what the API would never answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jsonschema_rs

from fakeopenai import api
from fakeopenai.operations import Operation, Operations
from fakeopenai.rules import courses, template
from fakeopenai.rules.entailment import may_fit, names_operations
from fakeopenai.rules.files import files, read
from fakeopenai.rules.reading import RuleError, plain
from fakeopenai.rules.rule import Rule
from fakeopenai.rules.shadows import Meant, Shadows
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Json, Object

TOLD = 3
"""So many mistakes of one body are told."""


def check(paths: Iterable[Path | str]) -> list[str]:
    """What is wrong with the rules of files and directories, loaded in this order: `file:line: …`, one a finding."""
    rules: list[Rule] = []
    findings: list[str] = []
    for path in paths:
        for file in files(Path(path)):
            try:
                rules += read(file)
            except RuleError as error:
                findings.append(str(error))
    return [*findings, *lint(rules)]


def lint(rules: Sequence[Rule]) -> list[str]:
    """What is wrong with rules that stand in this order."""
    above, operations = Shadows(), cache(_operations)
    findings: list[str] = []
    for rule in rules:
        meant = Meant(rule, operations(Range.of(rule)))
        said = [finding for find in CHECKS for finding in find(meant)]
        if hidden := above.over(meant):
            said.append(f"never speaks: '{hidden.label}' stands above it and fits all that this one fits")
        findings += [f"{rule.source}: {finding}" for finding in said]
        above.add(meant)
    return findings


@dataclass(frozen=True)
class Range:
    """What decides which operations a rule can fit, equal for many rules: its words for them, and what it speaks of."""

    words: str
    asks_model: bool
    meant: frozenset[str] | None
    rule: Rule = field(compare=False)

    @classmethod
    def of(cls, rule: Rule) -> Range:
        words = " and ".join(part.words for part in rule.when.parts if names_operations(part))
        meant = [each.meant for each in rule.outcomes if each.meant is not None]
        return cls(words, rule.asks_model, frozenset.intersection(*meant) if meant else None, rule)


def _operations(range: Range) -> frozenset[Operation]:
    rule = range.rule
    return frozenset(
        operation for operation in _all_operations() if may_fit(rule.when, operation) and _heard(rule, operation)
    )


def _first(operations: Collection[Operation]) -> list[Operation]:
    """The operations in the order of the table."""
    return [operation for operation in _all_operations() if operation in operations]


@cache
def _all_operations() -> tuple[Operation, ...]:
    return tuple(Operations.load().all.values())


def _heard(rule: Rule, operation: Operation) -> bool:
    return rule.concerns(operation, asks=operation in _asking())


@cache
def _asking() -> frozenset[Operation]:
    """The operations that ask a model."""
    return frozenset(operation for operation in _all_operations() if str(operation) in api.READERS)


def _unfit(meant: Meant) -> Iterator[str]:
    if meant.operations:
        return
    fitting = [operation for operation in _all_operations() if may_fit(meant.rule.when, operation)]
    if fitting and meant.rule.asks_model:
        yield f"never speaks: it says something for the model, and '{fitting[0]}' asks none"
    elif fitting:
        yield f"never speaks: its words mean nothing to '{fitting[0]}'"
    else:
        yield "never speaks: no operation is all that 'when' wants"


def _never_due(meant: Meant) -> Iterator[str]:
    life = meant.rule.life
    if life.nth and not any(life.reached(number - 1) for number in life.nth):
        yield "never speaks: 'after' and 'every' leave out all calls that 'nth' wants"
    if life.probability == 0:
        yield "never speaks: its probability is 0"


def _unreached(meant: Meant) -> Iterator[str]:
    """Outcomes after the last time that the rule speaks."""
    rule = meant.rule
    most = min(
        limit for limit in (rule.life.times, len(rule.life.nth) or None, len(rule.outcomes)) if limit is not None
    )
    if most < len(rule.outcomes):
        yield f"it has {len(rule.outcomes)} outcomes, but speaks at most {_times(most)}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _impossible(meant: Meant) -> Iterator[str]:
    """What no job comes to that the rule's operations begin."""
    for outcome in _outcomes(meant.rule.words):
        if isinstance(told := outcome.get("job"), Mapping):
            yield from courses.troubles(map(str, _first(meant.operations)), told)


# Answers in the model's place


def _misfits(meant: Meant) -> Iterator[str]:
    """Bodies and events that fit none of the operations that the rule names. What was recorded is as it was."""
    if len(meant.operations) in {0, len(_all_operations())} or meant.rule.exact:
        return
    for outcome in _outcomes(meant.rule.words):
        if isinstance(reply := outcome.get("reply"), Mapping) and reply.get("status", 200) < 300:
            yield from _misfit(reply, _first(meant.operations))


def _outcomes(words: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    then = words.get("then", words.get("choose", words))
    return [each for each in _list(then) if isinstance(each, Mapping)]


def _misfit(reply: Mapping[str, Json], operations: Sequence[Operation]) -> Iterator[str]:
    if "events" in reply:
        streams = [operation for operation in operations if operation.streams != "never"]
        if not streams:
            yield f"'{operations[0]}' doesn't stream, so it has no 'events'"
        for number, event in enumerate(_list(reply["events"]), start=1):
            for fault in _faults(_data(event), streams, _event_faults):
                yield f"event {number} is none of '{streams[0]}': {fault}"
    elif "body" in reply:
        answers = [operation for operation in operations if operation.reply_kind == "json"]
        for fault in _faults(reply["body"], answers, _reply_faults):
            yield f"'body' is no answer of '{answers[0]}': {fault}"


Check = Callable[[Operation, Json], list[str]]


def _faults(value: Json, operations: Sequence[Operation], check: Check) -> list[str]:
    """What is wrong with a value for the first operation, if it is right for none. Texts are not looked into."""
    if isinstance(value, str | bytes) or template.has_places(value):
        return []
    found = [check(operation, plain(value)) for operation in operations]
    return found[0][:TOLD] if found and all(found) else []


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list | tuple) else [value]


def _data(event: Json) -> Json:
    return event["data"] if isinstance(event, Mapping) and event.keys() == {"event", "data"} else event


@cache
def _checker() -> Checker:
    return Checker(types())


def _reply_faults(operation: Operation, value: Json) -> list[str]:
    return _checker().reply_errors(operation, value)


def _event_faults(operation: Operation, value: Json) -> list[str]:
    if operation.event is None:
        return []
    schema: Object = types().closure(operation.event)
    return [error.message for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(value)]


CHECKS: tuple[Callable[[Meant], Iterator[str]], ...] = (_unfit, _never_due, _unreached, _impossible, _misfits)
