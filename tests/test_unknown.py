"""What the API doesn't know: URLs, methods, ids, fields, cursors; and how far its lists can be paged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakeopenai.operations import Operation
from fakeopenai.schema import types
from fakeopenai.wire import Object
from tests.front import Answer, Api
from tests.replies import is_refusal
from tests.said import finish_runs
from tests.walk import TABLE, Visit, Walk

PATHS = sorted({operation.path for operation in TABLE.values()})
BETAS = [key for key, operation in TABLE.items() if operation.beta]
WITH_ID = [key for key, operation in TABLE.items() if "{" in operation.path]
WITH_BODY = [key for key, operation in TABLE.items() if operation.body is not None]
LISTS = [key for key, operation in TABLE.items() if operation.method == "GET" and operation.page not in {"", "page"}]


def parameters(key: str) -> Object:
    """The parameters of an operation's query, by name."""
    found: Object = (TABLE[key].query or {}).get("properties", {})
    return found


CURSORS = [(key, name) for key in LISTS for name in ("after", "before", "page") if name in parameters(key)]
ORDERED = [key for key in LISTS if "order" in parameters(key)]

UNNAMED = {"POST /edits", "POST /embeddings", "POST /files", "POST /fine-tunes"}
"""Operations that name an unknown field in their message only (recorded, and reported of the two oldest)."""


@pytest.fixture(scope="module")
def walk() -> Walk:
    return Walk().settle()


@pytest.fixture(scope="module")
def crowded() -> Walk:
    """A world with three more things in every collection."""
    walk = Walk().settle()
    for key in LISTS:
        creation = TABLE.get(f"POST {TABLE[key].path}")
        for _ in range(3 if creation else 0):
            walk.ask(creation or TABLE[key])
    finish_runs(walk)
    return walk


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/files/", "/files//content", "/chat", "/v1/files", "/files/1/content/x"]
)
def test_an_unknown_url_is_told_so(api: Api, method: str, path: str) -> None:
    answer = api.send(method, path)

    assert (answer.status, answer.error) == (
        404,
        {
            "message": f"Invalid URL ({method} /v1{path})",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        },
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_method_is_told_the_right_ones(api: Api, method: str, path: str) -> None:
    answer = api.send(method, path.replace("{", "").replace("}", ""))

    own = {operation.method for operation in TABLE.values() if operation.path == path}
    assert answer.status == 405
    assert own <= set(answer.headers["allow"].split(", "))
    assert answer.error["message"].startswith(f"Not allowed to {method} on /v1/")


@pytest.mark.parametrize("key", WITH_ID)
def test_an_unknown_id_is_not_found(walk: Walk, key: str) -> None:
    operation = TABLE[key]
    ids = walk.found(operation)

    for name in ids:
        url = operation.path.format_map(ids | {name: "nothing-of-the-kind"})
        answer = walk.send(operation, url + asked(operation), body(walk, operation))

        assert answer.status == 404, (name, answer.content)
        assert is_refusal(answer)


@pytest.mark.parametrize("key", BETAS)
def test_a_beta_must_be_asked_for(walk: Walk, key: str) -> None:
    operation = TABLE[key]

    answer = walk.api.send(operation.method, operation.path, body(walk, operation), headers={"openai-beta": "x=v1"})

    assert (answer.status, answer.error["code"]) == (400, "invalid_beta")
    assert f"OpenAI-Beta: {operation.beta}'" in answer.error["message"]


@pytest.mark.parametrize("key", WITH_BODY)
def test_an_unknown_field_is_refused_where_the_schema_is_closed(walk: Walk, key: str) -> None:
    operation = TABLE[key]

    answer = walk.ask(operation, {"unheard_of": 1}).answer

    if not is_closed(operation):
        assert answer.status < 300, answer.content
        return
    assert is_refusal(answer)
    assert "unheard_of" in answer.error["message"]
    assert answer.error["param"] == (None if key in UNNAMED else "unheard_of")


@pytest.mark.parametrize("limit", ["-1", "0", "x", "1.5", "1000001"])
@pytest.mark.parametrize("key", LISTS)
def test_a_page_has_a_sensible_size(walk: Walk, key: str, limit: str) -> None:
    answer = page(walk, key, limit=limit)

    if limit == "0" and parameters(key)["limit"].get("minimum") == 0:
        assert answer.json["data"] == []
        return
    assert (answer.status, answer.error["param"]) == (400, "limit")


@pytest.mark.parametrize(("key", "name"), CURSORS)
def test_an_unknown_cursor_is_refused(walk: Walk, key: str, name: str) -> None:
    answer = page(walk, key, **{name: "nothing-of-the-kind"})

    assert (answer.status, answer.error["param"]) == (400, name)


@pytest.mark.parametrize("key", ORDERED)
def test_an_unknown_order_is_refused(walk: Walk, key: str) -> None:
    answer = page(walk, key, order="sideways")

    assert (answer.status, answer.error["param"]) == (400, "order")


@pytest.mark.parametrize("key", LISTS)
def test_pages_show_everything_once(crowded: Walk, key: str) -> None:
    assert list(paged(crowded, key, limit="3")) == list(paged(crowded, key, limit="100"))


@pytest.mark.parametrize("key", ORDERED)
def test_pages_backwards_show_the_same_in_the_other_order(crowded: Walk, key: str) -> None:
    rising, falling = parameters(key)["order"]["enum"][:2]

    there = list(paged(crowded, key, limit="2", order=rising))
    back = list(paged(crowded, key, limit="2", order=falling))

    assert there
    assert there == back[::-1]
    assert all(there.count(each) == 1 for each in there)


def asked(operation: Operation) -> str:
    """The query that an operation can't do without."""
    if operation.beta_query:
        return "?beta=true"
    required = (operation.query or {}).get("required", ())
    return "?" + "&".join(f"{name}=1767225600" for name in required) if required else ""


def body(walk: Walk, operation: Operation) -> Object | None:
    visit = walk.visits.get(str(operation))
    return visit.body if visit else None


def is_closed(operation: Operation) -> bool:
    return all(arm.get("additionalProperties") is False for arm in types().alternatives(operation.body or {}))


def page(walk: Walk, key: str, **query: str) -> Answer:
    visit: Visit = walk.visits[key]
    beta = {"beta": "true"} if visit.operation.beta_query else {}
    return walk.send(visit.operation, f"{visit.url}?{'&'.join('='.join(pair) for pair in (query | beta).items())}")


def paged(walk: Walk, key: str, **query: str) -> Iterator[Object]:
    """All that a list shows, page by page, as a client follows its cursors."""
    kind = TABLE[key].page
    forward: dict[str, str] = {}
    while True:
        found = page(walk, key, **query, **forward).json
        yield from found["data"]
        if not found["has_more"]:
            return
        last = found["next"] if kind in {"next", "token"} else found.get("last_id") or found["data"][-1]["id"]
        forward = {"page" if kind == "token" else "after": last}
