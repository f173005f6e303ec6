"""Rules in files, and what is said about mistakes in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakeopenai.rules import RuleError, load
from fakeopenai.rules.files import parse
from fakeopenai.rules.yaml12 import json, yaml

EXAMPLE = """\
# Two rules
- name: weather
  when:
    operation: chat
    model: gpt-*
    matches: weather in (?P<city>\\w+)
  say: Sunny in {{ city }}
  times: 2

- when: {operation: POST /embeddings}
  then:
    - error: rate_limit
    - {}
"""


def test_a_file_has_rules_in_order(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(EXAMPLE)

    rules = load([file])

    assert [rule.label for rule in rules] == ["weather", f"{file}:10"]
    assert rules[0].words["times"] == 2


def test_a_directory_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"name": "b"}')
    (tmp_path / "a.yml").write_text("rules: [{name: a1}, {name: a2}]")
    (tmp_path / "notes.txt").write_text("not a rule")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "d.yaml").write_text("- name: d")

    assert [rule.name for rule in load([tmp_path])] == ["a1", "a2", "b", "d"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- say: a\n  tiems: 2", "2: unknown key 'tiems' in a rule; did you mean 'times'?"),
        (
            "- when:\n    operation: chat\n    contians: a",
            "3: unknown key 'contians' in 'when'; did you mean 'contains'?",
        ),
        ("- say: a\n- say: 12", "2: 'say' must be text, got the number 12; put it in quotes"),
        ("- times: two", "1: 'times' must be a whole number from 1, got the text 'two'"),
        (
            "- when:\n    matches: '('",
            "2: bad regular expression '(': missing ), unterminated subpattern at position 0",
        ),
        ("- when:\n    nth: 2", "2: 'nth' belongs to the rule, not to its 'when': write it beside 'when', or .nth(…)"),
        ("- error: rate_limti", "1: unknown error 'rate_limti'; did you mean 'rate_limit'?"),
        ("- when:\n    operation: chatt", "2: unknown operation 'chatt'; did you mean 'chat'?"),
        ("- when: {operation: POST /chat/completion}", "1: unknown operation 'POST /chat/completion'; did you mean"),
        ("- say: a\n  say: b", "2: 'say' is there twice, first in line 1"),
        (
            "- say: a\n\n\n  error: rate_limit",
            "4: 'say' and 'error' exclude each other; put one after the other in 'then'",
        ),
        ("- then:\n  - say: a\n  - sya: b", "3: unknown key 'sya' in 'then'; did you mean 'say'?"),
        ("- say: '{{ city }}'", "1: nothing is called 'city' in 'say'"),
        ("- say: 'a {{ b'", "1: 'say' has '{{' without its end"),
        ("- when: {body: {'a[': 1}}", "1: malformed path 'a['"),
        ("- when: {where: x}", "1: 'where' must be a Python function that takes the call, got the text 'x'"),
        ("- finish: done\n  say: a", "1: unknown finish 'done'; valid are content_filter, length, stop, tool_calls"),
        ("- delay: -1", "1: 'delay' must be a number from 0, got the number -1"),
        ("- when: [a]", "1: 'when' must be a mapping, got a list"),
        ("rules: {a: 1}", "1: 'rules' must be a list of rules, got a mapping"),
        ("just a text", "1: 'rules' must be a list of rules, got the text 'just a text'"),
        ("- say: [a\n- b: c", "2: not YAML: "),
        ("- say: \x07", " not YAML: "),
        ("- {[a]: 1}", "1: a key must be text"),
        ("- &a\n  then: [*a]", "1: not YAML: found unconstructable recursive node"),
        ("rulez: []", "1: unknown key 'rulez' in a file of rules; did you mean 'rules'?"),
        (f"- say: a\n  times: {'1' * 5000}", "2: Exceeds the limit (4300 digits)"),
        (f"- when: {'{not: ' * 500}{'}' * 500}", " it is nested too deeply"),
        ("- delay: .inf", "1: 'delay' must be a number from 0, got the number inf"),
        ("- then: []", "1: 'then' must be a mapping, or a list of some, got an empty list"),
        ("- cut: {}", "1: 'cut' must be a mapping with one of events, bytes, "),
        ("- when: {media: imag}", "1: unknown media 'imag'; did you mean 'image'?"),
        ("- when: {schema: {type: txt}}", '1: bad JSON Schema: "txt" is not valid under any of the schemas'),
        ("- reply: {status: 1000}", "1: 'status' must be a status from 200 to 999, got the number 1000"),
        ("- reply: {status: 101}", "1: 'status' must be a whole number from 200, got the number 101"),
        ("- reply: {headers: {'x y': a}}", "1: no header can be called 'x y'"),
        ('- reply: {headers: {x: "a\\r\\ny: b"}}', "1: no header can hold 'a\\r\\ny: b'"),
        ("- error: {name: rate_limit, headers: {x: €}}", "1: no header can hold '€': only one line, of characters"),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_the_nearest_word(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(text, "rules.yaml")

    assert str(caught.value).startswith(f"rules.yaml:{message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[\n {"say": "a"},\n {"say": "b",\n\t"tiems": 2}]', "4: unknown key 'tiems' in a rule; did you mean 'times'?"),
        ('[\n {"say": "a",}]', "2: not JSON: "),
        ('{"say": "a", "say": "b"}', "1: 'say' is there twice, first in line 1"),
        ("- say: a", "1: not JSON: "),
    ],
)
def test_mistakes_in_json_have_their_line_too(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(text, "rules.json")

    assert str(caught.value).startswith(f"rules.json:{message}")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rules.txt", b"", "rules are read from .yaml, .yml, .json"),
        ("rules.yaml", b"\xff\xfe\xff", "can't be read: "),
        ("", b"", "there is no such file or directory"),
    ],
)
def test_files_that_are_no_rules_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    if name:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(RuleError) as caught:
        load([tmp_path / (name or "missing.yaml")])

    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "rules: []"])
def test_a_file_may_have_no_rules(text: str) -> None:
    assert parse(text, "rules.yaml") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on", "on"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("-1.5e3", -1500.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("~", None),
        ("{a: null, 1: [x]}", {"a": None, "1": ["x"]}),
        ("<<: a", {"<<": "a"}),
        ("=", "="),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_yaml_is_that_of_1_2(text: str, expected: Any) -> None:
    assert yaml(text, "a.yaml") == expected


def test_infinities_are_numbers() -> None:
    assert yaml("[.inf, -.INF]", "a.yaml") == [float("inf"), float("-inf")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'"\ud83d\ude00 \\ud83d \/ \t"', "😀 \\ud83d / \t"),
        ('{\t"a":1,"b":-2.5E+3}', {"a": 1, "b": -2500.0}),
        ('"on"', "on"),
        ("null", None),
    ],
)
def test_json_is_read_as_it_is(text: str, expected: Any) -> None:
    assert json(text, "a.json") == expected
