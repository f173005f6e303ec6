"""Agents: saved configurations."""

import pytest

from tests.api.agents import BETA, Asking
from tests.front import Api


@pytest.fixture
def ask(api: Api) -> Asking:
    return Asking(api)


def test_an_agent_is_saved_with_every_setting(ask: Asking) -> None:
    agent = ask("POST", "/agents", {"model": "gpt-5", "name": "Ada"})

    assert agent["id"].startswith("agent_")
    assert (agent["name"], agent["service_tier"], agent["tools"]) == ("Ada", "auto", [])
    assert agent["text"] == {"format": {"type": "text"}, "verbosity": "medium"}
    assert ask("GET", f"/agents/{agent['id']}") == agent


def test_tools_are_completed_and_their_secrets_left_out(ask: Asking) -> None:
    transport = {"type": "http", "server_url": "https://mcp.example"}
    tools = [{"type": "web_search"}, {"type": "mcp", "server_label": "docs", "transport": transport}]

    agent = ask("POST", "/agents", {"model": "gpt-5", "tools": tools})

    search, mcp = agent["tools"]
    assert (search["mode"], search["context_size"]) == ("live", "medium")
    assert (mcp["connection_origin"], mcp["required"]) == ("service", False)


def test_null_sets_a_setting_back(ask: Asking) -> None:
    agent = ask("POST", "/agents", {"model": "gpt-5", "name": "Ada", "reasoning": {"effort": "high"}})

    changed = ask("POST", f"/agents/{agent['id']}", {"name": None, "reasoning": None})

    assert (changed["name"], changed["reasoning"]["effort"], changed["model"]) == (None, None, "gpt-5")


def test_an_agent_of_no_model_is_refused(api: Api) -> None:
    answer = api.post("/agents", {"model": "nonsense"}, headers=BETA)

    assert (answer.status, answer.error["code"]) == (400, "model_not_found")


def test_the_beta_must_be_asked_for(api: Api) -> None:
    answer = api.get("/agents")

    assert (answer.status, answer.error["code"]) == (400, "invalid_beta")


def test_a_deleted_agent_is_gone(ask: Asking) -> None:
    agent = ask("POST", "/agents", {"model": "gpt-5"})

    deleted = ask("DELETE", f"/agents/{agent['id']}")

    assert deleted == {"id": agent["id"], "object": "agent.deleted", "deleted": True}
    assert ask.answer("GET", f"/agents/{agent['id']}").status == 404
    assert ask("GET", "/agents")["data"] == []
