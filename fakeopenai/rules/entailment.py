"""Whether one rule's conditions follow from another's: then what fits the one fits the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fakeopenai.operations import Operation
from fakeopenai.rules.conditions import Combination, Condition, Fact

TEXTUAL = ("contains", "contains_exactly")
UNKNOWN = ("where", "schema")
"""Tests whose words don't tell one from another."""


def names_operations(condition: Condition) -> bool:
    """Whether a condition speaks of operations at all."""
    if isinstance(condition, Fact):
        return condition.operator == "operation"
    return any(map(names_operations, condition.parts))


def may_fit(condition: Condition, operation: Operation) -> bool:
    """Whether a call of this operation can fit at all."""
    if isinstance(condition, Fact):
        return condition.operator != "operation" or condition.test.passes([operation])
    match condition.mode:
        case "all":
            return all(may_fit(part, operation) for part in condition.parts)
        case "any":
            return any(may_fit(part, operation) for part in condition.parts)
        case "not":
            return not any(_is_about_operation(part) and may_fit(part, operation) for part in condition.parts)


def follows(wanted: Condition, given: Condition, operations: Sequence[Operation]) -> bool:
    """Whether every call of these operations that fits what is given fits what is wanted; in doubt not."""
    if isinstance(wanted, Fact) and wanted.operator == "operation":
        return all(map(wanted.test.passes, ([operation] for operation in operations)))
    if isinstance(wanted, Fact):
        return any(_fact_follows(wanted, part, operations) for part in _parts(given))
    match wanted.mode:
        case "all":
            return all(follows(part, given, operations) for part in wanted.parts)
        case "any":
            return any(follows(part, given, operations) for part in wanted.parts) or any(
                _in_each(wanted, part, operations) for part in _parts(given)
            )
        case "not":
            return all(_is_excluded(part, given, operations) for part in wanted.parts)


def _fact_follows(wanted: Fact, part: Condition, operations: Sequence[Operation]) -> bool:
    return _implies(part, wanted) if isinstance(part, Fact) else _in_each(wanted, part, operations)


def _in_each(wanted: Condition, part: Condition, operations: Sequence[Operation]) -> bool:
    """Whether it follows whichever of the alternatives holds."""
    if not isinstance(part, Combination) or part.mode != "any":
        return False
    return all(follows(wanted, alternative, operations) for alternative in part.parts)


def _is_excluded(part: Condition, given: Condition, operations: Sequence[Operation]) -> bool:
    """Whether something that follows from the part is excluded by what is given."""
    nots = (other for other in _parts(given) if isinstance(other, Combination) and other.mode == "not")
    return any(follows(excluded, part, operations) for other in nots for excluded in other.parts)


def _parts(condition: Condition) -> Iterator[Condition]:
    """All that holds when the condition does."""
    if isinstance(condition, Combination) and condition.mode == "all":
        for part in condition.parts:
            yield from _parts(part)
    else:
        yield condition


def _implies(given: Fact, wanted: Fact) -> bool:
    if given.subject.words != wanted.subject.words or wanted.operator in UNKNOWN:
        return False
    if (given.operator, given.test.words, given.test.text) == (wanted.operator, wanted.test.words, wanted.test.text):
        return True
    if given.test.text is None or given.subject.takes != "text":
        return False
    if given.operator in TEXTUAL:  # what is contained in a part is contained in the whole
        return wanted.operator in {"contains", given.operator} and wanted.test.passes([given.test.text])
    return wanted.test.passes([given.test.text])


def _is_about_operation(condition: Condition) -> bool:
    if isinstance(condition, Fact):
        return condition.operator == "operation"
    return all(map(_is_about_operation, condition.parts))
