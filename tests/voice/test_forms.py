# ruff: noqa: E501, W291  the prompts stand as the frameworks write them
from __future__ import annotations

import json
import re

import pytest

from fakeopenai.turn import Message, Prompt
from fakeopenai.voice import answer
from tests.voice.prompts import SEED, model, prompt, said

REACT = """Answer the following questions as best you can. You have access to the following tools:

get_weather(city: str) -> str - Get the weather in a city
calculator(expression: str) -> str - Useful for when you need to calculate

Use the following format:

Question: the input question you must answer
Thought: you should always think about what to do
Action: the action to take, should be one of [get_weather, calculator]
Action Input: the input to the action
Observation: the result of the action
... (this Thought/Action/Action Input/Observation can repeat N times)
Thought: I now know the final answer
Final Answer: the final answer to the original input question

Begin!

Question: {question}
Thought:{pad}"""

CARDS = """You are designed to help with a variety of tasks.

You have access to the following tools:
> Tool Name: add
Tool Description: add(a: int, b: int) -> int
Add two numbers
Tool Args: {"type": "object", "properties": {"a": {"title": "A", "type": "integer"}, "b": {"title": "B", "type": "integer"}}, "required": ["a", "b"]}

## Output Format
Please answer in the same language as the question and use the following format:

```
Thought: I need to use a tool to help me answer the question.
Action: tool name (one of add) if using a tool.
Action Input: the input to the tool, in a JSON format representing the kwargs (e.g. {"input": "hello world", "num_beams": 5})
```

```
Thought: I can answer without using any more tools.
Answer: [your answer here (In the same language as the user's question)]
```"""

FIELDS = """Your input fields are:
1. `question` (str): 
Your output fields are:
1. `reasoning` (str): 
2. `answer` (float): 
All interactions will be structured in the following way, with the appropriate values filled in.

[[ ## question ## ]]
{question}

[[ ## reasoning ## ]]
{reasoning}

[[ ## answer ## ]]
{answer}        # note: the value you produce must be a single float value

[[ ## completed ## ]]
In adhering to this structure, your objective is: 
        Given the fields `question`, produce the fields `answer`."""

FIELDS_ASKED = """[[ ## question ## ]]
What is 2.5 * 4?

Respond with the corresponding output fields, starting with the field `[[ ## reasoning ## ]]`, then `[[ ## answer ## ]]` (must be formatted as a valid Python float), and then ending with the marker for `[[ ## completed ## ]]`."""

STEPS = """Your input fields are:
1. `question` (str): 
2. `trajectory` (str): 
Your output fields are:
1. `next_thought` (str): 
2. `next_tool_name` (Literal['get_weather', 'finish']): 
3. `next_tool_args` (dict[str, Any]): 
All interactions will be structured in the following way, with the appropriate values filled in.

[[ ## next_tool_name ## ]]
{next_tool_name}        # note: the value you produce must exactly match (no extra characters) one of: get_weather; finish

[[ ## completed ## ]]
In adhering to this structure, your objective is: 
        You are an Agent. Your goal is to use one or more of the supplied tools.
        (1) get_weather, whose description is <desc>Get the weather in a city</desc>. It takes arguments {'city': {'type': 'string'}}.
        (2) finish, whose description is <desc>Marks the task as complete.</desc>. It takes arguments {}."""

STEP_ASKED = """[[ ## question ## ]]
What is the weather in Tokyo?

[[ ## trajectory ## ]]
PAD

Respond with the corresponding output fields, starting with the field `[[ ## next_thought ## ]]`, then `[[ ## next_tool_name ## ]]`, then `[[ ## next_tool_args ## ]]`, and then ending with the marker for `[[ ## completed ## ]]`."""

BLOB = """Respond to the human as helpfully and accurately as possible. You have access to the following tools:

get_weather: get_weather(city: str) -> str - Get the weather in a city, args: {'city': {'title': 'City', 'type': 'string'}}

Use a json blob to specify a tool by providing an action key (tool name) and an action_input key (tool input).
Valid "action" values: "Final Answer" or get_weather
```
{
  "action": $TOOL_NAME,
  "action_input": $INPUT
}
```
Question: input question to answer
Thought: consider previous and subsequent steps
Begin!"""


def react(question: str, pad: str = "") -> str:
    return said(REACT.replace("{question}", question).replace("{pad}", pad))


def test_a_react_prompt_gets_an_action_and_its_input() -> None:
    text = react("What is the weather in Paris?")
    assert re.search(r"\nAction: get_weather\nAction Input: Paris$", text)


def test_a_react_prompt_ends_with_the_observation() -> None:
    pad = " I should look.\nAction: get_weather\nAction Input: Paris\nObservation: sunny, 21 degrees\nThought:"
    assert re.search(r"\nFinal Answer: .*sunny, 21 degrees", react("What is the weather in Paris?", pad))


def test_a_react_prompt_that_needs_no_tool_is_answered_at_once() -> None:
    assert re.search(r"\nFinal Answer: .*Paris", react("What is the capital of France?"))


def test_tools_on_cards_get_their_arguments_as_json() -> None:
    text = said("What is 3 + 4?", system=CARDS)
    match = re.search(r"Thought: .+\nAction: add\nAction Input: (.*)", text)
    assert match
    assert json.loads(match[1]) == {"a": 3, "b": 4}


def test_an_observation_in_a_message_of_its_own_ends_the_steps() -> None:
    text = said(
        "What is 3 + 4?", "Thought: I need a tool.\nAction: add\nAction Input: {}", "Observation: 7", system=CARDS
    )
    assert re.search(r"Thought: .+\nAnswer: .*7", text)


def test_fields_between_markers_are_filled_in_their_order() -> None:
    text = said(FIELDS_ASKED, system=FIELDS)
    assert re.fullmatch(
        r"\[\[ ## reasoning ## \]\]\n.+\n\n\[\[ ## answer ## \]\]\n10(\.0)?\n\n\[\[ ## completed ## \]\]",
        text,
        re.DOTALL,
    )


def test_an_agents_step_between_markers_names_its_tool() -> None:
    text = said(STEP_ASKED.replace("PAD", ""), system=STEPS)
    assert "[[ ## next_tool_name ## ]]\nget_weather\n" in text
    assert '{"city": "Tokyo"}' in text


def test_an_agents_step_after_an_observation_finishes() -> None:
    text = said(STEP_ASKED.replace("PAD", "[[ ## observation_0 ## ]]\nsunny"), system=STEPS)
    assert "[[ ## next_tool_name ## ]]\nfinish\n" in text


def test_a_json_blob_names_the_action() -> None:
    text = said("What is the weather in Rome?", system=BLOB)
    match = re.search(r"```json\n(.*)\n```", text, re.DOTALL)
    assert match
    assert json.loads(match[1]) == {"action": "get_weather", "action_input": {"city": "Rome"}}


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("What is 2+2? Answer in the form <answer>…</answer>.", r"<answer>[^<]*4[^<]*</answer>"),
        ("What is 2+2? Put your answer inside <answer></answer> tags.", r"<answer>[^<]*4[^<]*</answer>"),
        (
            "What is 2+2? Think in <thinking> tags, then answer in <answer> tags.",
            r"<thinking>.+</thinking>\n<answer>[^<]*4[^<]*</answer>",
        ),
        ("Rate this essay. Respond in the format:\nScore: <number>\nReason: <text>", r"Score: \d+\nReason: .+"),
        ("Evaluate the answer.\nReply in the form 'Score: <number>'", r"Score: \d+"),
        ("Rate the answer from 1 to 5. Reply with only the number.", r"[1-5]"),
        ("On a scale of 1 to 10, how good is tea? Give a score.", r"Score: ([1-9]|10)"),
        (
            'Rate the response by strictly following this format: "[[rating]]", for example: "Rating: [[5]]".',
            r"Rating: \[\[\d+\]\]",
        ),
        ("Summarise the plan in 3 bullet points", r"- .+\n- .+\n- .+"),
        ("List four steps for making tea", r"1\. .+\n2\. .+\n3\. .+\n4\. .+"),
        ("Which is a fruit?\nA) stone\nB) apple\nC) car\nAnswer with the letter.", r"[ABC].*"),
        ("Is this spam? Respond with one of: spam, ham. Text: this spam is here", r"spam|ham"),
        ("Answer with either 'red' or 'blue'. Which one?", r"red|blue"),
    ],
)
def test_a_form_that_the_prompt_spells_out_is_followed(text: str, pattern: str) -> None:
    assert re.fullmatch(pattern, said(text), re.DOTALL), said(text)


def test_tags_that_only_hold_data_are_not_a_form() -> None:
    text = said("<document>Maria lives in Lisbon.</document>\nWhere does Maria live?")
    assert "Lisbon" in text
    assert not text.startswith("<document>")


def test_the_output_parser_of_langchain_gets_its_fenced_keys() -> None:
    text = said(
        "answer the users question as best as possible.\nThe output "
        "should be a markdown code snippet formatted in the following "
        'schema, including the leading and trailing "```json" and "```":\n\n'
        '```json\n{\n\t"answer": string  // answer to the user\'s question\n\t"source": '
        "string  // source used to answer\n}\n```\nwhat's the capital "
        "of france?"
    )
    match = re.fullmatch(r"```json\n(.*)\n```", text, re.DOTALL)
    assert match
    assert set(json.loads(match[1])) == {"answer", "source"}
    assert "Paris" in json.loads(match[1])["answer"]


def test_a_code_agent_gets_its_final_answer_as_code() -> None:
    text = said("What is 2+2?", system="Solve the task in a loop of Thought and <code>. Use final_answer(...) to end.")
    assert re.search(r"Thought: .*\n<code>\nfinal_answer\('.*4.*'\)\n</code>", text)


def test_the_last_of_several_user_messages_may_only_name_the_form() -> None:
    messages = (
        Message(
            "system",
            (
                "Provide the parsed objects in json that match this schema: "
                '{"properties": {"name": {"type": "string"}}, "required": ["name"],'
                ' "type": "object"}'
            ),
        ),
        Message("user", "Extract: Jason is 25 years old"),
        Message("user", "Return the correct JSON response within a ```json codeblock. not the JSON_SCHEMA"),
    )
    text = answer(Prompt(model=model("gpt-4o"), messages=messages), SEED).text
    assert json.loads(text.removeprefix("```json").removesuffix("```")) == {"name": "Jason"}


def test_an_ordinary_question_gets_no_form() -> None:
    assert not answer(prompt("Explain the <b> tag of HTML"), SEED).text.startswith("<b>")
