"""Environments, their templates and files."""

from base64 import b64encode
from typing import Any

import pytest

from fakeopenai.wire import Upload
from tests.api.agents import Asking
from tests.front import Api


@pytest.fixture
def ask(api: Api) -> Asking:
    return Asking(api)


def inline(path: str, text: str = "hello") -> Any:
    return {"type": "inline", "path": path, "data": b64encode(text.encode()).decode()}


def hosted(ask: Asking, **settings: Any) -> Any:
    return ask("POST", "/agents/environments", {"environment": {"type": "openai_hosted", **settings}})


def test_an_environment_takes_a_moment(ask: Asking) -> None:
    environment = hosted(ask)

    assert environment["status"] == "pending"
    assert ask("GET", f"/agents/environments/{environment['id']}")["status"] == "ready"


def test_an_idle_environment_is_suspended_and_then_expires(ask: Asking, api: Api) -> None:
    environment = hosted(ask)
    url = f"/agents/environments/{environment['id']}"
    ask("GET", url)

    api.world.clock.advance(20 * 60)
    suspended = ask("GET", url)["status"]
    api.world.clock.advance(30 * 86_400)

    assert (suspended, ask("GET", url)["status"]) == ("suspended", "expired")


def test_a_session_wakes_its_environment(ask: Asking, api: Api) -> None:
    environment = hosted(ask)
    ask("GET", f"/agents/environments/{environment['id']}")
    api.world.clock.advance(20 * 60)
    place = {"type": "openai_hosted", "environment_id": environment["id"]}

    session = ask("POST", "/agents/sessions", {"environment": place, "agent": {"model": "gpt-4o"}, "input": "Hi"})

    assert session["environment"]["id"] == environment["id"]
    assert ask("GET", f"/agents/environments/{environment['id']}")["status"] == "ready"


def test_files_are_listed_by_path_page_by_page(ask: Asking) -> None:
    environment = hosted(ask, files=[inline("/workspace/b.txt"), inline("/workspace/a/c.txt")])
    url = f"/agents/environments/{environment['id']}/files"
    ask("POST", url, inline("/workspace/a.txt", "longer text"))

    first = ask("GET", f"{url}?order=asc&limit=2")
    rest = ask("GET", f"{url}?order=asc&limit=2&page={first['next']}")

    assert [file["path"] for file in first["data"]] == ["/workspace/a/c.txt", "/workspace/a.txt"]
    assert ([file["path"] for file in rest["data"]], rest["has_more"]) == (["/workspace/b.txt"], False)
    assert [file["path"] for file in ask("GET", f"{url}?path=/workspace/a")["data"]] == ["/workspace/a/c.txt"]
    assert len(ask("GET", f"/agents/environments/{environment['id']}")["files"]) == 3


def test_an_uploaded_file_can_be_installed(ask: Asking, api: Api) -> None:
    uploads = {"file": [Upload("a.txt", "text/plain", b"12345")]}
    file = api.post("/files", {"purpose": "user_data"}, files=uploads).json

    environment = hosted(ask, files=[{"type": "file_id", "file_id": file["id"], "path": "/workspace/a.txt"}])

    assert [(found["file_id"], found["size_bytes"]) for found in environment["files"]] == [(file["id"], 5)]


@pytest.mark.parametrize("path", ["/etc/passwd", "workspace/a", "/workspace/../a", "/workspace/"])
def test_files_stay_in_the_workspace(ask: Asking, path: str) -> None:
    environment = hosted(ask)

    answer = ask.answer("POST", f"/agents/environments/{environment['id']}/files", inline(path))

    assert (answer.status, answer.error["param"]) == (400, "path")


def test_a_template_lends_its_settings(ask: Asking) -> None:
    network = {"access": "restricted", "allowed_domains": ["example.com"]}
    body = {"name": "box", "network": network, "env": {"SECRET": "1"}, "files": [inline("/workspace/a.txt")]}

    template = ask("POST", "/agents/environments/templates", body)
    environment = hosted(ask, environment_template_id=template["id"])

    assert (template["network"], template["files"][0]["size_bytes"]) == (network, 5)
    assert "env" not in template
    assert [file["path"] for file in environment["files"]] == ["/workspace/a.txt"]


def test_templates_are_changed_and_deleted(ask: Asking) -> None:
    template = ask("POST", "/agents/environments/templates", {"name": "box"})
    url = f"/agents/environments/templates/{template['id']}"

    assert ask("POST", url, {"name": "crate"})["name"] == "crate"
    assert ask("DELETE", url)["object"] == "agent.environment.template.deleted"
    assert ask.answer("GET", url).status == 404


def test_an_environment_that_a_rule_fails_says_so(ask: Asking, api: Api) -> None:
    api.world.rules.on("POST /agents/environments").job(fail={"message": "No machine is free."})

    id = hosted(ask)["id"]

    assert [ask("GET", f"/agents/environments/{id}")["status"] for _ in range(2)] == ["failed", "failed"]
