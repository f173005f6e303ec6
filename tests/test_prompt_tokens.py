"""Prompts cost what the API billed for them; the numbers are those of recorded requests, but where a test says so."""

from __future__ import annotations

import struct
from base64 import b64encode

import pytest

from fakeopenai import media_tokens, models, typescript
from fakeopenai.tokens import input_tokens, prompt_tokens
from fakeopenai.turn import Format, Media, Message, Prompt, Tool, ToolCall

TEXT = Format()


def prompt(
    model: str, *messages: Message, tools: tuple[Tool, ...] = (), form: Format = TEXT, choice: str = "auto"
) -> Prompt:
    found = models.find(model)
    assert found
    return Prompt(model=found, messages=messages, tools=tools, format=form, choice=choice)


USER = Message("user", "What's 123 * 456?")
CALCULATOR = Tool(
    "calculator",
    "Performs basic arithmetic",
    {
        "type": "object",
        "properties": {"expression": {"type": "string", "description": "Math expression to evaluate"}},
        "required": ["expression"],
    },
)
SECRET = Tool(
    "secret_retrieval_tool",
    "A tool that requires a password to retrieve a secret.",
    {
        "type": "object",
        "properties": {"password": {"type": "string", "title": "Password"}},
        "required": ["password"],
        "additionalProperties": False,
    },
    strict=True,
)
COUNTRY = {
    "type": "object",
    "properties": {"country": {"type": "string"}},
    "required": ["country"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("model", "tokens"), [("gpt-3.5-turbo", 8), ("gpt-4o", 8), ("gpt-4.1", 8), ("o3", 7), ("gpt-5", 7)]
)
def test_a_word_costs_its_message_too(model: str, tokens: int) -> None:
    assert prompt_tokens(prompt(model, Message("user", "Hello"))) == tokens


def test_a_name_costs_its_tokens() -> None:
    """The conversation of the cookbook's "How to count tokens", for which gpt-4o billed 124."""
    system = "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."
    asked = prompt(
        "gpt-4o",
        Message("system", system),
        Message("system", "New synergies will help drive top-line growth.", name="example_user"),
        Message("system", "Things working well together will increase revenue.", name="example_assistant"),
        Message(
            "system",
            "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
            name="example_user",
        ),
        Message("system", "Let's talk later when we're less busy about how to do better.", name="example_assistant"),
        Message("user", "This late pivot means we don't have time to boil the ocean for the client deliverable."),
    )

    assert prompt_tokens(asked) == 124


def test_an_answer_in_a_channel_costs_two_more() -> None:
    asked = prompt("gpt-5", Message("user", "What is 2+2?"), Message("assistant", "The answer is"))

    assert prompt_tokens(asked) == 22


@pytest.mark.parametrize(("choice", "tokens"), [("auto", 44), ("required", 44), ("get_weather", 53)])
def test_a_tool_costs_its_declaration(choice: str, tokens: int) -> None:
    schema = {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}
    weather = Tool("get_weather", "Get weather", schema)
    asked = prompt("gpt-4o-mini", Message("user", "What's the weather?"), tools=(weather,), choice=choice)

    assert prompt_tokens(asked) == tokens


def test_a_described_parameter_costs_its_comment() -> None:
    assert prompt_tokens(prompt("gpt-4.1-nano", USER, tools=(CALCULATOR,))) == 53


def test_tools_of_a_model_that_speaks_in_channels_come_with_a_fixed_text() -> None:
    roll = Tool(
        "dice_roll", "Rolls a single six-sided die and returns the result", {"type": "object", "properties": {}}
    )
    asked = prompt(
        "gpt-5-nano",
        Message("user", "Roll a die for me"),
        Message("assistant", calls=(ToolCall("dice_roll", "{}", "call_1"),)),
        Message("tool", "{roll: 1}", answers="call_1"),
        tools=(roll,),
    )

    assert prompt_tokens(asked) == 159


def test_a_call_and_its_result_name_the_tool() -> None:
    call = ToolCall("calculator", '{"expression":"123 * 456"}', "call_1")
    asked = prompt(
        "gpt-4.1-nano",
        USER,
        Message("assistant", calls=(call,)),
        Message("tool", "56088", answers="call_1"),
        tools=(CALCULATOR,),
    )

    assert prompt_tokens(asked) == 79


def test_several_calls_are_written_as_one() -> None:
    calls = (
        ToolCall("secret_retrieval_tool", '{"password": "mellon"}', "call_1"),
        ToolCall("secret_retrieval_tool", '{"password": "radiance"}', "call_2"),
    )
    asked = prompt(
        "gpt-4o",
        Message("system", "Use parallel tool calling."),
        Message("user", "Please retrieve the secrets associated with each of these passwords: mellon,radiance"),
        Message("assistant", calls=calls),
        Message("tool", "Welcome to Moria!", answers="call_1"),
        Message("tool", "Life before Death", answers="call_2"),
        tools=(SECRET,),
    )

    assert prompt_tokens(asked) == 149


def test_a_forced_tool_costs_its_name_again() -> None:
    auto = prompt("gpt-4o", USER, tools=(CALCULATOR,))
    forced = prompt("gpt-4o", USER, tools=(CALCULATOR,), choice="calculator")

    assert prompt_tokens(forced) - prompt_tokens(auto) == 9


def test_the_tools_of_a_response_cost_less_than_those_of_a_chat() -> None:
    """Differences of recorded charges for like requests."""
    models_and_less = {"gpt-4o": 6, "gpt-5": 82}

    asked = {model: prompt(model, USER, tools=(CALCULATOR,)) for model in models_and_less}

    assert {model: prompt_tokens(each) - input_tokens(each) for model, each in asked.items()} == models_and_less


def test_a_response_without_tools_costs_what_a_chat_does() -> None:
    asked = prompt("gpt-5", Message("system", "Be brief."), USER, Message("assistant", "56088"))

    assert input_tokens(asked) == prompt_tokens(asked)


@pytest.mark.parametrize(("count", "tokens"), [(1, 11), (2, 20)])
def test_calls_in_a_response_are_written_one_by_one(count: int, tokens: int) -> None:
    """Each with its name twice and 5, or 6 if alone, besides its arguments."""
    calls = tuple(ToolCall("get_weather", "{}", f"call_{number}") for number in range(count))
    asked = prompt("gpt-4o", USER, Message("assistant", calls=calls))

    assert input_tokens(asked) == input_tokens(prompt("gpt-4o", USER)) + 4 + tokens


def test_a_form_in_a_response_costs_its_text_and_one() -> None:
    form = Format("json_schema", "response", COUNTRY, strict=True)
    shown = '# Response Formats\n\n## response\n\n{"type":"object","properties":{"country":{"type":"string"}}}'
    spelled = prompt("gpt-4.1", Message("system", shown), USER)

    assert input_tokens(prompt("gpt-4.1", USER, form=form)) == input_tokens(spelled) - 3


def test_a_strict_form_is_shown_without_what_strictness_demands() -> None:
    form = Format("json_schema", "response", COUNTRY, strict=True)
    shown = '# Response Formats\n\n## response\n\n{"type":"object","properties":{"country":{"type":"string"}}}'
    spelled = prompt("gpt-4.1", Message("system", shown), USER)

    assert prompt_tokens(prompt("gpt-4.1", USER, form=form)) == prompt_tokens(spelled) + 3


def test_a_property_named_like_a_keyword_is_shown() -> None:
    schema = {"type": "object", "properties": {"required": {"type": "string"}}}
    bare = {"type": "object", "properties": {}}
    with_it, without = (Format("json_schema", "response", each) for each in (schema, bare))

    assert prompt_tokens(prompt("gpt-4o", USER, form=with_it)) > prompt_tokens(prompt("gpt-4o", USER, form=without)) + 4


def test_arguments_that_are_no_json_cost_their_text() -> None:
    broken = Message("assistant", calls=(ToolCall("calculator", '{"expression":', "call_1"),))

    assert prompt_tokens(prompt("gpt-4o", USER, broken)) == prompt_tokens(prompt("gpt-4o", USER)) + 4 + 3 + 2 + 3


def test_a_schema_is_shown_as_typescript() -> None:
    tool = Tool(
        "find",
        "Finds a place.\n\n  Anywhere.",
        {
            "type": "object",
            "properties": {
                "place": {"$ref": "#/$defs/Place"},
                "unit": {"enum": ["c", "f"], "default": "c"},
                "tags": {"type": "array", "items": {"type": ["string", "null"]}, "title": "Tags"},
                "more": {"anyOf": [{"const": 1}, {"type": "array"}, {"type": "object"}]},
            },
            "required": ["place"],
            "$defs": {"Place": {"type": "object", "properties": {"in": {"$ref": "#/$defs/Place"}}}},
        },
    )

    assert typescript.declaration(tool) == (
        "// Finds a place.\n// Anywhere.\ntype find = (_: {\n"
        "place: { in?: Place },\n"
        'unit?: "c" | "f", // default: "c"\n'
        "// Tags\ntags?: string | null[],\n"
        "more?: 1 | any[] | object,\n"
        "}) => any;\n\n"
    )


def test_a_tool_without_parameters_is_a_function_of_nothing() -> None:
    assert typescript.declaration(Tool("now")) == "type now = () => any;\n\n"


def test_a_custom_tool_shows_its_grammar() -> None:
    settings = {"type": "grammar", "syntax": "regex", "definition": "[0-9]+"}
    tool = Tool("number", "A number.", kind="custom", settings=settings)

    assert typescript.declaration(tool) == (
        "// A number.\n// regex grammar:\n// [0-9]+\ntype number = (FREEFORM) => any;\n\n"
    )


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("gpt-4o", (200, 300), 255),
        ("gpt-4o", (2560, 1706), 1105),
        ("gpt-4o-mini", (100, 100), 8500),
        ("gpt-5", (1, 1), 210),
        ("gpt-4.1-nano", (1, 1), 4),
        ("gpt-4.1-nano", (128, 128), 41),
        ("gpt-4.1-nano", (2560, 1706), 3662),
        ("gpt-5-nano", (16, 16), 3),
        ("gpt-5-nano", (2560, 1706), 2233),
    ],
)
def test_an_image_costs_what_its_size_does(model: str, size: tuple[int, int], tokens: int) -> None:
    assert media_tokens.image(size, model) == tokens


def test_an_image_in_low_detail_costs_one_look() -> None:
    assert media_tokens.image((4000, 4000), "gpt-4o", "low") == 85


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480), (640, 480)),
        (b"GIF89a" + struct.pack("<HH", 320, 200), (320, 200)),
        (b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + b"\x3f\x01\0\xc7\0\0", (320, 200)),
        (b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 319 | 199 << 14), (320, 200)),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", 320, 200), (320, 200)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x11\x08" + struct.pack(">HH", 200, 320), (320, 200)),
        (b"\xff\xd8\xff\xe0\0\x04ab", (1024, 1024)),
        (b"\x89PNG", (1024, 1024)),
        (b"", (1024, 1024)),
    ],
)
def test_the_size_of_an_image_is_read_from_its_head(data: bytes, size: tuple[int, int]) -> None:
    assert media_tokens.image_size(data) == size


def wav(seconds: float, rate: int = 32_000) -> bytes:
    return b"RIFF" + bytes(24) + struct.pack("<I", rate) + bytes(12) + bytes(int(seconds * rate))


def test_a_sound_costs_ten_tokens_a_second() -> None:
    sound = Media("audio", b64encode(wav(6.96)).decode(), name="wav")
    said = prompt("gpt-4o-audio-preview", Message("user", "Hello", (sound,)))

    assert prompt_tokens(said) == 8 + 73


@pytest.mark.parametrize(
    ("source", "tokens"),
    [
        ("data:text/plain;base64," + b64encode(b"Hello world").decode(), 2),
        ("data:application/pdf;base64," + b64encode(b"%PDF-1.4 /Type /Pages /Type /Page /Type/Page").decode(), 430),
        ("file-7c1sXrDaX4qfCnb9aSnzzy", 215),
        ("data:text/plain;base64,???", 215),
    ],
)
def test_a_file_costs_its_text_or_a_guess(source: str, tokens: int) -> None:
    asked = prompt("gpt-4o", Message("user", "Hello", (Media("file", source),)))

    assert prompt_tokens(asked) == 8 + tokens
