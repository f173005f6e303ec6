"""The control API, as a harness in any language uses it, and the document that describes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema
import pytest
from starlette.testclient import TestClient

from fakeopenai.control import ENDPOINTS, control
from fakeopenai.control_document import ROOT, document, template
from fakeopenai.emulator import Emulator
from fakeopenai.serving import Server, serve
from tests.front import Api

DOCUMENT = document(ENDPOINTS)
HERE = ("127.0.0.1", 50_000)


class Harness:
    """A client of the control API that checks each answer against the document."""

    def __init__(self, emulator: Emulator, token: str = "", peer: tuple[str, int] = HERE) -> None:
        self.client = TestClient(control(emulator, token), client=peer)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = None if body is None else json.dumps(body)
        return self.client.request(method, ROOT + path, content=content, headers=headers)

    def done(self, method: str, path: str, body: Any = None) -> Any:
        answer = self(method, path, body)
        assert answer.is_success, answer.text
        _fits(method, path, answer)
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        answer = self(method, path, body, **headers)
        jsonschema.validate(answer.json(), _whole("Error"))
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]


def _fits(method: str, path: str, answer: Any) -> None:
    """Whether an answer is what the document promises."""
    operation = _operation(method, path.partition("?")[0])
    promised = operation["responses"][str(answer.status_code)]
    if "content" in promised:
        schema = promised["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), schema | {"components": DOCUMENT["components"]})


def _operation(method: str, path: str) -> Any:
    for found, operations in DOCUMENT["paths"].items():
        names = found.removeprefix(ROOT).split("/")
        steps = path.split("/")
        if len(names) == len(steps) and all(name in ("{world}", step) for name, step in zip(names, steps, strict=True)):
            return operations[method.lower()]
    raise AssertionError(f"the document has no {path}")


def _whole(schema: str) -> Any:
    return DOCUMENT["components"]["schemas"][schema] | {"components": DOCUMENT["components"]}


@pytest.fixture
def harness(api: Api) -> Harness:
    return Harness(api.emulator)


def chat(api: Api, text: str) -> str:
    answer = api.post("/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]})
    return str(answer.json["choices"][0]["message"]["content"])


def test_every_route_is_in_the_document(harness: Harness) -> None:
    routes = {
        (method, template(route.path.removeprefix(ROOT)))
        for route in harness.client.app.routes  # type: ignore[attr-defined]  # Starlette's
        for method in route.methods - {"HEAD"}
    }

    described = {(method.upper(), path) for path, operations in DOCUMENT["paths"].items() for method in operations}
    assert described == routes
    assert harness.done("GET", "/openapi.json") == json.loads(json.dumps(DOCUMENT))


def test_the_document_names_each_operation_once_and_says_what_it_does() -> None:
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.body], ids=lambda each: each.name)
def test_the_examples_of_the_document_fit_and_work(endpoint: Any, api: Api, harness: Harness) -> None:
    chat(api, "Hi")

    jsonschema.validate(endpoint.example, _whole(endpoint.body))
    harness.done(endpoint.method, endpoint.path.replace("{world:path}", "test"), endpoint.example)


def test_worlds_are_listed_and_described(api: Api, harness: Harness) -> None:
    chat(api, "Hi")

    assert harness.done("GET", "/worlds") == {"worlds": ["test"]}
    assert harness.done("GET", "/worlds/test") == {
        "name": "test",
        "seed": 0,
        "clock": {"now": 1767225600, "mode": "auto", "rate": 1},
        "rules": 0,
        "requests": 1,
    }
    assert harness.done("GET", "/worlds/sk-test")["name"] == "test"
    assert harness.done("GET", "/health")["worlds"] == 1


def test_a_world_that_nobody_has_begun_is_not_there(harness: Harness) -> None:
    status, code, message = harness.refused("GET", "/worlds/nobody/rules")

    assert (status, code) == (404, "no_such_world")
    assert message == "there is no world 'nobody'; a world begins with a first request"


def test_a_deleted_world_begins_anew(api: Api, harness: Harness) -> None:
    first = chat(api, "Hi")
    api.post("/vector_stores", {"name": "mine"})

    harness.done("DELETE", "/worlds/test")

    assert harness.done("GET", "/worlds") == {"worlds": []}
    assert chat(api, "Hi") == first
    assert api.get("/vector_stores").json["data"] == []


def test_a_world_whose_name_has_slashes_is_found(api: Api, harness: Harness) -> None:
    api.key = "sk-tests/test_one.py::test_it"

    harness.done("POST", "/worlds/tests%2Ftest_one.py::test_it/rules", {"say": "Sunny"})

    assert chat(api, "Hi") == "Sunny"


def test_rules_are_added_counted_replaced_and_cleared(api: Api, harness: Harness) -> None:
    rule = {"when": {"contains": "weather"}, "say": "Sunny", "times": 1, "name": "weather"}

    harness.done("POST", "/worlds/test/rules", [rule, {"say": "Good day"}])
    said = [chat(api, "The weather?") for _ in range(2)]
    listed = harness.done("GET", "/worlds/test/rules")["rules"]
    harness.done("PUT", "/worlds/test/rules", {"rules": [{"say": "Good night"}]})

    assert said == ["Sunny", "Good day"]
    assert listed == [
        {"name": "weather", "uses": 1, "used_up": True, "rule": rule},
        {"name": "body.json:1", "uses": 1, "used_up": False, "rule": {"say": "Good day"}},
    ]
    assert chat(api, "Hi") == "Good night"
    harness.done("DELETE", "/worlds/test/rules")
    assert harness.done("GET", "/worlds/test/rules") == {"rules": [], "trouble": ""}


def test_a_bad_rule_is_refused_with_its_line_and_changes_nothing(api: Api, harness: Harness) -> None:
    harness.done("POST", "/worlds/test/rules", {"say": "Sunny"})

    status, code, message = harness.refused("PUT", "/worlds/test/rules", {"when": {"contans": "x"}, "say": "Rainy"})

    assert (status, code) == (400, "invalid_rule")
    assert message.startswith("body.json:1: unknown key 'contans'")
    assert "contains" in message
    assert chat(api, "Hi") == "Sunny"


def test_the_clock_is_read_set_and_moved(api: Api, harness: Harness) -> None:
    assert harness.done("PATCH", "/worlds/test/clock", {"mode": "manual"})["mode"] == "manual"

    moved = harness.done("POST", "/worlds/test/clock/advance", {"seconds": 90})

    assert moved == {"now": 1767225690, "mode": "manual", "rate": 1} == harness.done("GET", "/worlds/test/clock")
    assert api.world.clock.now == 1767225690


def test_time_can_be_let_pass_by_itself(api: Api, harness: Harness) -> None:
    harness.done("PATCH", "/worlds/test/clock", {"mode": "rate", "rate": 1_000_000})

    times = [harness.done("GET", "/worlds/test/clock")["now"] for _ in range(2)]

    assert times[0] < times[1]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/worlds/test/clock/advance", {"seconds": -1}, "body['seconds']: -1 is less than the minimum of 0"),
        ("/worlds/test/clock/advance", {}, 'body: "seconds" is a required property'),
        ("/worlds/test/fork", {"name": ""}, "body['name']: \"\" is shorter than 1 character"),
        ("/worlds/test/fork", {"name": "sk-test"}, "'test' would be a copy of itself"),
    ],
)
def test_a_bad_body_is_refused_with_its_place(api: Api, harness: Harness, path: str, body: Any, message: str) -> None:
    chat(api, "Hi")

    assert harness.refused("POST", path, body) == (400, "invalid_body", message)


def test_a_body_that_is_no_json_is_refused(harness: Harness) -> None:
    answer = harness.client.post(f"{ROOT}/worlds/test/fork", content="{")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_body")
    assert answer.json()["error"]["message"].startswith("the body must be JSON: ")


def test_the_journal_tells_what_was_asked_and_answered(api: Api, harness: Harness) -> None:
    harness.done("POST", "/worlds/test/rules", {"say": "Sunny", "name": "weather"})
    chat(api, "Hi")
    api.get("/files?limit=3")

    made = harness.done("GET", "/worlds/test/journal")["requests"]

    assert [(each["method"], each["path"], each["status"], each["rule"]) for each in made] == [
        ("POST", "/chat/completions", 200, "weather"),
        ("GET", "/files", 200, ""),
    ]
    assert made[0]["body"]["messages"][0]["content"] == "Hi"
    assert made[0]["reply"]["choices"][0]["message"]["content"] == "Sunny"
    assert harness.done("GET", "/worlds/test/journal?limit=1")["requests"] == made[1:]
    harness.done("DELETE", "/worlds/test/journal")
    assert harness.done("GET", "/worlds/test/journal") == {"requests": []}


def test_a_dumped_state_is_loaded_into_another_world(api: Api, harness: Harness) -> None:
    store = api.post("/vector_stores", {"name": "mine"}).json

    state = harness.done("GET", "/worlds/test/state")
    harness.done("PUT", "/worlds/other/state", state)

    assert Api(api.emulator, "sk-other").get(f"/vector_stores/{store['id']}").json == store


def test_what_is_no_state_is_refused(harness: Harness) -> None:
    status, code, message = harness.refused(
        "PUT", "/worlds/test/state", {"fakeopenai": 1, "drawers": {"/files": [{"id": 3}]}}
    )

    assert (status, code) == (400, "invalid_state")
    assert message == "this is not the state of a world: Expected `str`, got `int` - at `$.drawers[...][0].id`"


def test_a_world_is_forked_and_each_goes_its_own_way(api: Api, harness: Harness) -> None:
    api.post("/vector_stores", {"name": "mine"})

    fork = harness.done("POST", "/worlds/test/fork", {"name": "copy"})
    copy = Api(api.emulator, "sk-copy")
    copy.post("/vector_stores", {"name": "theirs"})

    assert fork["name"] == "copy"
    assert [store["name"] for store in copy.get("/vector_stores").json["data"]] == ["theirs", "mine"]
    assert [store["name"] for store in api.get("/vector_stores").json["data"]] == ["mine"]


def test_a_fork_has_rules_of_its_own_that_go_on_from_where_they_were(api: Api, harness: Harness) -> None:
    harness.done("POST", "/worlds/test/rules", {"say": "Sunny", "times": 2})
    chat(api, "Hi")

    harness.done("POST", "/worlds/test/fork", {"name": "copy"})
    copy = Api(api.emulator, "sk-copy")

    assert [chat(copy, "Hi") == "Sunny", chat(copy, "Hi") == "Sunny"] == [True, False]
    assert chat(api, "Hi") == "Sunny"


def test_rules_bring_what_moves_the_clock(api: Api, harness: Harness) -> None:
    harness.done("POST", "/worlds/test/rules", {"clock": "manual", "rules": [{"say": "Sunny"}]})

    assert harness.done("GET", "/worlds/test/clock")["mode"] == "manual"
    assert chat(api, "Hi") == "Sunny"


def test_a_reset_world_keeps_its_rules(api: Api, harness: Harness) -> None:
    harness.done("POST", "/worlds/test/rules", {"say": "Sunny"})
    api.post("/vector_stores", {"name": "mine"})
    api.world.clock.advance(60)

    harness.done("DELETE", "/worlds/test/state")

    assert api.get("/vector_stores").json["data"] == []
    assert harness.done("GET", "/worlds/test/clock")["now"] == 1767225600
    assert chat(api, "Hi") == "Sunny"


def test_unknown_paths_and_methods_are_refused_alike(harness: Harness) -> None:
    assert harness.refused("GET", "/nothing")[:2] == (404, "not_found")
    assert harness.refused("PUT", "/worlds")[:2] == (405, "method_not_allowed")


def test_another_machine_may_only_ask_whether_the_emulator_is_there(api: Api) -> None:
    harness = Harness(api.emulator, peer=("172.17.0.1", 1234))

    assert harness("GET", "/health").status_code == 200
    assert harness.refused("GET", "/worlds") == (
        403,
        "forbidden",
        "without a token only this machine may ask; start the server with --control-token",
    )


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_has_several_addresses(api: Api, peer: str) -> None:
    assert Harness(api.emulator, peer=(peer, 1234))("GET", "/worlds").status_code == 200


def test_a_web_page_from_elsewhere_may_not_ask_in_the_users_browser(harness: Harness) -> None:
    assert harness.refused("DELETE", "/worlds/test", origin="https://evil.example")[:2] == (403, "forbidden")
    assert harness("GET", "/worlds", origin="http://localhost:3000").status_code == 200


def test_with_a_token_only_who_has_it_may_ask_but_from_anywhere(api: Api) -> None:
    harness = Harness(api.emulator, "s3cret", ("172.17.0.1", 1234))

    assert harness("GET", "/worlds", authorization="Bearer s3cret").status_code == 200
    assert harness.refused("GET", "/worlds", authorization="Bearer s3cre")[:2] == (401, "unauthorized")
    assert Harness(api.emulator, "s3cret").refused("GET", "/worlds")[0] == 401


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with serve() as server:
        yield server


def test_it_answers_on_the_socket_of_the_api(running: Server) -> None:
    with httpx2.Client(base_url=f"{running.origin}{ROOT}") as client:
        put = client.put("/worlds/test/rules", json={"say": "Sunny"})
        listed = client.get("/worlds").json()

    assert (put.status_code, listed) == (200, {"worlds": ["test"]})


def test_limits_are_set_told_and_lifted(api: Api, harness: Harness) -> None:
    told = harness.done(
        "PUT", "/worlds/test/limits", {"requests_per_minute": 1, "models": {"o3": {"tokens_per_day": 9}}}
    )
    chat(api, "Hi")
    refused = api.post("/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
    used = harness.done("GET", "/worlds/test/limits")
    harness.done("DELETE", "/worlds/test/limits")
    chat(api, "Hi")

    assert told["limits"] == {"requests_per_minute": 1, "models": {"o3": {"tokens_per_day": 9}}}
    assert refused.status == 429
    assert used["used"] == [
        {"project": "", "model": "gpt-4o", "kind": "requests", "period": "minute", "limit": 1, "used": 1}
    ]
    assert harness.done("GET", "/worlds/test/limits")["limits"] == {}


def test_a_soft_limit_only_tells(api: Api, harness: Harness) -> None:
    harness.done("PUT", "/worlds/test/limits", {"soft_spend": 0.00001})
    before = harness.done("GET", "/worlds/test/limits")
    chat(api, "Hi")

    after = harness.done("GET", "/worlds/test/limits")

    assert (before["spent"], before["soft_spend_reached"]) == (0, False)
    assert (after["spent"] > 0, after["soft_spend_reached"]) == (True, True)


def test_wrong_limits_are_refused(harness: Harness) -> None:
    status, code, message = harness.refused("PUT", "/worlds/test/limits", {"request_per_minute": 1})

    assert (status, code) == (400, "invalid_body")
    assert "request_per_minute" in message
