"""ChatKit sessions and threads."""

from typing import Any

from openai import OpenAI

from fakeopenai.operations import Operations
from fakeopenai.rules import Rule
from fakeopenai.schema import Checker, types
from tests.front import Api

BETA = {"openai-beta": "chatkit_beta=v1"}
CHECKER = Checker(types())


def asked(api: Api, method: str, url: str, body: Any = None) -> Any:
    """An answer that fits its schema."""
    answer = api.send(method, url, body, headers=BETA)
    operation, _ = Operations.load().match(method, url.partition("?")[0])
    assert answer.status == 200, answer.content
    assert CHECKER.reply_errors(operation, answer.json) == []
    return answer.json


def opened(api: Api, **settings: Any) -> Any:
    return asked(api, "POST", "/chatkit/sessions", {"user": "ann", "workflow": {"id": "wf_1"}, **settings})


def test_a_session_has_every_default(api: Api) -> None:
    session = opened(api)

    assert session["id"].startswith("cksess_")
    assert session["client_secret"].startswith("ek_")
    assert (session["status"], session["max_requests_per_1_minute"]) == ("active", 10)
    assert session["expires_at"] == int(api.world.clock.now) + 600
    assert session["chatkit_configuration"]["file_upload"] == {"enabled": False, "max_file_size": 512, "max_files": 10}


def test_a_session_is_cancelled_once(api: Api) -> None:
    url = f"/chatkit/sessions/{opened(api)['id']}/cancel"

    assert asked(api, "POST", url)["status"] == "cancelled"
    assert api.post(url, headers=BETA).status == 400


def test_an_expired_session_cannot_be_cancelled(api: Api) -> None:
    session = opened(api, expires_after={"anchor": "created_at", "seconds": 60})

    api.world.clock.advance(61)

    assert api.post(f"/chatkit/sessions/{session['id']}/cancel", headers=BETA).status == 400


def test_a_thread_holds_what_was_said(api: Api) -> None:
    api.world.rules.add(Rule.read({"when": {"contains": "refund"}, "say": "Of course."}))
    opened(api, workflow={"id": "wf_1", "state_variables": {"topic": "I want a refund"}})

    (thread,) = asked(api, "GET", "/chatkit/threads?user=ann")["data"]

    url = f"/chatkit/threads/{thread['id']}"
    words = [item["content"][0]["text"] for item in asked(api, "GET", f"{url}/items?order=asc")["data"]]
    assert words == ["I want a refund", "Of course."]
    assert (thread["title"], thread["status"]) == ("I want a refund", {"type": "active"})
    assert asked(api, "GET", "/chatkit/threads?user=bob")["data"] == []


def test_a_call_of_a_client_tool_is_an_item(api: Api) -> None:
    api.world.rules.add(Rule.read({"call": {"name": "open_cart", "arguments": {"n": 1}}}))
    opened(api)

    (thread,) = asked(api, "GET", "/chatkit/threads")["data"]

    call = asked(api, "GET", f"/chatkit/threads/{thread['id']}/items")["data"][0]
    assert (call["type"], call["name"], call["arguments"]) == ("chatkit.client_tool_call", "open_cart", '{"n":1}')


def test_the_official_client_deletes_a_thread(client: OpenAI) -> None:
    client.beta.chatkit.sessions.create(user="ann", workflow={"id": "wf_1"})
    (thread,) = client.beta.chatkit.threads.list(user="ann")

    deleted = client.beta.chatkit.threads.delete(thread.id)

    assert (deleted.id, deleted.object, deleted.deleted) == (thread.id, "chatkit.thread.deleted", True)
    assert list(client.beta.chatkit.threads.list()) == []


def test_what_a_workflow_shows_beside_its_words_can_be_scripted(api: Api) -> None:
    shown: list[dict[str, Any]] = [
        {"type": "chatkit.widget", "widget": {"type": "Card"}},
        {"type": "chatkit.task", "heading": "Looking"},
        {"type": "chatkit.task_group", "tasks": [{"heading": "One"}, {"type": "thought", "summary": "Two"}]},
        {"type": "web_search_call"},
    ]
    steps = [*({"hosted": item} for item in shown), {"say": "Done."}]
    api.world.rules.add(Rule.read({"when": {"operation": "chatkit"}, "steps": steps}))
    opened(api)
    (thread,) = asked(api, "GET", "/chatkit/threads")["data"]

    _, widget, task, group, search, said = asked(api, "GET", f"/chatkit/threads/{thread['id']}/items?order=asc")["data"]

    assert widget["widget"] == '{"type":"Card"}'
    assert (task["task_type"], task["heading"], task["summary"]) == ("custom", "Looking", None)
    assert [(each["type"], each["heading"], each["summary"]) for each in group["tasks"]] == [
        ("custom", "One", None),
        ("thought", None, "Two"),
    ]
    assert (search["task_type"], search["heading"]) == ("custom", "Web search")
    assert said["content"][0]["text"] == "Done."


def test_unknown_threads_and_sessions_are_missed_by_their_names(api: Api) -> None:
    missed = [
        api.send(method, path, headers=BETA)
        for method, path in (
            ("GET", "/chatkit/threads/cthr_none"),
            ("GET", "/chatkit/threads/cthr_none/items"),
            ("DELETE", "/chatkit/threads/cthr_none"),
            ("POST", "/chatkit/sessions/cksess_none/cancel"),
        )
    ]

    assert [answer.status for answer in missed] == [404] * 4
    assert [answer.error["message"] for answer in missed] == [
        *["No thread found with id 'cthr_none'."] * 3,
        "No session found with id 'cksess_none'.",
    ]


def test_the_threads_of_a_user_are_paged(client: OpenAI) -> None:
    for user in ("ann", "bob", "ann"):
        client.beta.chatkit.sessions.create(user=user, workflow={"id": "wf_1"})

    threads = list(client.beta.chatkit.threads.list(user="ann", limit=1, order="asc"))

    assert [thread.user for thread in threads] == ["ann", "ann"]
    assert len({thread.id for thread in threads}) == 2
    assert client.beta.chatkit.threads.delete(threads[0].id).deleted
    assert [thread.id for thread in client.beta.chatkit.threads.list(user="ann")] == [threads[1].id]
