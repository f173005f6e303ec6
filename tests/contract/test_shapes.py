"""Shapes of JSON, and where two of them differ."""

from __future__ import annotations

from typing import Any

from fakeopenai.contract.shapes import Difference, differences, shape


def differing(recorded: Any, ours: Any) -> list[Difference]:
    return list(differences(shape(recorded), shape(ours)))


def test_values_of_one_kind_have_one_shape() -> None:
    assert differing({"id": "a", "created": 1}, {"id": "b", "created": 2.5}) == []


def test_a_missing_key_is_told_without_what_lies_below_it() -> None:
    assert differing({"usage": {"total": 1}}, {}) == [Difference("usage", "object", "absent")]


def test_a_key_too_many_is_told() -> None:
    assert differing({}, {"usage": {"total": 1}}) == [Difference("usage", "absent", "object")]


def test_a_wrong_type_is_told() -> None:
    assert differing({"n": 1}, {"n": "1"}) == [Difference("n", "number", "string")]


def test_null_is_a_kind_of_its_own() -> None:
    assert differing({"error": None}, {"error": {"code": 1}}) == [Difference("error", "null", "object")]


def test_words_that_tell_objects_apart_must_be_the_same() -> None:
    assert differing({"object": "list"}, {"object": "page"}) == [Difference("object", '"list"', '"page"')]


def test_how_many_members_a_list_has_does_not_matter_but_whether_it_has_any() -> None:
    assert differing({"data": [1, 2, 3]}, {"data": [4]}) == []
    assert Difference("data", "list", "empty list") in differing({"data": [1]}, {"data": []})


def test_a_key_that_only_some_members_have_is_told() -> None:
    assert differing([{"a": 1}, {"a": 1}], [{"a": 1}, {}]) == [Difference("[].a", "number", "absent | number")]


def test_members_of_each_type_are_compared_with_each_other() -> None:
    recorded = [{"type": "text", "text": "a"}, {"type": "image", "url": "b"}]
    ours = [{"type": "text", "text": "a"}, {"type": "image", "url": None}]

    assert differing(recorded, ours) == [Difference("[image].url", "string", "null")]


def test_the_order_of_types_matters() -> None:
    text, call = {"type": "text"}, {"type": "call"}

    assert differing([text, text, call], [text, call, call]) == []
    assert differing([text, call], [call, text]) == [Difference("", "list of text, call", "list of call, text")]


def test_keys_of_the_callers_own_are_not_compared() -> None:
    assert differing({"metadata": {"a": "1"}}, {"metadata": {"b": "1"}}) == []
