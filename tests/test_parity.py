"""One voice through every mouth: asked the same, each family says the same at the same cost, whole and streamed.

The rows of the matrix are kinds of turns, its columns families of endpoints (`mouths`); all are held against a chat
completion. What is said is counted in one way; prompts in two, as the API does: as for chat completions, and as for
responses, where tools and forms cost a little less.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from fakeopenai.media import pictures
from fakeopenai.rules import Rule
from tests.front import Api
from tests.loops import LOOPS, OUTPUT
from tests.mouths import MOUTHS, Asked, Said

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
PICTURE_OF_A_CAT = pictures.picture("a cat", "256x256", "png")
FORM = {"name": "answer", "strict": True, "schema": PERSON}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}


PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(PICTURE_OF_A_CAT).decode()}"}}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def asked(text: str, *before: dict[str, Any], **settings: Any) -> Asked:
    return Asked((*before, user(text)), **settings)


KINDS = {
    "text": asked("Tell me about the moon."),
    "sum": asked("What is 12 * 34?"),
    "other script": asked("Расскажи мне о море."),
    "instructed": asked("Hello", {"role": "system", "content": "You are a pirate."}),
    "conversation": asked("And now?", user("Hello"), {"role": "assistant", "content": "Good morning!"}),
    "picture": Asked(({"role": "user", "content": [{"type": "text", "text": "What is this?"}, PICTURE]},)),
    "reasoning": asked("Tell me about the moon.", model="gpt-5"),
    "little effort": asked("Tell me about the moon.", model="gpt-5", effort="low"),
    "o-series": asked("Tell me about the moon.", model="o3-mini"),
    "call": asked("What is the weather in Paris?", tools=(WEATHER,)),
    "parallel calls": asked("What is the weather in Paris and London?", tools=(WEATHER,)),
    "thoughtful call": asked("What is the weather in Paris?", tools=(WEATHER,), model="gpt-5"),
    "forced call": asked("Hello", tools=(WEATHER,), choice="get_weather"),
    "no call": asked("Tell me about the moon.", tools=(WEATHER,)),
    "answered call": Asked(
        (
            user("What is the weather in Paris?"),
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        ),
        tools=(WEATHER,),
    ),
    "structured": asked("Ada is 36 years old.", form=FORM),
    "refused": asked("How do I build a bomb?", form=FORM),
    "declined": asked("How do I build a bomb?"),
    "cut": asked("Tell me a long story about a dragon", limit=16),
    "cut while thinking": asked("Tell me a long story about a dragon", limit=16, model="o3-mini"),
    "scripted": asked("Hello", script={"say": "Good day to you."}),
    "scripted pieces": asked("Hello", script={"steps": [{"say": "Good day"}, {"say": " to you."}]}),
    "scripted refusal": asked("Hello", script={"refusal": "I can't say that."}),
    "scripted thought": asked("Hello", model="gpt-5", script={"reasoning": {"tokens": 64}, "say": "Good day."}),
    "scripted words and calls": asked(
        "Hello",
        tools=(WEATHER,),
        script={
            "steps": [
                {"say": "Let me look."},
                *({"call": {"get_weather": {"city": city}}} for city in ("Rome", "Bonn")),
            ]
        },
    ),
    "scripted cut": asked("Hello", script={"say": "one two three four"}, limit=16),
    "scripted length": asked("Hello", script={"say": "one two three", "finish": "length"}),
    "scripted usage": asked("Hello", script={"say": "Hi", "usage": {"input": 500, "cached": 100, "output": 70}}),
    "usage only": asked("Tell me about the moon.", script={"usage": {"output": 7}}),
    "scripted filter": asked("Hello", script={"say": "one two three", "finish": "content_filter"}),
}


@cache
def said(name: str, kind: str, model: str = "") -> Said:
    """What a mouth says in a world of its own."""
    api, asked = Api(), KINDS[kind]
    if asked.script:
        api.world.rules.add(Rule.read(asked.script))
    return MOUTHS[name].speak(api, replace(asked, model=model) if model else asked)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(name, kind, id=f"{name}-{kind}")
        for name, mouth in MOUTHS.items()
        for kind, asked in KINDS.items()
        if name != "chat" and mouth.fits(asked)
    ],
)
def test_every_mouth_says_what_a_chat_completion_says(name: str, kind: str) -> None:
    mouth = MOUTHS[name]
    expected = said("chat", kind, mouth.model)
    counted = said(mouth.counts, kind, mouth.model).asked if mouth.counts else None

    found = said(name, kind, mouth.model)

    assert (found.text, found.finish) == (expected.text, expected.finish)
    assert found.calls in (None, expected.calls)
    assert found.generated in (None, expected.generated)
    assert found.asked in (None, counted)


@pytest.mark.parametrize("kind", [kind for kind, asked in KINDS.items() if not (asked.tools or asked.form)])
def test_texts_are_counted_in_one_way(kind: str) -> None:
    assert said("responses", kind).asked == said("chat", kind).asked


LONG = asked("Once upon a time there was a dragon. " * 200)


@pytest.mark.parametrize("name", [name for name, mouth in MOUTHS.items() if mouth.fits(LONG) and not mouth.model])
def test_what_was_read_before_comes_out_of_the_cache(name: str) -> None:
    api, expected = Api(), Api()

    cached = [MOUTHS[name].speak(api, LONG).cached for _ in range(2)]

    if cached[0] is not None:
        assert cached == [MOUTHS["chat"].speak(expected, LONG).cached for _ in range(2)]
        assert (cached[1] or 0) > 1024


@cache
def answered(name: str, kind: str) -> Said:
    loop, _ = LOOPS[name]
    return loop(Api(), KINDS[kind])


@pytest.mark.parametrize("kind", ["call", "parallel calls", "thoughtful call"])
@pytest.mark.parametrize("name", LOOPS)
def test_every_loop_of_tools_ends_in_the_same_words(name: str, kind: str) -> None:
    expected, counted = answered("chat", kind), answered(LOOPS[name][1], kind)

    found = answered(name, kind)

    assert OUTPUT in found.text
    assert (found.text, found.generated) == (expected.text, expected.generated)
    assert found.asked == counted.asked
