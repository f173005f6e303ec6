"""Vaults and the credentials in them."""

from typing import Any

import pytest

from tests.api.agents import Asking
from tests.front import Api

BEARER = {"type": "static_bearer", "token": "hush", "mcp_server_url": "https://mcp.example"}
OAUTH = {
    "type": "mcp_oauth",
    "access_token": "hush",
    "mcp_server_url": "https://mcp.example",
    "refresh": {
        "client_id": "me",
        "refresh_token": "hush",
        "token_endpoint": "https://auth.example",
        "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": "hush"},
    },
}


@pytest.fixture
def ask(api: Api) -> Asking:
    return Asking(api)


@pytest.fixture
def vault(ask: Asking) -> Any:
    return ask("POST", "/vaults", {"name": "keys", "metadata": {"team": "a"}})


def test_a_vault_is_kept(ask: Asking, vault: Any) -> None:
    assert (vault["object"], vault["name"], vault["metadata"]) == ("vault", "keys", {"team": "a"})
    assert ask("GET", f"/vaults/{vault['id']}") == vault
    assert ask("GET", "/vaults?metadata[team]=a")["data"] == [vault]
    assert ask("GET", "/vaults?metadata[team]=b")["data"] == []
    assert ask("GET", "/vaults?status=archived")["data"] == []


@pytest.mark.parametrize("auth", [BEARER, OAUTH])
def test_secrets_are_never_shown(ask: Asking, vault: Any, auth: Any) -> None:
    credential = ask("POST", f"/vaults/{vault['id']}/credentials", {"name": "a", "auth": auth})

    assert credential["auth"]["mcp_server_url"] == "https://mcp.example"
    assert "hush" not in str(credential)
    assert "hush" not in str(ask("GET", f"/vaults/{vault['id']}/credentials"))


def test_a_secret_is_rotated_within_its_kind(ask: Asking, vault: Any) -> None:
    credential = ask("POST", f"/vaults/{vault['id']}/credentials", {"name": "a", "auth": OAUTH})
    url = f"/vaults/{vault['id']}/credentials/{credential['id']}"

    rotated = ask("POST", url, {"auth": {"type": "mcp_oauth", "access_token": "new"}, "metadata": {"n": "2"}})
    refused = ask.answer("POST", url, {"auth": {"type": "static_bearer", "token": "new"}})

    assert (rotated["auth"], rotated["metadata"]) == (credential["auth"], {"n": "2"})
    assert (refused.status, refused.error["param"]) == (400, "auth.type")


def test_credentials_go_with_their_vault(ask: Asking, vault: Any) -> None:
    credential = ask("POST", f"/vaults/{vault['id']}/credentials", {"name": "a", "auth": BEARER})
    url = f"/vaults/{vault['id']}/credentials/{credential['id']}"

    ask("DELETE", f"/vaults/{vault['id']}")

    assert ask.answer("GET", url).status == 404
