"""Mistakes in rules that can be read: what never speaks, and what the API would never answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jsonschema_rs

from fakeopenai import api
from fakeopenai.operations import Operation, Operations
from fakeopenai.rules import template
from fakeopenai.rules.entailment import follows, may_fit
from fakeopenai.rules.files import files, read
from fakeopenai.rules.reading import RuleError
from fakeopenai.rules.rule import Life, Rule
from fakeopenai.schema import Checker, types
from fakeopenai.wire import Json, Object

TOLD = 3
"""So many mistakes of one body are told."""


class Meant(NamedTuple):
    """A rule and the operations that it can fit."""

    rule: Rule
    operations: tuple[Operation, ...]


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
    meant = [Meant(rule, _operations(rule)) for rule in rules]
    findings: list[str] = []
    for place, each in enumerate(meant):
        said = [*_own(each), *_shadows(each, meant[:place])]
        findings += [f"{each.rule.source}: {finding}" for finding in said]
    return findings


def _own(meant: Meant) -> Iterator[str]:
    for find in CHECKS:
        yield from find(meant)


def _operations(rule: Rule) -> tuple[Operation, ...]:
    return tuple(
        operation for operation in _all_operations() if may_fit(rule.when, operation) and _heard(rule, operation)
    )


@cache
def _all_operations() -> tuple[Operation, ...]:
    return tuple(Operations.load().all.values())


def _heard(rule: Rule, operation: Operation) -> bool:
    return rule.concerns(operation, asks=str(operation) in api.READERS)


def _unfit(meant: Meant) -> Iterator[str]:
    if meant.operations:
        return
    fitting = [operation for operation in _all_operations() if may_fit(meant.rule.when, operation)]
    if fitting:
        yield f"never speaks: it says something for the model, and '{fitting[0]}' asks none"
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


def _shadows(meant: Meant, above: Sequence[Meant]) -> Iterator[str]:
    """The first rule above that always speaks in this one's place."""
    for other in above:
        if _covers(other, meant):
            yield f"never speaks: '{other.rule.label}' stands above it and fits all that this one fits"
            return


def _covers(above: Meant, below: Meant) -> bool:
    if above.rule.life != Life() or not below.operations:
        return False
    if not {*below.operations} <= {*above.operations}:
        return False
    return follows(above.rule.when, below.rule.when, below.operations)


# Answers in the model's place


def _misfits(meant: Meant) -> Iterator[str]:
    """Bodies and events that fit none of the operations that the rule names. What was recorded is as it was."""
    if len(meant.operations) in {0, len(_all_operations())} or meant.rule.exact:
        return
    for outcome in _outcomes(meant.rule.words):
        if isinstance(reply := outcome.get("reply"), Mapping) and reply.get("status", 200) < 300:
            yield from _misfit(reply, meant.operations)


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
    found = [check(operation, value) for operation in operations]
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


CHECKS: tuple[Callable[[Meant], Iterator[str]], ...] = (_unfit, _never_due, _unreached, _misfits)
