"""Automations and their invocations."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fakeopenai.cron import Schedule
from tests.api.agents import Asking
from tests.front import Api

HOUR = 3600


@pytest.fixture
def ask(api: Api) -> Asking:
    return Asking(api)


def hourly(ask: Asking, **settings: Any) -> Any:
    content = [{"type": "input_text", "text": "Anything new?"}]
    target = {
        "type": "new_session",
        "agent": {"model": "gpt-4o"},
        "environment": {"type": "none"},
        "input": [{"role": "user", "content": content}],
    }
    body = {"type": "periodic", "name": "news", "expression": "0 * * * *", "timezone": "UTC", "target": target}
    return ask("POST", "/agents/automations", body | settings)


def invocations(ask: Asking, automation: Any) -> Any:
    return ask("GET", f"/agents/automations/{automation['id']}/invocations?order=asc")["data"]


def test_a_periodic_automation_starts_a_session_each_time(ask: Asking, api: Api) -> None:
    automation = hourly(ask)

    api.world.clock.advance(2 * HOUR + 60)

    found = invocations(ask, automation)
    assert [(one["status"], one["source"]["type"]) for one in found] == [("completed", "automation")] * 2
    assert found[1]["scheduled_at"] - found[0]["scheduled_at"] == HOUR
    sessions = ask("GET", "/agents/sessions?order=asc")["data"]
    assert [session["id"] for session in sessions] == [one["session_id"] for one in found]


def test_a_paused_automation_rests(ask: Asking, api: Api) -> None:
    automation = hourly(ask)
    url = f"/agents/automations/{automation['id']}"

    paused = ask("POST", f"{url}/pause")
    api.world.clock.advance(3 * HOUR)
    resumed = ask("POST", f"{url}/resume")
    api.world.clock.advance(HOUR + 60)

    assert (paused["status"], resumed["status"]) == ("paused", "active")
    assert len(invocations(ask, automation)) == 1


def test_an_automation_of_one_time_is_completed(ask: Asking, api: Api) -> None:
    session = ask(
        "POST", "/agents/sessions", {"environment": {"type": "none"}, "agent": {"model": "gpt-4o"}, "input": "Hi"}
    )
    target = {"type": "existing_session", "session_id": session["id"], "instructions": "Wake up."}
    at = int(api.world.clock.now) + HOUR
    body = {"type": "once", "name": "alarm", "run_at": at, "target": target}

    automation = ask("POST", "/agents/automations", body)
    api.world.clock.advance(HOUR + 60)

    assert ask("GET", f"/agents/automations/{automation['id']}")["status"] == "completed"
    assert invocations(ask, automation)[0]["session_id"] == session["id"]
    assert len(ask("GET", f"/agents/sessions/{session['id']}/turns")["data"]) == 2
    assert ask("GET", f"/agents/automations?session_id={session['id']}")["data"] != []


def test_a_manual_invocation_is_delivered_when_looked_at(ask: Asking) -> None:
    automation = hourly(ask)
    url = f"/agents/automations/{automation['id']}/invocations"

    invocation = ask("POST", url)

    assert invocation["status"] == "queued"
    delivered = ask("GET", f"{url}/{invocation['id']}")
    assert (delivered["status"], delivered["source"]) == ("completed", {"type": "manual"})
    assert ask("GET", f"/agents/sessions/{delivered['session_id']}")["agent"]["model"] == "gpt-4o"


def test_what_cannot_be_delivered_fails(ask: Asking) -> None:
    session = ask(
        "POST", "/agents/sessions", {"environment": {"type": "none"}, "agent": {"model": "gpt-4o"}, "input": "Hi"}
    )
    target = {"type": "existing_session", "session_id": session["id"], "instructions": "Wake up."}
    automation = hourly(ask, target=target)
    ask("DELETE", f"/agents/sessions/{session['id']}")

    invocation = ask("POST", f"/agents/automations/{automation['id']}/invocations")

    failed = ask("GET", f"/agents/automations/{automation['id']}/invocations/{invocation['id']}")
    assert (failed["status"], failed["error"]["code"]) == ("failed", "resource_not_found")


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"expression": "61 * * * *"}, "expression"),
        ({"expression": "* * *"}, "expression"),
        ({"expression": "0 0 31 2 *"}, "expression"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
def test_what_never_comes_is_refused(ask: Asking, settings: Any, param: str) -> None:
    automation = hourly(ask)

    answer = ask.answer("POST", f"/agents/automations/{automation['id']}", settings)

    assert (answer.status, answer.error["param"]) == (400, param)


def test_an_automation_is_changed_and_deleted(ask: Asking, api: Api) -> None:
    automation = hourly(ask)
    url = f"/agents/automations/{automation['id']}"

    changed = ask("POST", url, {"name": "olds", "expression": "30 * * * *"})
    api.world.clock.advance(HOUR - 60)

    assert (changed["name"], len(invocations(ask, automation))) == ("olds", 1)
    assert ask("DELETE", url) == {"id": automation["id"], "object": "agent.automation.deleted", "deleted": True}


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("*/15 * * * *", "UTC", "2026-01-01T00:15+00:00"),
        ("0 9 * * mon-fri", "Europe/Berlin", "2026-01-01T09:00+01:00"),
        ("0 0 13 * 5", "UTC", "2026-01-02T00:00+00:00"),
        ("5 4 1,15 feb *", "UTC", "2026-02-01T04:05+00:00"),
        ("0 0 29 2 *", "UTC", "2028-02-29T00:00+00:00"),
        ("0 12 * * 7", "America/New_York", "2026-01-04T12:00-05:00"),
    ],
)
def test_cron_expressions_mean_what_cron_says(expression: str, zone: str, expected: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()

    coming = Schedule.read(expression, zone).after(start)

    assert coming is not None
    assert datetime.fromtimestamp(coming, ZoneInfo(zone)) == datetime.fromisoformat(expected)
