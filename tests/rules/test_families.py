"""Rules written in Python have the words of the files, and a name for each family of operations."""

from __future__ import annotations

import pytest

from fakeopenai.operations import Operations
from fakeopenai.rules import On, RuleBook, Script, When, conditions, on, rule, schema
from fakeopenai.rules.families import Family
from tests.rules.calls import chat

FAMILIES = [name for name, member in vars(On).items() if isinstance(member, Family)]

IMPLIED = {"when", "steps", "schema"}
"""Words of the files that Python says by beginning a rule, and by saying one thing after another."""


def test_every_family_of_operations_has_its_name() -> None:
    known = {operation.id.removeprefix("beta.").partition(".")[0] for operation in Operations.load().all.values()}

    assert set(FAMILIES) == known


@pytest.mark.parametrize("family", FAMILIES)
def test_a_name_begins_what_its_word_begins(family: str) -> None:
    assert getattr(on, family)(contains="Hi").say("Hello").words == on(family, contains="Hi").say("Hello").words


def test_a_name_begins_a_rule_in_its_book() -> None:
    rules = RuleBook()

    script = rules.on.chat(contains="weather").say("Sunny")

    assert rules.first(chat("weather")) is script.rule


def test_python_has_the_words_of_the_files_for_what_follows() -> None:
    methods = {name for name in vars(Script) if not name.startswith("_")} - {"words"}

    assert methods | IMPLIED == set(rule.WORDS)


def test_python_has_the_words_of_the_files_for_conditions() -> None:
    words = {name.rstrip("_") for name in When.__annotations__}

    assert words | {"operation"} == set(conditions.WORDS)


def test_the_schema_of_the_files_has_these_words_too() -> None:
    definitions = schema.schema()["$defs"]

    assert definitions["rule"]["properties"].keys() == set(rule.WORDS)
    assert definitions["when"]["properties"].keys() == {*conditions.WORDS} - {"where"}
