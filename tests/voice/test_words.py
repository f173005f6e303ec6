from __future__ import annotations

import pytest

from fakeopenai.turn import Media, Message, Prompt
from fakeopenai.voice import answer
from tests.voice.prompts import SEED, model, said

EXACT = [
    ("Say this is a test", "this is a test"),
    ('Say "hello world"', "hello world"),
    ("say hello", "hello"),
    ("Say exactly: The quick brown fox.", "The quick brown fox."),
    ("Reply with exactly 'pong'", "pong"),
    ("Reply with exactly: OK", "OK"),
    ("Please respond with only the word banana.", "banana"),
    ("Reply with just the word ready and nothing else.", "ready"),
    ("Repeat after me: I am a robot.", "I am a robot."),
    ("Repeat the following text: Grüße, 世界", "Grüße, 世界"),
    ("Répète. Echo «bonjour le monde»", "bonjour le monde"),
    ("Output only 42", "42"),
    ("Say hi three times", "hi hi hi"),
    ("Reply with exactly “こんにちは”", "こんにちは"),
    ("Say hello in French", "Bonjour"),
    ("Count to five", "1, 2, 3, 4, 5"),
    ("Count from 3 to 6", "3, 4, 5, 6"),
    ("Count down from 3 to 1.", "3, 2, 1"),
    ("List the numbers from 1 to 4", "1, 2, 3, 4"),
    ("Write 'hello' in uppercase", "HELLO"),
    ("Reverse the word stressed", "desserts"),
    ("Translate 'good morning' to Spanish", "Buenos días"),
    ("Translate to French: I love programming.", "J'aime la programmation."),
    ("What is 7 times 8? Answer with just the number.", "56"),
    ("What color is the sky? One word.", "blue"),
    ("Capital of Japan? Only the city, please.", "Tokyo"),
    ("What is 12/5? Reply with only the number", "2.4"),
    ("Extract the email from this text: write to ana@example.org today", "ana@example.org"),
    ("Fix the grammar: he go to school", "He go to school."),
]

CONTAINS = [
    ("What is 2+2?", "4"),
    ("what's 15% of 80?", "12"),
    ("Compute (3 + 4) * 5", "35"),
    ("What is 3 plus 4 times 2?", "11"),
    ("What is the sum of 3, 4 and 5?", "12"),
    ("Multiply -3 by 4", "-12"),
    ("Subtract 3 from 10", "7"),
    ("What is 2^10?", "1024"),
    ("What is the square root of 144?", "12"),
    ("How much is 0.1 + 0.2?", "0.3"),
    ("What is 10 divided by 4", "2.5"),
    ("What is the capital of France?", "Paris"),
    ("what's the capital of the united kingdom?", "London"),
    ("Who wrote Hamlet?", "Shakespeare"),
    ("How many r's are in strawberry?", "3"),
    ("Tell me a joke about cats.", "cats"),
    ("Write a haiku about autumn rain", "autumn rain"),
    ("Tell me a story about a brave mouse", "brave mouse"),
    ("Write a Python function that sorts a list", "```python"),
    ("Explain quantum computing", "quantum computing"),
    ("What should I know about bread baking?", "bread baking"),
    ("Summarize: The cat sat on the mat. Then it slept.", "The cat sat on the mat."),
    ("Hi, I'm Ana", "Ana"),
    ("今天我们谈谈人工智能", "人工智能"),
    ("Расскажи про Пушкина", "Пушкина"),
    ("Context: Maria lives in Lisbon. John lives in Oslo.\nQuestion: Where does Maria live?", "Lisbon"),
    ("The invoice total is 420 euros. The due date is May 3.\n\nWhat is the invoice total?", "420"),
]

CONVERSATIONS = [
    (("My name is Ana.", "Hello Ana!", "What is my name?"), "Ana"),
    (("Hi, I'm Bob", "Hello Bob!", "What's my name?"), "Bob"),
    (("I am 34 years old", "Noted.", "How old am I?"), "34"),
    (("I live in Porto.", "Nice.", "Where do I live?"), "Porto"),
    (("Me llamo Lucía", "Hola", "¿Cómo me llamo?"), "Lucía"),
    (("我叫小明", "你好", "我叫什么名字？"), "小明"),
    (("Меня зовут Олег", "Привет", "Как меня зовут?"), "Олег"),
    (("My favourite colour is teal.", "Noted.", "What is my favourite colour?"), "teal"),
    (("Remember that the code word is swordfish.", "OK.", "What is the code word?"), "swordfish"),
    (("My dog is called Rex", "Cute!", "What is my dog called?"), "Rex"),
    (("Please keep this secret", "Sure.", "What did I just say?"), "keep this secret"),
]


@pytest.mark.parametrize(("asked", "expected"), EXACT)
def test_a_text_that_is_dictated_comes_back_word_for_word(asked: str, expected: str) -> None:
    assert said(asked) == expected


@pytest.mark.parametrize(("asked", "expected"), CONTAINS)
def test_an_answer_holds_what_was_asked_for(asked: str, expected: str) -> None:
    assert expected in said(asked)


@pytest.mark.parametrize(("texts", "expected"), CONVERSATIONS)
def test_what_the_user_told_earlier_is_remembered(texts: tuple[str, ...], expected: str) -> None:
    assert expected in said(*texts)


@pytest.mark.parametrize("asked", ["Hello!", "hi", "Hey there", "Good morning", "你好", "Привет!", "¡Hola!"])
def test_a_greeting_is_answered_shortly(asked: str) -> None:
    assert 0 < len(said(asked)) < 100


@pytest.mark.parametrize("asked", ["Is water wet? Answer yes or no.", "Answer yes or no: do cats fly?"])
def test_yes_or_no_is_answered_with_one_of_the_two(asked: str) -> None:
    assert said(asked) in ("Yes", "No")


@pytest.mark.parametrize(
    ("asked", "count"), [("List three fruits", 3), ("Give me 5 tips for sleeping", 5), ("Name 4 planets.", 4)]
)
def test_a_list_has_as_many_items_as_asked(asked: str, count: int) -> None:
    assert len(said(asked).splitlines()) == count


@pytest.mark.parametrize(
    ("asked", "system", "expected"),
    [
        ("I love this product!", "Classify the sentiment as positive, negative or neutral.", "positive"),
        ("This is terrible.", "Classify the sentiment as positive, negative or neutral.", "negative"),
        ("I love programming.", "You translate the user's sentence to French.", "J'aime la programmation."),
        ("Anything at all", "Whatever comes, always reply with exactly 'ACK'.", "ACK"),
    ],
)
def test_a_system_message_sets_the_task(asked: str, system: str, expected: str) -> None:
    assert said(asked, system=system) == expected


def test_the_word_that_ends_a_task_is_added_where_the_system_message_wants_it() -> None:
    assert said("What is 2+2?", system="Reply TERMINATE when the task is done.").endswith(" TERMINATE")


def test_conversations_that_differ_get_different_words() -> None:
    texts = {said(f"Tell me something about topic {number}") for number in range(60)}
    assert len(texts) == 60


def test_the_same_last_words_after_another_beginning_get_other_words() -> None:
    endings = {said(f"Let us talk about {number}", "Sure.", "Please go on with the plan") for number in range(40)}
    assert len(endings) > 30


@pytest.mark.parametrize(("kind", "word"), [("image", "image"), ("audio", "audio"), ("file", "document")])
def test_what_a_message_carries_is_mentioned(kind: str, word: str) -> None:
    media = Media(kind, "data:,")  # type: ignore[arg-type]  # the parameters are the three kinds
    asked = Prompt(model=model("gpt-4o"), messages=(Message("user", "Describe this", (media,)),))

    text = answer(asked, SEED).text

    assert word in text or kind in text
