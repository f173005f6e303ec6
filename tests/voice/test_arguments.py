from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import Draft202012Validator

from fakeopenai.turn import Tool
from tests.strategies import schemas
from tests.voice.prompts import arguments, ask, called, function

UNIT = {"type": "string", "enum": ["celsius", "fahrenheit"]}

ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("Extract: Jason is 25 years old", {"name": "string", "age": "integer"}, {"name": "Jason", "age": 25}),
    ("Ivan, aged 28, joined us", {"name": "string", "age": "integer"}, {"name": "Ivan", "age": 28}),
    (
        "My name is John Doe and I'm thirty-two years old",
        {"name": "string", "age": "integer"},
        {"name": "John Doe", "age": 32},
    ),
    ("weather in Berlin in fahrenheit", {"city": "string", "unit": UNIT}, {"city": "Berlin", "unit": "fahrenheit"}),
    ("weather in Berlin in °F please", {"city": "string", "unit": UNIT}, {"city": "Berlin", "unit": "fahrenheit"}),
    ("Set x=-1.5 and y=2", {"y": "number", "x": "number"}, {"y": 2, "x": -1.5}),
    ("price 19.99, quantity 3", {"quantity": "integer", "price": "number"}, {"quantity": 3, "price": 19.99}),
    ("Buy 3 shirts for $20", {"price": "number", "quantity": "integer"}, {"price": 20, "quantity": 3}),
    (
        "Book a table for four people at 7:30pm",
        {"party_size": "integer", "time": "string"},
        {"party_size": 4, "time": "19:30"},
    ),
    ("The meeting is on 2024-03-05", {"date": {"type": "string", "format": "date"}}, {"date": "2024-03-05"}),
    ("The meeting is on March 5, 2024", {"date": {"type": "string", "format": "date"}}, {"date": "2024-03-05"}),
    (
        "See you on 5 March 2024 at 14:30",
        {"when": {"type": "string", "format": "date-time"}},
        {"when": "2024-03-05T14:30:00Z"},
    ),
    (
        "Write to ana@example.org about «Rechnung»",
        {"to": {"type": "string", "format": "email"}, "subject": "string"},
        {"to": "ana@example.org", "subject": "Rechnung"},
    ),
    (
        "Send an email to bob@example.com saying I will be late",
        {"email": "string", "message": "string"},
        {"email": "bob@example.com", "message": "I will be late"},
    ),
    ("Fetch https://example.com/a?b=1 now", {"url": "string"}, {"url": "https://example.com/a?b=1"}),
    (
        "Fly from Lisbon to Oslo",
        {"destination": "string", "origin": "string"},
        {"destination": "Oslo", "origin": "Lisbon"},
    ),
    (
        "Book a flight from New York to Los Angeles on 2025-01-02",
        {"origin": "string", "destination": "string", "date": "string"},
        {"origin": "New York", "destination": "Los Angeles", "date": "2025-01-02"},
    ),
    (
        "I want apples, pears and plums",
        {"items": {"type": "array", "items": {"type": "string"}}},
        {"items": ["apples", "pears", "plums"]},
    ),
    ("sum 1, 2, 3 and 4", {"numbers": {"type": "array", "items": {"type": "integer"}}}, {"numbers": [1, 2, 3, 4]}),
    ("Sort 3.5, -1 and 2", {"values": {"type": "array", "items": {"type": "number"}}}, {"values": [3.5, -1, 2]}),
    (
        "a pizza with mushrooms, extra cheese and onions",
        {"size": {"type": "string", "enum": ["small", "large"], "default": "small"}},
        {"size": "small"},
    ),
    (
        "tag it red and blue",
        {"colors": {"type": "array", "items": {"type": "string", "enum": ["red", "green", "blue"]}}},
        {"colors": ["red", "blue"]},
    ),
    ("Turn the lights on without dimming", {"dim": "boolean"}, {"dim": False}),
    ("verbose: true", {"verbose": "boolean"}, {"verbose": True}),
    ("Where is order 12345?", {"order_id": "string"}, {"order_id": "12345"}),
    ("Cancel order ABC-987 please", {"order_id": "string"}, {"order_id": "ABC-987"}),
    ("What is the stock price of AAPL?", {"symbol": "string"}, {"symbol": "AAPL"}),
    ("Get me the price of Tesla stock", {"ticker": "string"}, {"ticker": "TSLA"}),
    (
        "Translate “guten Tag” to French",
        {"text": "string", "target_language": "string"},
        {"text": "guten Tag", "target_language": "French"},
    ),
    (
        "Convert 100 USD to EUR",
        {"amount": "number", "from_currency": "string"},
        {"amount": 100, "from_currency": "USD"},
    ),
    ("Calculate (3 + 4) * 5", {"expression": "string"}, {"expression": "(3 + 4) * 5"}),
    ("Search for the best pizza in Naples", {"query": "string"}, {"query": "the best pizza in Naples"}),
    ("Why is the sky blue?", {"question": "string"}, {"question": "Why is the sky blue?"}),
    ("Open the file src/main.py", {"path": "string"}, {"path": "src/main.py"}),
    (
        'The title is "Dune", its author is "Frank Herbert"',
        {"author": "string", "title": "string"},
        {"author": "Frank Herbert", "title": "Dune"},
    ),
    ("Note 「牛乳を買う」", {"text": "string"}, {"text": "牛乳を買う"}),
    ("Register user „Łukasz“", {"name": "string"}, {"name": "Łukasz"}),
    (
        "Convert 25 degrees Celsius to Fahrenheit",
        {"from_unit": UNIT, "to_unit": UNIT},
        {"from_unit": "celsius", "to_unit": "fahrenheit"},
    ),
    (
        "Create 'Team sync' on March 5, 2024 with Alice and Bob",
        {"title": "string", "attendees": {"type": "array", "items": {"type": "string"}}},
        {"title": "Team sync", "attendees": ["Alice", "Bob"]},
    ),
    (
        "Send a message to Bob saying hello there",
        {"recipient": "string", "message": "string"},
        {"recipient": "Bob", "message": "hello there"},
    ),
    ("kind: refund", {"kind": {"const": "refund"}}, {"kind": "refund"}),
    (
        "Set the priority to high",
        {"priority": {"type": "string", "enum": ["low", "medium", "high"]}},
        {"priority": "high"},
    ),
    (
        "It is in progress now",
        {"status": {"type": "string", "enum": ["todo", "in_progress", "done"]}},
        {"status": "in_progress"},
    ),
    (
        "John is 25 and Mary is 30",
        {
            "people": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                    "required": ["name", "age"],
                },
            }
        },
        {"people": [{"name": "John", "age": 25}, {"name": "Mary", "age": 30}]},
    ),
    (
        "Ana Silva lives in Porto",
        {
            "person": {
                "type": "object",
                "properties": {"first_name": {"type": "string"}, "last_name": {"type": "string"}},
                "required": ["first_name", "last_name"],
            }
        },
        {"person": {"first_name": "Ana", "last_name": "Silva"}},
    ),
    (
        "Just the city: Rome",
        {"city": "string", "nickname": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        {"city": "Rome", "nickname": None},
    ),
    ("Just the city: Rome", {"city": "string", "age": {"type": ["integer", "null"]}}, {"city": "Rome", "age": None}),
    (
        'Send an email to bob@example.com with subject "Hello Bob" saying "Lunch at 12?"',
        {"to": "string", "subject": "string", "body": "string"},
        {"to": "bob@example.com", "subject": "Hello Bob", "body": "Lunch at 12?"},
    ),
    ("Dim the lights to 30%", {"brightness": "integer"}, {"brightness": 30}),
    ("Invite Anna to lunch", {"recipient": "string"}, {"recipient": "Anna"}),
]


@pytest.mark.parametrize(("text", "properties", "expected"), ROWS)
def test_values_of_the_prompt_come_back_as_arguments(
    text: str, properties: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert arguments(text, **properties) == expected


def test_optional_arguments_nobody_spoke_of_are_left_out() -> None:
    tool = function(
        "get_weather",
        "Get weather",
        ("city",),
        city="string",
        unit=UNIT,
        days="integer",
        detailed="boolean",
        note="string",
    )
    assert called("What's the weather in Paris?", tool) == [("get_weather", {"city": "Paris"})]


def test_optional_arguments_that_were_spoken_of_are_there() -> None:
    tool = function("get_weather", "Get weather", ("city",), city="string", unit=UNIT, days="integer")
    assert called("What's the weather in Paris for the next 3 days in celsius?", tool) == [
        ("get_weather", {"city": "Paris", "unit": "celsius", "days": 3})
    ]


def test_references_of_a_schema_are_followed() -> None:
    tool = function("register", "Register a person", who={"$ref": "#/$defs/Person"})
    tool.parameters["$defs"] = {
        "Person": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
        }
    }
    assert called("Register Ana, 31 years old", tool)[0][1] == {"who": {"name": "Ana", "age": 31}}


def test_a_place_named_earlier_is_used_when_the_question_leaves_it_open() -> None:
    tool = function("get_weather", "Get the weather", city="string")
    (call,) = ask("I live in Porto.", "Nice!", "What's the weather like there?", tools=(tool,)).calls

    assert call.arguments == '{"city":"Porto"}'


TEXT = "Take 3 of 'x' to Paris on 2024-03-05, or ask ana@example.org"


@given(schemas())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_arguments_are_always_valid(schema: Any) -> None:
    inner = {key: part for key, part in schema.items() if key != "$defs"} if isinstance(schema, dict) else schema
    whole = {"type": "object", "properties": {"thing": inner}, "required": ["thing"]}
    whole |= {"$defs": schema["$defs"]} if isinstance(schema, dict) and "$defs" in schema else {}

    made = called(TEXT, Tool("the_tool", "", whole), choice="the_tool")[0][1]

    assert Draft202012Validator(whole).is_valid(made)
