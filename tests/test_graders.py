"""Graders of every kind, on their own and through the API."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from fakeopenai import evaluator, graders, likeness
from fakeopenai.operations import Operations
from fakeopenai.schema import Checker, types
from tests.front import Answer, Api

RUN = Operations.load().all["POST /fine_tuning/alpha/graders/run"]


def check(operation: str, **more: Any) -> dict[str, Any]:
    texts = {"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
    return {"type": "string_check", "name": "check", "operation": operation} | texts | more


def alike(metric: str) -> dict[str, Any]:
    return check("eq") | {"type": "text_similarity", "evaluation_metric": metric, "operation": None}


def python(source: str) -> dict[str, Any]:
    return {"type": "python", "name": "code", "source": source}


def model_grader(text: str = "Rate it: {{sample.output_text}}", **more: Any) -> dict[str, Any]:
    asked = [{"role": "user", "content": text}]
    return {"type": "score_model", "name": "judge", "model": "gpt-4o", "input": asked} | more


def run(api: Api, grader: dict[str, Any], sample: str, **item: Any) -> Answer:
    given = {name: value for name, value in grader.items() if value is not None}
    return api.post("/fine_tuning/alpha/graders/run", {"grader": given, "model_sample": sample, "item": item})


def reward(api: Api, grader: dict[str, Any], sample: str, **item: Any) -> float:
    answer = run(api, grader, sample, **item)
    assert answer.status == 200, answer.json
    earned: float = answer.json["reward"]
    return earned


def validate(api: Api, grader: dict[str, Any]) -> Answer:
    return api.post("/fine_tuning/alpha/graders/validate", {"grader": grader})


@pytest.mark.parametrize(
    ("operation", "sample", "score"),
    [
        ("eq", "Paris", 1),
        ("eq", "paris", 0),
        ("ne", "paris", 1),
        ("ne", "Paris", 0),
        ("like", "It is Paris.", 1),
        ("like", "It is paris.", 0),
        ("ilike", "It is paris.", 1),
        ("ilike", "It is Rome.", 0),
    ],
)
def test_a_string_check_compares_two_texts(api: Api, operation: str, sample: str, score: int) -> None:
    assert reward(api, check(operation), sample, answer="Paris") == score


@pytest.mark.parametrize("metric", [*likeness.MEASURES])
def test_every_measure_puts_equal_texts_first_and_strangers_last(api: Api, metric: str) -> None:
    reference = "The quick brown fox jumps over the lazy dog"

    equal, near, far = (
        reward(api, alike(metric), text, answer=reference)
        for text in (reference, "A quick brown fox jumps over the lazy cat", "Interest rates rose again")
    )

    assert equal == pytest.approx(1)
    assert equal > near > far >= 0


@pytest.mark.parametrize(
    ("metric", "score"),
    [
        ("fuzzy_match", 2 * 14 / (22 + 17)),
        ("gleu", 3 / 18),
        ("rouge_1", 6 / 12),
        ("rouge_2", 0),
        ("rouge_l", 6 / 12),
    ],
)
def test_measures_are_those_of_the_literature(metric: str, score: float) -> None:
    found = likeness.measured(metric, "the cat sat on the mat", "a cat is on a mat")

    assert found == pytest.approx(score, abs=1e-9)


def test_templates_reach_into_items_and_samples(api: Api) -> None:
    grader = check("eq", input="{{sample.output_json.cities[1].name}}", reference="{{ item.wanted.name }}!")

    assert reward(api, grader, '{"cities":[{},{"name":"Rome!"}]}', wanted={"name": "Rome"}) == 1


def test_templates_reach_into_calls_and_choices(api: Api) -> None:
    called = [{"type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}]
    said = graders.sample("Wait.", called)
    city = check("eq", input="{{sample.output_tools[0].function.arguments.city}}")
    text = check("eq", input="{{sample.choices[0].message.content}}")

    assert graders.grade(api.world, city, {"answer": "Rome"}, said).passed
    assert graders.grade(api.world, text, {"answer": "Wait."}, said).passed


def test_a_text_that_opens_without_end_is_a_text(api: Api) -> None:
    said = "[" * 100_000

    assert reward(api, check("ne"), said, answer="") == 1
    assert run(api, check("eq", input="{{item.deep[0]}}"), "", deep=said, answer="").json["reward"] == 0


def test_a_template_without_its_value_is_an_error_of_the_grade(api: Api) -> None:
    answer = run(api, check("eq"), "Paris").json

    assert answer["reward"] == 0
    assert answer["metadata"]["errors"]["invalid_variable_error"] is True


def test_a_run_says_all_that_the_api_says(api: Api) -> None:
    answer = run(api, check("eq"), "Paris", answer="Paris").json

    assert list(answer) == ["reward", "metadata", "sub_rewards", "model_grader_token_usage_per_model"]
    assert answer["metadata"] | {"execution_time": 0, "errors": {}} == {
        "name": "check",
        "type": "string_check",
        "errors": {},
        "execution_time": 0,
        "scores": {},
        "token_usage": None,
        "sampled_model_name": None,
    }
    assert not any(answer["metadata"]["errors"].values())
    assert not Checker(types()).reply_errors(RUN, answer)


CODE = """
import re, json
from typing import Any

WEIGHTS = {"form": 0.25, "value": 0.75}

def number_in(text, default=0):
    found = re.search(r"-?\\d+", text)
    return int(found.group(0)) if found is not None else default

def grade(sample: dict[str, Any], item: dict[str, Any]) -> float:
    total = 0.0
    try:
        said = json.loads(sample["output_text"])
        total += WEIGHTS["form"]
    except (ValueError, KeyError) as fault:
        said = {"value": number_in(str(fault), default=-1)}
    for name, weight in sorted(WEIGHTS.items(), key=lambda pair: pair[0]):
        if name not in said:
            continue
        total += weight if said[name] == item["wanted"] else 0
    return round(total, 3)
"""


@pytest.mark.parametrize(("sample", "score"), [('{"value": 3}', 1.0), ('{"value": 4}', 0.25), ("three", 0.0)])
def test_python_graders_run_ordinary_code(api: Api, sample: str, score: float) -> None:
    assert reward(api, python(CODE), sample, wanted=3) == score


GUIDE = """
from rapidfuzz import fuzz, utils

def grade(sample, item) -> float:
    output_text = sample["output_text"]
    reference_answer = item["answer"]
    return fuzz.WRatio(output_text, reference_answer, processor=utils.default_process) / 100.0
"""


@pytest.mark.parametrize(
    ("sample", "score"), [("Fuzzy Wuzzy was a bear!", 1.0), ("wuzzy fuzzy was a bear", 0.95), ("a dog", 0.855)]
)
def test_the_grader_of_the_guide_runs(api: Api, sample: str, score: float) -> None:
    assert reward(api, python(GUIDE), sample, answer="fuzzy wuzzy was a bear") == pytest.approx(score)


@pytest.mark.parametrize(
    ("call", "score"),
    [
        ("ratio('this is a test', 'this is a test!')", 96.551724),
        ("partial_ratio('this is a test', 'this is a test!')", 100),
        ("partial_ratio('a Paris', 'abc def')", 44.444444),
        ("token_sort_ratio('fuzzy wuzzy was a bear', 'wuzzy fuzzy was a bear')", 100),
        ("token_set_ratio('fuzzy was a bear', 'fuzzy fuzzy was a bear')", 100),
        ("partial_token_ratio('of 42 of a', 'abc def')", 54.545455),
        ("WRatio('of paris, atlanta vs atlanta', 'abc defabc def')", 31.666667),
        ("QRatio('a', 'b', score_cutoff=50)", 0),
        ("ratio('', '')", 100),
        ("WRatio('', 'a')", 0),
    ],
)
def test_texts_are_as_alike_as_rapidfuzz_finds_them(api: Api, call: str, score: float) -> None:
    code = f"from rapidfuzz import fuzz\ndef grade(sample, item):\n    return fuzz.{call}\n"

    assert reward(api, python(code), "") == pytest.approx(score)


def test_marks_can_be_taken_out_of_a_text(api: Api) -> None:
    bare = "sample['output_text'].translate(str.maketrans('', '', string.punctuation))"
    code = f"import string\ndef grade(sample, item):\n    return float({bare} == item['answer'])\n"

    assert reward(api, python(code), "Well, done!", answer="Well done") == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("return item['nothing']", "KeyError: 'nothing'"),
        ("return unknown", "NameError: name 'unknown' is not defined"),
        ("raise ValueError('no')", "ValueError: no"),
        ("return 'one'", "grade() must return a number, not str"),
        ("return float('nan')", "grade() must return a finite number"),
        ("return float('-inf')", "grade() must return a finite number"),
        ("return int('9' * 400)", "grade() must return a finite number"),
        ("return grade(sample, item)", "RecursionError: maximum recursion depth exceeded"),
        ("return ().__class__", "AttributeError: 'tuple' object has no attribute '__class__'"),
        ("return (lambda: 1).__globals__", "AttributeError: 'Function' object has no attribute '__globals__'"),
        ("return open('x')", "NameError: name 'open' is not defined"),
        ("return eval('1')", "NameError: name 'eval' is not defined"),
        ("return '{0.__class__}'.format(1)", "AttributeError: 'str' object has no attribute 'format'"),
    ],
)
def test_what_code_does_wrong_is_told_as_python_tells_it(api: Api, line: str, told: str) -> None:
    errors = run(api, python(f"def grade(sample, item):\n    {line}\n"), "a").json["metadata"]["errors"]

    assert errors["python_grader_runtime_error"] is True
    assert errors["python_grader_runtime_error_details"] == told


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "return [0] * 10**9",
        "return 'a' * 10**9",
        "return sum(x for x in range(10**9))",
        "return f'{1:>9999999}'",
        "return 9**9**9",
        "x = 'a' * 99999\n    return len(x.replace('a', x))",
        "x = [1]\n    while True: x.extend(x)",
        "x = []\n    for _ in range(40): x = [x, x]\n    return len(str(x))",
        "x = ()\n    for _ in range(90): x = (x, x)\n    return 1",
        "x = ['a' * 1000 for _ in range(10**5)]\n    return len(','.join(x))",
        "x = []\n    for _ in range(40): x = [x, x]\n    return len(list(map(str, [x])))",
        "x = []\n    for _ in range(40): x = [x, x]\n    raise ValueError(x)",
        "import re\n    return bool(re.search('(a+)+$', 'a' * 40 + 'b'))",
        "try:\n        while True: pass\n    except Exception:\n        return 1",
    ],
)
def test_greedy_code_is_stopped(body: str) -> None:
    grade = evaluator.load(f"def grade(sample, item):\n    {body}\n")["grade"]

    with pytest.raises((evaluator.Forbidden, evaluator.Raised)):
        evaluator.call(grade, {}, {})


def test_several_graders_add_up_by_a_formula(api: Api) -> None:
    parts = {"exact": check("eq"), "near": check("ilike")}
    grader = {
        "type": "multi",
        "name": "both",
        "graders": parts,
        "calculate_output": "0.5 * exact + min(near, 0.25) ^ 2 * 4 + ceil(0.2)",
    }

    answer = run(api, grader, "paris", answer="Paris").json

    assert answer["reward"] == pytest.approx(0 + 0.25**2 * 4 + 1)
    assert answer["sub_rewards"] == {"exact": 0.0, "near": 1.0}


def test_a_model_scores_a_sample(api: Api) -> None:
    answer = run(api, model_grader(), "fuzzy wuzzy was a bear").json

    assert 0 <= answer["reward"] <= 1
    assert answer["metadata"]["sampled_model_name"] == "gpt-4o-2024-08-06"
    usage = answer["model_grader_token_usage_per_model"]["gpt-4o-2024-08-06"]
    assert usage["total_tokens"] == answer["metadata"]["token_usage"] == sum(usage.values()) - usage["total_tokens"]


@pytest.mark.parametrize("text", ["A haiku", "Write a poem about rain.", "What is 2 + 2?", "4"])
def test_a_model_always_finds_a_score_and_a_label(api: Api, text: str) -> None:
    scoring = model_grader(range=[0, 10])
    labelling = model_grader(type="label_model", labels=["good", "bad"], passing_labels=["good"])

    scored, labelled = (graders.grade(api.world, each, {}, graders.sample(text)) for each in (scoring, labelling))

    assert (scored.failed, labelled.failed, 0 <= scored.score <= 10) == (False, False, True)
    assert labelled.score in {0, 1}


@pytest.mark.parametrize(("said", "score"), [("0.25", 0.25), ("Score: 0.5", 0.5), ('{"result": 0.75}', 0.75)])
def test_a_rule_decides_what_a_model_grader_says(api: Api, said: str, score: float) -> None:
    api.world.rules.on("chat", contains="Rate it: a haiku").say(said)

    assert reward(api, model_grader(), "a haiku") == score


@pytest.mark.parametrize(
    ("said", "error"), [("Wonderful!", "model_grader_parse_error"), ("17", "model_grader_parse_error")]
)
def test_a_model_grader_that_gives_no_score_is_an_error(api: Api, said: str, error: str) -> None:
    api.world.rules.on("chat").say(said)

    answer = run(api, model_grader(), "a haiku").json

    assert (answer["reward"], answer["metadata"]["errors"][error]) == (0, True)


def test_a_model_grader_whose_model_fails_says_why(api: Api) -> None:
    api.world.rules.on("chat").error("server_error")

    errors = run(api, model_grader(), "a haiku").json["metadata"]["errors"]

    assert errors["model_grader_server_error"] is True
    assert errors["model_grader_server_error_details"]


def test_a_valid_grader_comes_back(api: Api) -> None:
    assert validate(api, check("eq")).json == {"grader": check("eq")}
    assert validate(api, python(CODE)).json == {"grader": python(CODE)}


MULTI = {"type": "multi", "name": "m", "graders": {"a": check("eq")}, "calculate_output": "a"}


@pytest.mark.parametrize(
    ("grader", "param"),
    [
        (check("eq", reference="{{answer}}"), "grader"),
        (python("def judge(sample, item): return 1"), "grader.source"),
        (python("def grade(sample, item)"), "grader.source"),
        (python("import os"), "grader.source"),
        (MULTI | {"calculate_output": "a + b"}, "grader.calculate_output"),
        (MULTI | {"calculate_output": "a +"}, "grader.calculate_output"),
        (MULTI | {"graders": {"a": python("x")}}, "grader.graders.a.source"),
        (model_grader(model="gpt-nothing"), "model"),
        (model_grader(range=[1, 0]), "grader.range"),
        (check("equals"), "grader.operation"),
    ],
)
def test_graders_that_could_never_work_are_refused(api: Api, grader: dict[str, Any], param: str) -> None:
    answer = validate(api, grader)

    assert (answer.status, answer.error["param"]) == (400, param), answer.json


def test_the_official_client_runs_a_grader(client: OpenAI) -> None:
    found = client.fine_tuning.alpha.graders.run(
        grader={
            "type": "text_similarity",
            "name": "near",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
            "evaluation_metric": "fuzzy_match",
        },
        item={"answer": "fuzzy wuzzy was a bear"},
        model_sample="fuzzy wuzzy was a bear",
    )

    assert found.reward == 1.0
