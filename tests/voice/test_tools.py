from __future__ import annotations

import json
from typing import Any

import pytest

from fakeopenai.turn import Message, Prompt, Tool, ToolCall, Turn
from fakeopenai.voice import answer
from tests.voice.prompts import SEED, ask, called, function, model

WEATHER = function("get_weather", "Get the current weather in a city", city="string")
ADD = function("add", "Add two numbers", a="integer", b="integer")
MULTIPLY = function("multiply", "Multiply two numbers", a="integer", b="integer")
EMAIL = function("send_email", "Send an email", to="string", subject="string", body="string")
SEARCH = function("web_search", "Search the web for information", query="string")
TIME = function("get_current_time", "Get the current time in a timezone", (), timezone="string")
BOX = (WEATHER, ADD, MULTIPLY, EMAIL, SEARCH, TIME)

ONE = [
    ("What's the weather in Paris?", "get_weather", {"city": "Paris"}),
    ("How's the weather in New York today?", "get_weather", {"city": "New York"}),
    ("what is the weather like in san francisco?", "get_weather", {"city": "san francisco"}),
    ("Will it rain in Tokyo tomorrow?", "get_weather", {"city": "Tokyo"}),
    ("Do I need an umbrella in London?", "get_weather", {"city": "London"}),
    ("Какая погода в Москве?", "get_weather", {"city": "Москве"}),
    ("北京的天气怎么样？", "get_weather", {"city": "北京"}),
    ("東京の天気を教えて", "get_weather", {"city": "東京"}),
    ("add 3 and 4", "add", {"a": 3, "b": 4}),
    ("What is 3 + 4?", "add", {"a": 3, "b": 4}),
    ("What is the sum of 12 and -5?", "add", {"a": 12, "b": -5}),
    ("Add three and four", "add", {"a": 3, "b": 4}),
    ("What is 6 times 7?", "multiply", {"a": 6, "b": 7}),
    ("Please multiply 6 by 7", "multiply", {"a": 6, "b": 7}),
    ("Search the web for Python release dates", "web_search", {"query": "Python release dates"}),
    ("What time is it?", "get_current_time", {}),
]


@pytest.mark.parametrize(("text", "name", "given"), ONE)
def test_auto_calls_the_one_tool_that_the_user_plainly_asks_for(text: str, name: str, given: Any) -> None:
    assert called(text, *BOX) == [(name, given)]


@pytest.mark.parametrize(
    "text",
    [
        "Hello!",
        "How are you?",
        "Thanks for your help",
        "Tell me a joke",
        "What is your name?",
        "Who wrote Hamlet?",
        "Write a poem about love",
        "What's the capital of France?",
        "I had a nice day.",
        "What's the weather in Paris? Answer without using any tools.",
    ],
)
def test_auto_answers_in_words_when_no_tool_is_asked_for(text: str) -> None:
    turn = ask(text, tools=BOX)
    assert turn.calls == ()
    assert turn.text


MANY = [
    ("What's the weather in Paris and London?", [{"city": "Paris"}, {"city": "London"}]),
    ("Compare the weather in Paris, London and Rome", [{"city": "Paris"}, {"city": "London"}, {"city": "Rome"}]),
    ("What's the weather in Paris and what's the weather in Oslo?", [{"city": "Paris"}, {"city": "Oslo"}]),
    ("Weather in San Francisco, Tokyo, and Paris?", [{"city": "San Francisco"}, {"city": "Tokyo"}, {"city": "Paris"}]),
]


@pytest.mark.parametrize(("text", "expected"), MANY)
def test_several_calls_are_made_at_once_when_several_are_asked_for(text: str, expected: list[Any]) -> None:
    assert [given for _, given in called(text, *BOX)] == expected


def test_calls_of_different_tools_stand_side_by_side() -> None:
    assert called("Add 3 and 4, and get the weather in Rome", *BOX) == [
        ("add", {"a": 3, "b": 4}),
        ("get_weather", {"city": "Rome"}),
    ]


def test_without_parallel_calls_only_the_first_is_made() -> None:
    assert called("What's the weather in Paris and London?", *BOX, parallel=False) == [
        ("get_weather", {"city": "Paris"})
    ]


def test_none_never_calls() -> None:
    assert ask("What's the weather in Paris?", tools=BOX, choice="none").calls == ()


@pytest.mark.parametrize("text", ["Hello!", "Tell me a joke", ""])
def test_required_always_calls(text: str) -> None:
    assert len(called(text, *BOX, choice="required")) == 1


def test_the_named_tool_is_called_whatever_is_said() -> None:
    assert called("Hello!", *BOX, choice="multiply")[0][0] == "multiply"


def test_a_turn_with_calls_finishes_for_them() -> None:
    assert ask("What's the weather in Paris?", tools=BOX).finish == "tool_calls"


class Loop:
    """An agent's loop: calls tools until there is text, or too many steps."""

    def __init__(self, *tools: Tool, choice: str = "auto", parallel: bool = True) -> None:
        self.tools, self.choice, self.parallel = tools, choice, parallel
        self.messages: list[Message] = []
        self.names: list[str] = []
        self.given: list[Any] = []

    def run(self, text: str, *results: str) -> str:
        waiting = list(results)
        self.messages.append(Message("user", text))
        for _ in range(6):
            turn = self.turn()
            if not turn.calls:
                return turn.text
            self.messages.append(Message("assistant", calls=turn.calls))
            for call in turn.calls:
                self.note(call)
                self.messages.append(Message("tool", waiting.pop(0), answers=call.id))
        return "never ended"

    def turn(self) -> Turn:
        prompt = Prompt(
            model=model("gpt-4o"),
            messages=tuple(self.messages),
            tools=self.tools,
            choice=self.choice,
            parallel=self.parallel,
        )
        return answer(prompt, SEED)

    def note(self, call: ToolCall) -> None:
        self.names.append(call.name)
        self.given.append(json.loads(call.arguments))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("It's sunny.", "sunny"),
        ('{"result": 3}', "3"),
        ('{"temperature": 22, "condition": "cloudy"}', "cloudy"),
        ("Error: Missing required argument 'b'.", "Missing required argument"),
        ("[1, 2, 3]", "2"),
        ("晴れ", "晴れ"),
    ],
)
def test_a_tools_result_ends_the_loop_with_words_that_use_it(result: str, expected: str) -> None:
    loop = Loop(*BOX)
    assert expected in loop.run("What is the weather in San Francisco, CA?", result)
    assert loop.names == ["get_weather"]


def test_all_results_are_used() -> None:
    text = Loop(*BOX).run("What's the weather in Paris and London?", "sunny, 21", "rain, 14")
    assert "sunny, 21" in text
    assert "rain, 14" in text


def test_calls_that_may_not_stand_side_by_side_follow_each_other() -> None:
    loop = Loop(*BOX, parallel=False)
    text = loop.run("What's the weather in Paris and London?", "sunny", "rainy")
    assert loop.given == [{"city": "Paris"}, {"city": "London"}]
    assert "rainy" in text


def test_a_step_that_needs_the_result_before_it_waits_for_it() -> None:
    loop = Loop(*BOX)
    text = loop.run("Add 3 and 4, then multiply the result by 2", "7", "14")
    assert loop.given == [{"a": 3, "b": 4}, {"a": 7, "b": 2}]
    assert "14" in text


def test_a_call_that_is_sent_back_is_made_once_more_and_not_for_ever() -> None:
    loop = Loop(*BOX)
    loop.run("What's the weather in Paris?", *["Bad city. Fix the errors and try again."] * 5)
    assert loop.names == ["get_weather", "get_weather"]


def test_the_next_question_is_asked_of_its_tool_again() -> None:
    loop = Loop(*BOX)
    loop.run("What's the weather in Paris?", "sunny")
    loop.run("And the weather in Oslo?", "snow")
    assert loop.given == [{"city": "Paris"}, {"city": "Oslo"}]


def test_where_a_tool_must_be_called_the_work_ends_with_the_one_for_the_result() -> None:
    final = function("final_result", "The final response which ends this conversation", city="string", weather="string")
    prompt = Prompt(
        model=model("gpt-4o"),
        messages=(
            Message("user", "What's the weather in Paris?"),
            Message("assistant", calls=(ToolCall("get_weather", '{"city":"Paris"}', "call_1"),)),
            Message("tool", "sunny", answers="call_1"),
        ),
        tools=(WEATHER, final),
        choice="required",
    )
    assert [call.name for call in answer(prompt, SEED).calls] == ["final_result"]
    assert called("What's the weather in Paris?", WEATHER, final, choice="required")[0][0] == "get_weather"


def test_after_a_handoff_the_question_itself_is_answered() -> None:
    prompt = Prompt(
        model=model("gpt-4o"),
        messages=(
            Message("user", "What is 2+2?"),
            Message("assistant", calls=(ToolCall("transfer_to_math_agent", "{}", "call_1"),)),
            Message("tool", '{"assistant": "Math agent"}', answers="call_1"),
        ),
    )
    assert "4" in answer(prompt, SEED).text


@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        (
            Tool("code_exec", "Executes Python code", kind="custom"),
            "Use the code_exec tool to compute 3*7",
            "print(3*7)",
        ),
        (
            Tool("notes", "Takes a note", kind="custom"),
            "Use the notes tool to write «Grüße aus Köln»",
            "Grüße aus Köln",
        ),
        (Tool("calculator", kind="custom"), "Use calculator() on 12 / (3 + 1)", "12 / (3 + 1)"),
        (Tool("run_code", "Runs Python code", kind="custom"), "Run the code print(f(1))", "print(f(1))"),
    ],
)
def test_a_custom_tool_gets_fitting_text(tool: Tool, text: str, expected: str) -> None:
    (call,) = ask(text, tools=(tool,)).calls
    assert (call.kind, call.arguments) == ("custom", expected)


def test_a_custom_tools_regular_expression_is_kept() -> None:
    tool = Tool(
        "stamp",
        kind="custom",
        settings={"type": "grammar", "grammar": {"syntax": "regex", "definition": r"\d{4}-[A-Z]{2}"}},
    )
    (call,) = ask("Hello", tools=(tool,), choice="required").calls
    assert len(call.arguments) == 7


def test_a_list_that_a_tool_takes_whole_makes_one_call() -> None:
    create = function(
        "create_user", "Creates a user", name="string", age="integer", tags={"type": "array", "items": {}}
    )

    (call,) = called("Create a user called Иван Петров who is 42 with tags 'a' and 'b'", create)

    assert call == ("create_user", {"name": "Иван Петров", "age": 42, "tags": ["a", "b"]})


# The prompts of the suites that frameworks run against real models.

MAGIC = function("magic_function", "Applies a magic function to an input.", input="integer")
NO_ARGUMENTS = function("magic_function_no_args", "Calculates a magic function.")
ADDER = function("my_adder_tool", "Takes two integers, a and b, and returns their sum.", a="integer", b="integer")
GREETING = function(
    "greeting_generator", "Generate a greeting in a particular style of speaking.", answer_style="string"
)
CUSTOMER = function(
    "unicode_customer",
    "Tool for creating a customer with Unicode name.",
    customer_name={"type": "string", "description": "The customer's name in their native language."},
    description="string",
)
SURF = function("get_weather", "Call to surf the web.", location="string")


@pytest.mark.parametrize("choice", ["auto", "required"])
@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        (MAGIC, "What is the value of magic_function(3)? Use the tool.", {"input": 3}),
        (NO_ARGUMENTS, "What is the value of magic_function_no_args()? Use the tool.", {}),
        (ADDER, "What is 1 + 2", {"a": 1, "b": 2}),
        (GREETING, "Using the tool, generate a Pirate greeting.", {"answer_style": "Pirate"}),
        (SURF, "What is the weather in San Francisco, CA?", {"location": "San Francisco, CA"}),
    ],
)
def test_the_tool_prompts_of_langchain(tool: Tool, text: str, expected: Any, choice: str) -> None:
    assert called(text, tool, choice=choice) == [(tool.name, expected)]


def test_a_tool_that_the_system_message_names_is_used() -> None:
    wheel = function("roulette_wheel", "check if the square is a winner", square="integer")
    system = "Use the `roulette_wheel` function to see if the customer has won based on the number they provide."
    assert called("Put my money on square eighteen", wheel, system=system) == [("roulette_wheel", {"square": 18})]


def test_a_question_goes_to_the_documents_that_a_tool_searches() -> None:
    docs = function("search_docs", "Search the documentation", query="string")
    assert called("How do I reset my password?", docs) == [("search_docs", {"query": "How do I reset my password?"})]


@pytest.mark.parametrize("name", ["你好啊集团", "こんにちは株式会社", "Ünïcødé GmbH", "شركة النور"])
def test_a_quoted_name_of_any_script_comes_back(name: str) -> None:
    text = f"Create a customer named '{name}' (Hello Group) - a technology company"
    assert called(text, CUSTOMER, choice="required")[0][1]["customer_name"] == name


def test_arguments_keep_their_script() -> None:
    (call,) = ask("Create a customer named '你好啊集团'", tools=(CUSTOMER,), choice="required").calls
    assert "你好啊集团" in call.arguments


def test_examples_before_the_question_dont_leak_into_it() -> None:
    prompt = Prompt(
        model=model("gpt-4o"),
        messages=(
            Message("user", "What is 1 + 2"),
            Message("assistant", calls=(ToolCall("my_adder_tool", '{"a":1,"b":2}', "id0"),)),
            Message("tool", '{"result": 3}', answers="id0"),
            Message("assistant", '{"result": 3}'),
            Message("user", "What is 3 + 4"),
        ),
        tools=(ADDER,),
        choice="required",
    )
    (call,) = answer(prompt, SEED).calls
    assert json.loads(call.arguments) == {"a": 3, "b": 4}
