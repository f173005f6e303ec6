"""A program written with Instructor. The environment says where the API is."""

# mypy: ignore-errors
# the framework lives in an environment of its own

from __future__ import annotations

import instructor
from checks import run
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel, field_validator

MODES = (
    instructor.Mode.TOOLS,
    instructor.Mode.TOOLS_STRICT,
    instructor.Mode.JSON,
    instructor.Mode.JSON_SCHEMA,
    instructor.Mode.MD_JSON,
    instructor.Mode.RESPONSES_TOOLS,
)
ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Ada is 36 years old."}]}


class Person(BaseModel):
    """A person."""

    name: str
    age: int


ADA = {"name": "Ada", "age": 36}


def structured_answers() -> None:
    for mode in MODES:
        person = instructor.from_openai(OpenAI(), mode=mode).create(response_model=Person, **ASKED)
        assert person.model_dump() == ADA, (mode, person)


def raw_completions() -> None:
    client = instructor.from_openai(OpenAI())
    person, completion = client.create_with_completion(response_model=Person, **ASKED)
    assert person.model_dump() == ADA
    assert completion.choices[0].message.tool_calls[0].function.name == "Person"
    assert client.chat.completions.create(response_model=None, **ASKED).choices[0].message.content


def streams() -> None:
    *_, last = instructor.from_openai(OpenAI()).create_partial(response_model=Person, **ASKED)
    assert last.model_dump() == ADA


def several() -> None:
    people = instructor.from_openai(OpenAI()).create_iterable(response_model=Person, **ASKED)
    assert ADA in [person.model_dump() for person in people]


async def asynchronously() -> None:
    person = await instructor.from_openai(AsyncOpenAI()).create(response_model=Person, **ASKED)
    assert person.model_dump() == ADA


def asking_again() -> None:
    """An answer that isn't valid is asked for again, with what is wrong with it."""
    tries = []

    class Picky(Person):
        @field_validator("age")
        @classmethod
        def second_time(cls, age: int) -> int:
            tries.append(age)
            if len(tries) < 2:
                raise ValueError("say it again")
            return age

    person = instructor.from_openai(OpenAI()).create(response_model=Picky, max_retries=2, **ASKED)
    assert len(tries) == 2
    assert person.name


if __name__ == "__main__":
    run(structured_answers, raw_completions, streams, several, asynchronously, asking_again)
