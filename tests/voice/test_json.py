from __future__ import annotations

import json
from typing import Any

import pytest

from fakeopenai.turn import Format
from tests.voice.prompts import ask, made, said


def record(**properties: Any) -> Any:
    schemas = {name: {"type": part} if isinstance(part, str) else part for name, part in properties.items()}
    return {"type": "object", "properties": schemas, "required": list(schemas), "additionalProperties": False}


OPTIONAL = {"anyOf": [{"type": "string"}, {"type": "null"}]}
SCHEMAS: list[tuple[str, Any, Any]] = [
    ("Extract: Jason is 25 years old", record(name="string", age="integer"), {"name": "Jason", "age": 25}),
    (
        "Alice and Bob are going to a science fair on Friday.",
        record(participants={"type": "array", "items": {"type": "string"}}),
        {"participants": ["Alice", "Bob"]},
    ),
    ("What is 2+2?", record(answer="integer"), {"answer": 4}),
    ("The capital of France is Paris", record(city="string", country="string"), {"city": "Paris", "country": "France"}),
    (
        "What is the weather in SF? It is 18 degrees celsius there.",
        record(temperature="number", unit={"type": "string", "enum": ["celsius", "fahrenheit"]}),
        {"temperature": 18, "unit": "celsius"},
    ),
    (
        "Classify: I love it!",
        record(sentiment={"type": "string", "enum": ["positive", "negative", "neutral"]}),
        {"sentiment": "positive"},
    ),
    (
        "Classify: this is awful",
        record(sentiment={"type": "string", "enum": ["positive", "negative", "neutral"]}),
        {"sentiment": "negative"},
    ),
    (
        "The user is «Zoë», email zoe@example.org",
        record(name="string", email="string", phone=OPTIONAL),
        {"name": "Zoë", "email": "zoe@example.org", "phone": None},
    ),
    (
        "Paris is in France",
        record(city="string", population={"type": ["integer", "null"]}),
        {"city": "Paris", "population": None},
    ),
    (
        "I am 30",
        {
            "type": "object",
            "properties": {"who": {"$ref": "#/$defs/P"}},
            "required": ["who"],
            "$defs": {"P": record(age="integer")},
        },
        {"who": {"age": 30}},
    ),
]


@pytest.mark.parametrize(("text", "schema", "expected"), SCHEMAS)
def test_a_structured_answer_takes_its_values_from_the_prompt(text: str, schema: Any, expected: Any) -> None:
    assert made(text, schema) == expected


def test_a_joke_has_a_setup_and_a_punchline() -> None:
    schema = record(setup="string", punchline="string")
    joke = made("Tell me a joke about cats.", schema)
    assert "cats" in joke["setup"]
    assert joke["punchline"]


def test_steps_and_a_final_answer_are_filled() -> None:
    step = record(explanation="string", output="string")
    schema = record(steps={"type": "array", "items": step}, final_answer="string")
    tutor = made("solve 8 + 7", schema)
    assert tutor["steps"]
    assert "15" in tutor["final_answer"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            (
                "Tell me a joke about cats. Return the result as a JSON with "
                "'setup' and 'punchline' keys. Return nothing other than JSON."
            ),
            {"setup", "punchline"},
        ),
        ("Respond with JSON with keys a, b", {"a", "b"}),
        ("Give me a JSON object with the fields name and age", {"name", "age"}),
        ("Who won the world series in 2020? Please respond in the format {winner: ...} as json", {"winner"}),
        ('Return JSON like {"city": "<string>", "population": 0}', {"city", "population"}),
        ('Answer as JSON: {"answer": string, "confidence": number}', {"answer", "confidence"}),
        ("Output JSON containing `title`, `year` and `tags`.", {"title", "year", "tags"}),
        ("Return a JSON object with properties: id (integer), done (boolean).", {"id", "done"}),
        ("What is 2+2? Use the key “answer”. JSON please", {"answer"}),
        ("Say hello in JSON", {"answer"}),
        ("Réponds en JSON avec les clés `nom` et `âge`", {"nom", "âge"}),
        ('Antworte in JSON mit den Schlüsseln "name" und "größe"', {"name", "größe"}),
    ],
)
def test_a_json_object_has_the_keys_that_the_prompt_names(text: str, keys: set[str]) -> None:
    assert set(made(text)) == keys


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Extract name and age as JSON with keys name, age: Jason is 25 years old", {"name": "Jason", "age": 25}),
        ("Ivan is 28 years old. Reply in JSON with the keys 'name' and 'age'.", {"name": "Ivan", "age": 28}),
        ('Jane lives in Oslo. Return JSON: {"name": "string", "city": "string"}', {"name": "Jane", "city": "Oslo"}),
        ("What is 3 * 4? Respond in JSON with the key answer (integer)", {"answer": 12}),
        ('Return JSON with keys "name" and "age" for Alice who is 30.', {"name": "Alice", "age": 30}),
        ('Extract as JSON like {"year": 0}: Blade Runner came out in 1982.', {"year": 1982}),
        ("Réponds en JSON avec les clés `nom` et `âge`: Marie a 27 ans.", {"nom": "Marie", "âge": 27}),
    ],
)
def test_the_values_of_a_json_object_come_from_the_prompt(text: str, expected: Any) -> None:
    assert made(text) == expected


def test_a_schema_in_the_system_message_is_kept_to() -> None:
    schema = {
        "properties": {"name": {"title": "Name", "type": "string"}, "age": {"title": "Age", "type": "integer"}},
        "required": ["name", "age"],
        "title": "User",
        "type": "object",
    }
    system = (
        "As a genius expert, your task is to understand the content and provide the parsed objects in json "
        f"that match the following json_schema:\n\n{json.dumps(schema, indent=2)}\n\nMake "
        f"sure to return an instance of the JSON, not the schema itself"
    )
    assert made("Extract: Jason is 25 years old", system=system) == {"name": "Jason", "age": 25}


def test_types_that_stand_beside_keys_are_kept_to() -> None:
    value = made("Return a JSON object with properties: id (integer), done (boolean), tags (list), ratio (float).")
    assert [type(part) for part in value.values()] == [int, bool, list, float] or isinstance(value["ratio"], int)


def test_a_demand_to_refuse_is_met_with_a_refusal() -> None:
    form = Format("json_schema", "made", record(answer="string"), strict=True)
    turn = ask("Please refuse to answer this.", format=form)
    assert turn.refusal
    assert not turn.text


def test_a_harmful_request_for_structure_is_refused() -> None:
    form = Format("json_schema", "made", record(answer="string"), strict=True)
    assert ask("how do I make anthrax?", format=form).refusal


@pytest.mark.parametrize(
    "text",
    [
        "Respond only with JSON: what is 2+2? Use the key 'answer'.",
        'Answer in valid JSON, as {"answer": "..."}. What is 2+2?',
    ],
)
def test_json_in_plain_text_is_bare(text: str) -> None:
    assert set(json.loads(said(text))) == {"answer"}


def test_json_stands_in_a_fence_where_the_prompt_shows_one() -> None:
    text = said("What is 2+2? Return the answer in a ```json code block with the key answer.")
    assert text.startswith("```json\n{")
    assert text.endswith("}\n```")


def test_an_array_is_given_where_one_is_asked_for() -> None:
    assert isinstance(json.loads(said("Return a JSON array of strings with three fruits")), list)
