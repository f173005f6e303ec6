"""Engines, edits, answers and classifications, before and after the API retired them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from fakeopenai.arrangement import Arrangement
from fakeopenai.cli import main
from fakeopenai.emulator import Emulator
from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from fakeopenai.serving import Server
from fakeopenai.testing import fresh
from fakeopenai.wire import Upload
from fakeopenai.world import Settings
from tests.front import Answer, Api

PUPPIES = ("puppy A is happy", "puppy B is sad")
QUESTION = {
    "question": "which puppy is happy?",
    "examples": [["What is human life expectancy in the United States?", "78 years."]],
    "examples_context": "In 2017, U.S. life expectancy was 78.6 years.",
}
MOODS = [["A happy moment", "Positive"], ["I am sad.", "Negative"], ["I am feeling awesome", "Positive"]]
EDIT = {"model": "text-davinci-edit-001", "input": "hello there", "instruction": "Make it uppercase"}


def uploaded(api: Api, *lines: dict[str, str]) -> str:
    content = "\n".join(map(json.dumps, lines)).encode()
    answer = api.post(
        "/files", {"purpose": "search"}, files={"file": [Upload("lines.jsonl", "application/jsonl", content)]}
    )
    id: str = answer.json["id"]
    return id


def as_of(day: str) -> Api:
    return Api(Emulator(Settings(as_of=day)))


def test_an_engine_is_shown_as_in_its_last_recordings(api: Api) -> None:
    assert list(api.get("/engines/text-ada-001").json.items()) == [
        ("object", "engine"),
        ("id", "text-ada-001"),
        ("ready", True),
        ("owner", "openai"),
        ("permissions", None),
        ("created", None),
    ]


def test_all_engines_are_listed(api: Api) -> None:
    listed = api.get("/engines").json

    assert {"davinci", "text-ada-001", "davinci-codex", "gpt-3.5-turbo"} <= {engine["id"] for engine in listed["data"]}
    assert listed["object"] == "list"


def test_an_unknown_engine_is_not_found(api: Api) -> None:
    answer = api.get("/engines/brain")

    assert (answer.status, answer.error["message"]) == (404, "Engine not found")


def test_an_engine_has_the_replicas_it_was_given(api: Api) -> None:
    api.post("/engines/ada", {"replicas": 2})

    assert api.get("/engines/ada").json["ready_replicas"] == 2


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
        ("embeddings", {"input": "Hi"}),
        ("edits", {"instruction": "Make it uppercase", "input": "hi"}),
    ],
)
def test_an_engine_answers_as_the_model_of_that_name(api: Api, url: str, body: dict[str, Any]) -> None:
    model = {
        "chat/completions": "gpt-4o",
        "embeddings": "text-embedding-ada-002",
        "edits": "text-davinci-edit-001",
    }[url]

    by_engine = api.post(f"/engines/{model}/{url}", body | {"engine": model} if url != "edits" else body).json
    by_model = api.post(f"/{url}", body | {"model": model}).json

    assert {**by_engine, "id": ""} == {**by_model, "id": ""}


@pytest.mark.parametrize(
    ("engine", "model"),
    [
        ("davinci", "davinci:2020-05-03"),
        ("text-curie-001", "text-curie:001"),
        ("curie-instruct-beta-v2", "curie-instruct-beta:002"),
    ],
)
def test_completions_of_an_engine_name_its_version(api: Api, engine: str, model: str) -> None:
    answer = api.post(f"/engines/{engine}/completions", {"prompt": "Once upon a time", "max_tokens": 5})

    assert (answer.json["model"], answer.headers["openai-model"]) == (model, model)
    assert answer.json["choices"][0]["finish_reason"] == "length"


def test_two_engines_asked_the_same_answer_for_themselves(api: Api) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}]}

    models = [api.post(f"/engines/{name}/chat/completions", body).json["model"] for name in ("gpt-4o", "gpt-4")]

    assert models == ["gpt-4o-2024-08-06", "gpt-4-0613"]


def test_what_an_engine_uses_is_counted(api: Api) -> None:
    api.post("/engines/davinci/completions", {"prompt": "Once upon a time", "max_tokens": 5})

    assert [use.kind for use in api.world.account] == ["completions"]


def test_a_generation_streams_the_data_it_has_as_a_whole(api: Api) -> None:
    body = {"context": "Once upon a time", "length": 6}
    whole = api.post("/engines/davinci/generate", body).json

    *chunks, done = api.post("/engines/davinci/generate", body | {"stream": True}).events

    assert ("".join(chunk["data"][0]["text"] for chunk in chunks), done) == (whole["data"][0]["text"], "[DONE]")


def test_search_scores_the_documents_in_their_order(api: Api) -> None:
    body = {"query": "happy dogs", "documents": ["the stock market", "a happy dog", "hospital"]}

    answer = api.post("/engines/text-ada-001/search", body).json

    scores = [found.pop("score") for found in answer["data"]]
    assert answer == {
        "object": "list",
        "data": [{"object": "search_result", "document": place} for place in range(3)],
        "model": "text-ada:001",
    }
    assert max(scores) == scores[1] > 0 > scores[0]


def test_search_finds_the_lines_of_a_file_that_share_a_word_with_the_query(api: Api) -> None:
    file = uploaded(api, *({"text": text, "metadata": text[6]} for text in PUPPIES))

    answer = api.post("/engines/text-davinci-001/search", {"query": "happy", "file": file, "return_metadata": True})

    (found,) = answer.json["data"]
    assert (found["document"], found["text"], found["metadata"]) == (0, "puppy A is happy", "A")
    assert found["score"] > 200


@pytest.mark.parametrize("source", [{}, {"documents": ["a"], "file": "file-1"}])
def test_a_search_has_one_source(api: Api, source: dict[str, Any]) -> None:
    answer = api.post("/engines/ada/search", {"query": "happy"} | source)

    assert (answer.status, answer.error["param"]) == (400, "documents")


def test_a_search_in_no_file_is_refused(api: Api) -> None:
    answer = api.post("/engines/ada/search", {"query": "happy", "file": "file-1"})

    assert (answer.status, answer.error["message"]) == (404, "No such File object: file-1")


def test_a_line_without_a_text_is_refused(api: Api) -> None:
    file = uploaded(api, {"text": "happy"}, {"words": "happy"})

    answer = api.post("/engines/ada/search", {"query": "happy", "file": file})

    assert (answer.status, answer.error["param"]) == (400, "file")
    assert "Line 2 is not." in answer.error["message"]


def test_an_edit_carries_out_the_instruction(api: Api) -> None:
    answer = api.post("/edits", EDIT | {"n": 2})

    edit = answer.json
    assert edit["choices"] == [{"text": "HELLO THERE\n", "index": 0}, {"text": "HELLO THERE\n", "index": 1}]
    assert list(edit) == ["object", "created", "choices", "usage"]
    assert answer.headers["openai-model"] == "text-davinci-edit:001"


def test_a_rule_speaks_in_edits(api: Api) -> None:
    api.world.rules.on("edits", contains="spelling").say("What day of the week is it?")

    edit = api.post("/edits", EDIT | {"instruction": "Fix the spelling", "input": "What day of the wek is it?"}).json

    assert edit["choices"] == [{"text": "What day of the week is it?\n", "index": 0}]
    assert edit["usage"]["total_tokens"] == edit["usage"]["prompt_tokens"] + edit["usage"]["completion_tokens"]


def test_a_model_that_cannot_edit_knows_no_such_url(api: Api) -> None:
    answer = api.post("/edits", EDIT | {"model": "gpt-4o"})

    assert (answer.status, answer.error["message"]) == (404, "Invalid URL (POST /v1/edits)")


def test_an_answer_shows_few_documents_as_they_came(api: Api) -> None:
    answer = api.post("/answers", QUESTION | {"model": "ada", "documents": ["Puppy A is happy", "Puppy B is sad."]})

    told = answer.json
    assert told.pop("completion").startswith("cmpl-")
    assert told == {
        "answers": ["Puppy A is happy"],
        "model": "ada:2020-05-03",
        "object": "answer",
        "search_model": "ada",
        "selected_documents": [
            {"document": 0, "text": "Puppy A is happy "},
            {"document": 1, "text": "Puppy B is sad. "},
        ],
    }


def test_an_answer_from_a_file_shows_the_best_document_last(api: Api) -> None:
    file = uploaded(api, *({"text": text} for text in PUPPIES))

    told = api.post("/answers", QUESTION | {"model": "davinci", "file": file, "max_tokens": 5}).json

    assert (told["file"], told["search_model"]) == (file, "ada:2020-05-03")
    assert [found["text"] for found in told["selected_documents"]] == [PUPPIES[1], PUPPIES[0]]
    assert told["selected_documents"][0]["score"] < told["selected_documents"][1]["score"]


def test_an_answer_reads_no_more_documents_than_it_may(api: Api) -> None:
    body = QUESTION | {"model": "ada", "documents": [*PUPPIES, "rain"], "max_rerank": 1, "return_prompt": True}

    told = api.post("/answers", body).json

    assert [found["document"] for found in told["selected_documents"]] == [0]
    assert "rain" not in told["prompt"]


def test_a_classification_has_the_label_of_the_nearest_example(api: Api) -> None:
    told = api.post("/classifications", {"model": "text-ada-001", "query": "I am so sad", "examples": MOODS}).json

    assert told.pop("completion").startswith("cmpl-")
    assert told == {
        "label": "Negative",
        "model": "text-ada-001",
        "object": "classification",
        "search_model": "ada",
        "selected_examples": [
            {"document": 1, "label": "Negative", "text": "I am sad."},
            {"document": 2, "label": "Positive", "text": "I am feeling awesome"},
            {"document": 0, "label": "Positive", "text": "A happy moment"},
        ],
    }


def test_a_classification_by_a_file_tells_scores(api: Api) -> None:
    file = uploaded(api, *({"text": text, "label": label} for text, label in MOODS))

    told = api.post("/classifications", {"model": "curie", "query": "sad", "file": file}).json

    (example,) = told["selected_examples"]
    assert (told["label"], example["object"], told["file"]) == ("Negative", "search_result", file)


def test_a_classification_without_any_similar_example_is_refused(api: Api) -> None:
    file = uploaded(api, {"text": "rain", "label": "weather"})

    answer = api.post("/classifications", {"model": "curie", "query": "sad", "file": file})

    assert answer.error["message"] == "No similar documents were found in file with the query."


@pytest.mark.parametrize(("labels", "label"), [(["negative"], "negative"), (["Mixed"], "Unknown")])
def test_a_classification_keeps_to_the_labels(api: Api, labels: list[str], label: str) -> None:
    body = {"model": "ada", "query": "I am so sad", "examples": MOODS, "labels": labels}

    assert api.post("/classifications", body).json["label"] == label


def test_a_rule_gives_the_label(api: Api) -> None:
    api.world.rules.on("classifications").say("Positive")

    told = api.post("/classifications", {"model": "ada", "query": "I am so sad", "examples": MOODS}).json

    assert told["label"] == "Positive"


REQUESTS = {
    "GET /engines": ("/engines", None),
    "GET /engines/{engine}": ("/engines/ada", None),
    "POST /engines/{engine}": ("/engines/ada", {"replicas": 1}),
    "POST /engines/{engine}/completions": ("/engines/ada/completions", {"prompt": "Hi"}),
    "POST /engines/{engine}/generate": ("/engines/ada/generate", {"context": "Hi"}),
    "POST /engines/{engine}/embeddings": ("/engines/ada-similarity/embeddings", {"input": "Hi"}),
    "POST /engines/{engine}/search": ("/engines/ada/search", {"query": "Hi", "documents": ["a"]}),
    "POST /edits": ("/edits", EDIT),
    "POST /answers": ("/answers", QUESTION | {"model": "ada", "documents": ["a"]}),
    "POST /classifications": ("/classifications", {"model": "ada", "query": "Hi", "examples": MOODS}),
}


def asked(api: Api, name: str) -> Answer:
    url, body = REQUESTS[name]
    return api.send(name.partition(" ")[0], url, body)


@pytest.mark.parametrize("name", REQUESTS)
def test_every_legacy_operation_answers_in_its_form(api: Api, name: str) -> None:
    answer = asked(api, name)

    operation = Operations.load().all[name]
    assert (answer.status, Checker(types()).reply_errors(operation, answer.json)) == (200, [])


@pytest.mark.parametrize("name", REQUESTS)
def test_every_legacy_operation_is_retired_by_2026(name: str) -> None:
    assert asked(as_of("2026-01-01"), name).status == 404


@pytest.mark.parametrize(
    ("name", "last_day", "first_day", "message"),
    [
        ("POST /answers", "2022-12-02", "2022-12-03", "does not have access to the answers endpoint"),
        ("POST /classifications", "2022-12-02", "2022-12-03", "does not have access to the classifications endpoint"),
        ("POST /engines/{engine}/search", "2022-12", "2022-12-03", "does not have access to the search endpoint"),
        ("POST /edits", "2024-01-03", "2024-01-04", "Invalid URL (POST /v1/edits)"),
        ("GET /engines", "2024-03-31", "2024-04-01", "Invalid URL (GET /v1/engines)"),
        ("POST /engines/{engine}/completions", "2024-01-03", "2024-01-04", "The model `ada` has been deprecated"),
    ],
)
def test_an_operation_works_until_the_day_of_its_retirement(
    name: str, last_day: str, first_day: str, message: str
) -> None:
    before, after = asked(as_of(last_day), name), asked(as_of(first_day), name)

    assert (before.status, after.status) == (200, 404)
    assert message in after.error["message"]


@pytest.mark.parametrize("model", ["text-davinci-003", "curie:ft-acme-2023-01-01-00-00-00"])
def test_the_first_models_are_deprecated(model: str) -> None:
    answer = as_of("2024-01-04").post("/completions", {"model": model, "prompt": "Hi"})

    assert answer.error == {
        "message": f"The model `{model}` has been deprecated, learn more here: "
        "https://platform.openai.com/docs/deprecations",
        "type": "invalid_request_error",
        "param": None,
        "code": "model_not_found",
    }


def test_newer_models_are_not_deprecated() -> None:
    answer = as_of("2024-01-04").post("/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"})

    assert answer.status == 200


def test_chat_by_engine_was_never_known() -> None:
    answer = as_of("2023-07-11").post("/engines/gpt-4/chat/completions", {"messages": []})

    assert answer.error["message"] == "Invalid URL (POST /v1/engines/gpt-4/chat/completions)"


def test_the_listing_of_routes_counts_legacy_operations_apart() -> None:
    shown = CliRunner().invoke(main, ["routes", "--summary"]).output.splitlines()

    assert [line.split()[0] for line in shown[::2]] == ["newest", "legacy", "azure", "agents"]


@pytest.mark.parametrize("day", ["yesterday", "2024-1-4"])
def test_no_server_starts_as_of_a_day_that_is_none(day: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--as-of", day])

    assert (result.exit_code, f"{day!r} is no day" in result.output) == (2, True)


def test_a_world_may_be_as_of_a_day_of_its_own(server: Server) -> None:
    with fresh(server, "sk-of-2024", Arrangement(as_of="2024-01-04")) as fake:
        fake.client().models.list()

        assert fake.world.settings.as_of == "2024-01-04"
