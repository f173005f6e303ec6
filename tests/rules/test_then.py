"""What a rule makes of a call, as its client sees it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from math import exp
from pathlib import Path
from typing import Any

import pytest

import fakeopenai
from fakeopenai import vectors
from fakeopenai.api.responses.items import PREFIXES
from fakeopenai.ids import FORMS, KINDS
from fakeopenai.media import sound
from fakeopenai.rules import Rule, RuleError, load
from fakeopenai.rules.files import parse
from fakeopenai.wire import Upload
from tests.api.assisted import Assisted
from tests.front import Answer, Api

WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}
PERSON = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
FORM = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}
SPEECH = sound.speech("Hello there", "wav")


def chat(api: Api, text: str = "Hi", **more: Any) -> Answer:
    return api.post("/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]} | more)


def respond(api: Api, said: str = "Hi", **more: Any) -> Answer:
    return api.post("/responses", {"model": "gpt-4o", "input": said} | more)


def texts(answer: Answer) -> list[str]:
    return [choice["message"]["content"] for choice in answer.json["choices"]]


# Usage


def test_usage_is_what_a_rule_says(api: Api) -> None:
    api.world.rules.on("*").say("Hi").usage(input=500, cached=100, output=70, reasoning=20)

    usage = chat(api).json["usage"]
    streamed = chat(api, stream=True, stream_options={"include_usage": True}).events[-2]["usage"]
    response = respond(api).json["usage"]
    completed = respond(api, stream=True).events[-1]["response"]["usage"]

    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (500, 70, 570)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 100
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 20
    assert streamed == usage
    assert response == completed
    assert response | {"input_tokens_details": {}} == {
        "input_tokens": 500,
        "input_tokens_details": {},
        "output_tokens": 70,
        "output_tokens_details": {"reasoning_tokens": 20},
        "total_tokens": 570,
    }
    assert response["input_tokens_details"]["cached_tokens"] == 100


def test_usage_of_a_completion_and_of_a_run() -> None:
    api = Assisted()
    api.world.rules.on("*").say("Hi").usage(input=500, output=70)
    body = {"model": "gpt-3.5-turbo-instruct", "prompt": ["Hi", "Ho"], "n": 2}

    completion = api.post("/completions", body).json
    run = api.ended(api.run(api.thread("Hi"), api.assistant()))

    assert completion["usage"] == {"prompt_tokens": 500, "completion_tokens": 70, "total_tokens": 570}
    assert (run["usage"]["prompt_tokens"], run["usage"]["completion_tokens"]) == (500, 70)


def test_usage_alone_leaves_the_words_to_the_model(api: Api) -> None:
    usual = texts(chat(api))
    api.world.rules.on("*").usage(output=3)

    answer = chat(api)

    assert texts(answer) == usual
    assert answer.json["usage"]["completion_tokens"] == 3
    assert api.get("/models").status == 200


# Ids


def test_ids_are_what_a_rule_says(api: Api) -> None:
    api.world.rules.on("chat").call("get_weather").call("get_weather").ids(
        chatcmpl="chatcmpl-{{ body.user }}", call=["call_a", "call_b"], req="req_1"
    )

    answer = chat(api, tools=[WEATHER], user="me")
    events = chat(api, tools=[WEATHER], user="me", stream=True).events[:-1]

    calls = answer.json["choices"][0]["message"]["tool_calls"]
    assert (answer.json["id"], [call["id"] for call in calls]) == ("chatcmpl-me", ["call_a", "call_b"])
    assert {event["id"] for event in events} == {"chatcmpl-me"}
    assert answer.headers["x-request-id"] == "req_1"


def test_all_kinds_of_ids_are_known() -> None:
    package = Path(fakeopenai.__file__).parent
    source = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))

    used = re.findall(r"""\.new\(\s*["']([a-z0-9_-]+)["']|prefix="([a-z0-9_-]+)\"""", source)

    prefixes = {first or second for first, second in used} | {*FORMS, *PREFIXES.values()}
    assert {prefix.rstrip("_-") for prefix in prefixes} - {"vsfb_ibj"} <= {*KINDS}


def test_ids_of_responses_runs_completions_and_files() -> None:
    api = Assisted()
    api.world.rules.on("*").ids(resp="resp_1", msg="msg_1", run="run_1", cmpl="cmpl-1", file="file-1")

    response = respond(api).json
    thread, assistant = api.thread("Hi"), api.assistant()

    assert (response["id"], response["output"][0]["id"]) == ("resp_1", "msg_1")
    assert api.get("/responses/resp_1").json["output"] == response["output"]
    assert api.run(thread, assistant)["id"] == "run_1"
    assert api.post("/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"}).json["id"] == "cmpl-1"
    assert (
        api.post("/files", {"purpose": "user_data"}, files={"file": [Upload("a.txt", "text/plain", b"Hi")]}).json["id"]
        == "file-1"
    )


# Log probabilities

CHANCES = [{"Yes": 0.75, "No": 0.25}, {", of course": 0.5, ",": 0.4}]


def test_log_probabilities_are_what_a_rule_says(api: Api) -> None:
    api.world.rules.on("*").say({"probabilities": CHANCES})

    (choice,) = chat(api, logprobs=True, top_logprobs=2).json["choices"]
    events = chat(api, logprobs=True, top_logprobs=2, stream=True).events[1:-2]
    completion = api.post("/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi", "logprobs": 2}).json

    entries = choice["logprobs"]["content"]
    assert choice["message"]["content"] == "Yes, of course"
    assert [entry["token"] for entry in entries] == ["Yes", ", of course"]
    assert [round(exp(entry["logprob"]), 6) for entry in entries] == [0.75, 0.5]
    assert [[other["token"] for other in entry["top_logprobs"]] for entry in entries] == [
        ["Yes", "No"],
        list(CHANCES[1]),
    ]
    assert [event["choices"][0]["delta"]["content"] for event in events] == ["Yes", ", of course"]
    assert [event["choices"][0]["logprobs"]["content"] for event in events] == [[entry] for entry in entries]
    assert completion["choices"][0]["logprobs"]["tokens"] == ["Yes", ", of course"]


def test_log_probabilities_of_a_response(api: Api) -> None:
    api.world.rules.on("*").say({"probabilities": CHANCES})
    wanted: dict[str, Any] = {"include": ["message.output_text.logprobs"], "top_logprobs": 1}

    part = respond(api, **wanted).json["output"][0]["content"][0]
    events = respond(api, stream=True, **wanted).events

    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    assert [entry["token"] for entry in part["logprobs"]] == ["Yes", ", of course"]
    assert [event["delta"] for event in deltas] == ["Yes", ", of course"]
    assert [event["logprobs"] for event in deltas] == [[entry] for entry in part["logprobs"]]


def test_an_unlikely_token_stands_behind_likelier_ones_and_chance_fills_up(api: Api) -> None:
    api.world.rules.on("*").say({"text": "No way", "probabilities": {"No": 0.2, "Yes": 0.7}})

    first, second = chat(api, logprobs=True, top_logprobs=4).json["choices"][0]["logprobs"]["content"]

    assert [other["token"] for other in first["top_logprobs"]][:2] == ["Yes", "No"]
    assert len({other["token"] for other in first["top_logprobs"]}) == 4
    assert second["token"] == " way"


# Several answers


def test_choices_are_several_answers(api: Api) -> None:
    api.world.rules.on("*").choices("One", {"say": "Two", "finish": "length"}, {"refusal": "No"})

    choices = chat(api, n=4).json["choices"]
    events = chat(api, n=2, stream=True).events[:-1]
    completion = api.post("/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi", "n": 2}).json

    assert [choice["message"]["content"] for choice in choices] == ["One", "Two", None, "One"]
    assert [choice["finish_reason"] for choice in choices] == ["stop", "length", "stop", "stop"]
    assert choices[2]["message"]["refusal"] == "No"
    assert [
        "".join(
            choice["delta"].get("content") or ""
            for event in events
            for choice in event["choices"]
            if choice["index"] == n
        )
        for n in (0, 1)
    ] == ["One", "Two"]
    assert [choice["text"] for choice in completion["choices"]] == ["One", "Two"]


def test_a_request_for_one_answer_gets_the_first_choice(api: Api) -> None:
    api.world.rules.on("*").choices("One", "Two")

    assert texts(chat(api)) == ["One"]
    assert respond(api).json["output"][0]["content"][0]["text"] == "One"


def test_chance_chooses_by_the_seed_and_the_request(api: Api) -> None:
    api.world.rules.on("*").choose("Heads", {"say": "Tails"}, {"error": "server_error"})
    other = Api()
    other.world.rules.on("*").choose("Heads", {"say": "Tails"}, {"error": "server_error"})

    answers = [chat(api, str(number)) for number in range(30)]
    again = [chat(other, str(number)) for number in range(30)]

    said = [answer.status if answer.status >= 500 else texts(answer)[0] for answer in answers]
    assert {*said} == {"Heads", "Tails", 500}
    assert said == [answer.status if answer.status >= 500 else texts(answer)[0] for answer in again]


def test_chance_chooses_anew_for_each_of_several_answers(api: Api) -> None:
    api.world.rules.on("*").choose("Heads", "Tails")

    assert {*texts(chat(api, n=12))} == {"Heads", "Tails"}


# Structured values


def test_a_value_that_is_not_as_the_request_asks_is_refused(api: Api) -> None:
    api.world.rules.add(Rule.read({"json": {"age": "old"}}, source="rules.yaml:7"))

    answers = [
        chat(api, response_format=FORM),
        respond(api, text={"format": {"type": "json_schema", "name": "person", "schema": PERSON, "strict": False}}),
    ]

    for answer in answers:
        assert (answer.status, answer.error["code"]) == (400, "rule_does_not_fit")
        assert answer.error["message"] == (
            "The rule at rules.yaml:7 gives a value that doesn't fit the schema 'person' of the request: "
            'age: "old" is not of type "integer". To send it all the same, use \'say\'.'
        )


@pytest.mark.parametrize("words", [{"json": {"age": 36}}, {"say": '{"age": "old"}'}])
def test_a_value_that_fits_and_a_text_are_sent(api: Api, words: dict[str, Any]) -> None:
    api.world.rules.add(Rule.read(words))

    assert chat(api, response_format=FORM).status == 200


def test_a_value_is_held_against_the_schema_beside_it_when_it_is_read() -> None:
    with pytest.raises(RuleError, match="'json' doesn't fit its 'schema': \"age\" is a required property"):
        Rule.read({"json": {}, "schema": PERSON})
    with pytest.raises(RuleError, match="it goes with 'json'"):
        Rule.read({"say": "{}", "schema": PERSON})
    assert Rule.read({"json": {"age": "{{ body.seed }}"}, "schema": PERSON})
    assert Rule.read({"steps": [{"say": "Here:"}, {"json": {"age": 1}}], "schema": PERSON})


# Where the answer is no text


def test_moderation_flags_what_a_rule_says(api: Api) -> None:
    api.world.rules.on("moderations", contains="bananas").flag("harassment", violence=0.4)

    flagged, usual = [api.post("/moderations", {"input": text}).json["results"][0] for text in ("Bananas!", "Apples")]

    assert flagged["flagged"] is True
    assert [name for name, flag in flagged["categories"].items() if flag] == ["harassment"]
    assert (flagged["category_scores"]["harassment"], flagged["category_scores"]["violence"]) == (0.98, 0.4)
    assert usual["flagged"] is False


def test_moderation_lets_pass_what_a_rule_says(api: Api) -> None:
    api.world.rules.on("*").flag()

    result = api.post("/moderations", {"input": "I will kill you"}).json["results"][0]

    assert not result["flagged"]
    assert max(result["category_scores"].values()) < 0.5


def test_moderation_beside_an_answer_flags_what_a_rule_says(api: Api) -> None:
    api.world.rules.on("*").say("Hello").flag("violence")
    asked: dict[str, Any] = {"moderation": {"model": "omni-moderation-latest"}}

    completion, response = chat(api, **asked).json, respond(api, **asked).json

    assert completion["moderation"]["output"]["results"][0]["categories"]["violence"] is True
    assert response["moderation"]["input"]["flagged"] is True


def embed(api: Api, given: Any, **more: Any) -> list[Any]:
    answer = api.post("/embeddings", {"model": "text-embedding-3-small", "input": given} | more)
    return [each["embedding"] for each in answer.json["data"]]


def test_embeddings_are_what_a_rule_says(api: Api) -> None:
    api.world.rules.on("*", contains="vector").embedding([1, 0.5])
    api.world.rules.on("*", contains="several").embedding([1, 0], [0, 1])
    api.world.rules.on("*", contains="king").embedding("queen")

    (packed,) = embed(api, "vector", encoding_format="base64")

    assert embed(api, "vector") == [[1, 0.5]]
    assert packed == vectors.packed([1, 0.5])
    assert embed(api, ["several", "of", "them"]) == [[1, 0], [0, 1], [0, 1]]
    assert embed(api, "king") == embed(api, "queen")


def transcribe(api: Api, to: str = "transcriptions", **more: Any) -> Answer:
    body = {"model": "whisper-1"} | more
    return api.post(f"/audio/{to}", body, files={"file": [Upload("a.wav", "audio/wav", SPEECH)]})


def test_a_recording_is_heard_as_a_rule_says(api: Api) -> None:
    segments = [
        {"text": "Hello Bob.", "start": 0, "end": 1.5, "speaker": "Ann"},
        {"text": "Hi!", "start": 2, "end": 2.5, "speaker": "Bob"},
    ]
    api.world.rules.on("audio").transcript(language="de", segments=segments)

    whole = transcribe(api, response_format="verbose_json", timestamp_granularities=["segment", "word"]).json
    spoken = transcribe(api, model="gpt-4o-transcribe-diarize", response_format="diarized_json").json
    subtitles = transcribe(api, response_format="srt").content.decode()

    assert (whole["text"], whole["language"], whole["duration"]) == ("Hello Bob. Hi!", "german", 2.5)
    assert [(each["start"], each["end"]) for each in whole["segments"]] == [(0, 1.5), (2, 2.5)]
    assert [(word["word"], word["start"]) for word in whole["words"]] == [("Hello", 0), ("Bob", 0.9), ("Hi", 2)]
    assert [(each["speaker"], each["text"].strip()) for each in spoken["segments"]] == [
        ("Ann", "Hello Bob."),
        ("Bob", "Hi!"),
    ]
    assert subtitles.startswith("1\n00:00:00,000 --> 00:00:01,500\nHello Bob.\n\n2\n00:00:02,000")


def test_a_translation_is_what_a_rule_says(api: Api) -> None:
    api.world.rules.on("audio").transcript(text="Good morning", seconds=7)

    answer = transcribe(api, "translations", response_format="verbose_json").json

    assert (answer["text"], answer["duration"]) == ("Good morning", 7)


def test_a_picture_is_the_one_that_a_rule_gives(api: Api) -> None:
    api.world.rules.on("images").image(b"\x89PNG picture", revised_prompt="A cat, revised")
    asked = {"prompt": "A cat", "model": "dall-e-3"}

    linked = api.post("/images/generations", asked).json["data"][0]
    inline = api.post("/images/generations", asked | {"response_format": "b64_json"}).json["data"][0]
    newer = api.post("/images/generations", asked | {"model": "gpt-image-1"}).json["data"][0]

    assert linked["revised_prompt"] == "A cat, revised"
    assert b64decode(inline["b64_json"]) == b64decode(newer["b64_json"]) == b"\x89PNG picture"


def test_words_for_media_speak_only_where_they_mean_something(api: Api) -> None:
    api.world.rules.on("*").embedding([1]).name("vectors")

    assert api.get("/models").status == 200
    assert texts(chat(api))
    assert [made.rule for made in api.world.journal] == ["", ""]


# Files


def test_the_bytes_of_a_file_are_answered(api: Api, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG cat")
    (tmp_path / "hello.mp3").write_bytes(b"ID3 hello")
    (tmp_path / "rules.yaml").write_text(
        "- {when: {operation: audio.speech}, reply: {file: hello.mp3}}\n"
        "- {when: {operation: images, contains: file}, image: cat.png}\n"
        f"- {{when: {{operation: images}}, image: {{base64: {b64encode(b'dog').decode()}}}}}\n"
    )
    api.world.rules.extend(load([tmp_path / "rules.yaml"]))

    speech = api.post("/audio/speech", {"model": "tts-1", "input": "Hi", "voice": "alloy"})
    pictures = [
        api.post("/images/generations", {"prompt": prompt, "model": "gpt-image-1"}).json["data"][0]["b64_json"]
        for prompt in ("The file", "The other")
    ]

    assert (speech.content, speech.headers["content-type"]) == (b"ID3 hello", "audio/mpeg")
    assert list(map(b64decode, pictures)) == [b"\x89PNG cat", b"dog"]


def test_rules_carry_what_is_in_their_files(tmp_path: Path) -> None:
    (tmp_path / "hello.mp3").write_bytes(b"ID3 hello")
    (tmp_path / "rules.yaml").write_text("- then: [{reply: {file: hello.mp3}}, {image: hello.mp3}]")
    (rule,) = load([tmp_path / "rules.yaml"])

    elsewhere = Rule.read(rule.words, local=False)

    coded = b64encode(b"ID3 hello").decode()
    reply = {"base64": coded, "media": "audio/mpeg"}
    assert elsewhere.words == {"then": [{"reply": reply}, {"image": {"base64": coded}}]}
    assert Rule.read({"reply": {"body": b"ID3 hello"}}).words == {"reply": {"base64": coded}}


@pytest.mark.parametrize("words", ['{"reply": {"file": "pyproject.toml"}}', '{"image": {"file": "pyproject.toml"}}'])
def test_whoever_is_elsewhere_cannot_read_files_of_the_server(words: str) -> None:
    with pytest.raises(RuleError, match="'file' can't name a file of the server's machine"):
        parse(words, "body.json", local=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reply: {file: none.mp3}", "none.mp3: can't be read: No such file or directory"),
        ("image: none.png", "none.png: can't be read"),
        ("image: {base64: '!'}", "'base64' is not base64"),
        ("json: {age: old}\n  schema: {required: [age], properties: {age: {type: integer}}}", "'json' doesn't fit"),
        ("image: {}", "'image' must be a file, or a mapping with"),
        ("flag: harrassment", "unknown category 'harrassment'; did you mean 'harassment'?"),
        ("flag: {violence: 2}", "'violence' must be a score from 0 to 1"),
        ("embedding: [a, true]", "'embedding' must be a number"),
        ("transcript: {language: en}", "'transcript' must be a mapping with a 'text', or with 'segments'"),
        ("transcript: {segments: [{text: a, start: 2, end: 1}]}", "'end' must be a number from 2"),
        ("usage: {input: 5, cached: 6}", "'cached' is a part of 'input', and can't be more"),
        ("ids: {chatcmp: a}", "unknown key 'chatcmp' in 'ids'; did you mean 'chatcmpl'?"),
        ("usage: {prompt_tokens: 5}", "unknown key 'prompt_tokens' in 'usage'"),
        ("say: {probabilities: [{}]}", "must be a mapping of tokens to probabilities"),
        ("say: {probabilities: [{a: 1.5}]}", "must be a mapping of tokens to probabilities"),
        ("choices: [a]\n  say: b", "'choices' has everything the model says; move 'say' into it"),
        ("choices: [{call: a, error: b}]", "unknown key 'error' in 'choices'"),
        ("choose: []", "'choose' must be a list of texts or of outcomes"),
        ("choose: [a]\n  say: b", "'say' stands beside 'choose'; move it into one of its members"),
        ("choose: [a]\n  then: [{say: b}]", "'then' stands beside 'choose'; move it into one of its members"),
        ("error: server_error\n  flag: violence", "'error' and 'flag' exclude each other"),
    ],
)
def test_mistakes_are_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(f"- {text}\n")

    with pytest.raises(RuleError) as caught:
        load([tmp_path / "rules.yaml"])

    assert str(caught.value).startswith(f"{tmp_path / 'rules.yaml'}:")
    assert message in str(caught.value)


# Functions that fail


@pytest.mark.parametrize("word", ["say", "where", "reply"])
def test_a_function_that_fails_is_told_with_its_rule(api: Api, word: str) -> None:
    def failing(call: Any) -> Any:
        return call.body["city"]

    if word == "where":
        api.world.rules.on("chat", where=failing).say("Hi")
    else:
        getattr(api.world.rules.on("chat"), word)(failing)

    answer = chat(api)

    assert answer.status == 400
    told = re.sub(r":\d+", "", answer.json["error"]["message"])
    named = "body" if word == "reply" else word
    assert (
        told == f"The function for '{named}' of the rule at rules/test_then.py failed: KeyError: 'city' (test_then.py)"
    )
    assert api.world.journal[-1].status == 400
