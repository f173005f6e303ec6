"""The organization: people, projects, roles, certificates and what else an admin key administers."""

import re
from typing import Any

import pytest
from openai import OpenAI

from fakeopenai.api import HANDLERS
from fakeopenai.operations import Operations
from tests.api.organization import PROJECTS, account, ask, member, project
from tests.front import Api

ADMIN = [str(operation) for operation in Operations.load().all.values() if operation.admin]
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MB4wHhcNMjUwMTAxMDAwMDAwWhcNMjcwMTAxMDAwMDAwWg==
-----END CERTIFICATE-----"""
ALERT = {
    "currency": "USD",
    "interval": "month",
    "threshold_amount": 1000,
    "notification_channel": {"type": "email", "recipients": ["a@example.com"]},
}


@pytest.mark.parametrize("operation", ADMIN)
def test_every_admin_operation_has_a_handler(operation: str) -> None:
    assert operation in HANDLERS


def test_an_organization_begins_with_its_owner_a_project_and_roles(api: Api) -> None:
    [owner] = ask(api, "GET", "/organization/users")["data"]
    [default] = ask(api, "GET", PROJECTS)["data"]
    roles = ask(api, "GET", "/organization/roles")["data"]
    of_project = ask(api, "GET", f"/projects/{default['id']}/roles")["data"]

    assert owner["role"] == "owner"
    assert owner["projects"]["data"] == [{"id": default["id"], "name": "Default project", "role": "owner"}]
    assert default["id"] == api.get("/models").headers["openai-project"]
    assert [role["name"] for role in roles] == ["owner", "reader"]
    assert [role["name"] for role in of_project] == ["owner", "member", "viewer"]
    assert re.fullmatch(r"role-api-organization-owner__api-organization__org-\w{24}", roles[0]["id"])


def test_projects_page_and_hide_the_archived_ones(api: Api) -> None:
    ids = [project(api, name) for name in ("A", "B", "C")]
    ask(api, "POST", f"{PROJECTS}/{ids[1]}/archive")

    first = ask(api, "GET", f"{PROJECTS}?limit=2")
    second = ask(api, "GET", f"{PROJECTS}?after={first['last_id']}")
    everything = ask(api, "GET", f"{PROJECTS}?include_archived=true")["data"]

    assert first["has_more"]
    assert [item["id"] for item in second["data"]] == [ids[2]]
    assert [item["status"] for item in everything] == ["active", "active", "archived", "active"]


def test_the_default_project_can_not_be_archived(api: Api) -> None:
    [default] = ask(api, "GET", PROJECTS)["data"]

    assert api.post(f"{PROJECTS}/{default['id']}/archive").status == 400


def test_what_is_not_there_is_not_found(api: Api) -> None:
    answer = api.get(f"{PROJECTS}/proj_none/users")

    assert answer.status == 404
    assert answer.error["message"] == "No project found with id 'proj_none'."


@pytest.mark.parametrize("query", ["after=user-none", "limit=0", "limit=101", "limit=many"])
def test_a_page_that_can_not_be_is_refused(api: Api, query: str) -> None:
    answer = api.get(f"/organization/users?{query}")

    assert (answer.status, answer.error["param"]) == (400, query.partition("=")[0])


def test_an_invite_is_accepted_a_day_later(api: Api) -> None:
    id = project(api)
    body = {"email": "ann@example.com", "role": "reader", "projects": [{"id": id, "role": "member"}]}
    invite = ask(api, "POST", "/organization/invites", body)

    pending = ask(api, "GET", f"/organization/invites/{invite['id']}")
    api.world.clock.advance(86_400)
    accepted = ask(api, "GET", f"/organization/invites/{invite['id']}")

    assert (pending["status"], accepted["status"]) == ("pending", "accepted")
    assert accepted["accepted_at"] == invite["created_at"] + 86_400
    [_, user] = ask(api, "GET", f"{PROJECTS}/{id}/users")["data"]
    assert (user["email"], user["role"]) == ("ann@example.com", "member")
    assert api.delete(f"/organization/invites/{invite['id']}").status == 400


def test_an_invite_that_nobody_answers_expires(api: Api) -> None:
    invite = ask(api, "POST", "/organization/invites", {"email": "noreply@example.com", "role": "reader"})

    api.world.clock.advance(7 * 86_400)

    assert ask(api, "GET", f"/organization/invites/{invite['id']}")["status"] == "expired"
    assert len(ask(api, "GET", "/organization/users")["data"]) == 1


def test_a_user_has_the_predefined_role_it_was_given(api: Api) -> None:
    user = member(api)

    ask(api, "POST", f"/organization/users/{user['id']}", {"role": "owner"})

    roles = ask(api, "GET", f"/organization/users/{user['id']}/roles")["data"]
    assert [role["name"] for role in roles] == ["owner"]
    assert api.post(f"/organization/users/{user['id']}", {"role": "king"}).error["param"] == "role"


def test_a_deleted_user_is_gone_from_projects_and_groups(api: Api) -> None:
    user, id = member(api), project(api)
    group = ask(api, "POST", "/organization/groups", {"name": "Support"})
    ask(api, "POST", f"{PROJECTS}/{id}/users", {"email": user["email"], "role": "member"})
    ask(api, "POST", f"/organization/groups/{group['id']}/users", {"user_id": user["id"]})

    ask(api, "DELETE", f"/organization/users/{user['id']}")

    assert len(ask(api, "GET", f"{PROJECTS}/{id}/users")["data"]) == 1
    assert ask(api, "GET", f"/organization/groups/{group['id']}/users")["data"] == []
    assert api.get(f"/organization/groups/{group['id']}/users/{user['id']}").status == 404


def test_the_owner_can_not_be_removed(api: Api) -> None:
    [owner] = ask(api, "GET", "/organization/users")["data"]

    assert api.delete(f"/organization/users/{owner['id']}").status == 400


def test_a_project_takes_a_user_once(api: Api) -> None:
    user, id = member(api), project(api)
    body = {"user_id": user["id"], "role": "member"}

    added = ask(api, "POST", f"{PROJECTS}/{id}/users", body)
    changed = ask(api, "POST", f"{PROJECTS}/{id}/users/{user['id']}", {"role": "owner"})

    assert changed == added | {"role": "owner"}
    assert api.post(f"{PROJECTS}/{id}/users", body).status == 400
    assert api.post(f"{PROJECTS}/{id}/users", {"role": "member"}).error["code"] == "missing_required_parameter"


@pytest.mark.parametrize("kind", ["user", "group"])
def test_roles_are_assigned_in_the_organization(api: Api, kind: str) -> None:
    role = ask(api, "POST", "/organization/roles", {"role_name": "Auditor", "permissions": ["api.audit.read"]})
    group = ask(api, "POST", "/organization/groups", {"name": "Support"})
    url = f"/organization/{kind}s/{(member(api) if kind == 'user' else group)['id']}/roles"

    given = ask(api, "POST", url, {"role_id": role["id"]})
    held = ask(api, "GET", f"{url}/{role['id']}")
    taken = ask(api, "DELETE", f"{url}/{role['id']}")

    assert (given["object"], given["role"]) == (f"{kind}.role", role)
    assert held["assignment_sources"][0]["principal_type"] == kind
    assert taken == {"object": f"{kind}.role.deleted", "deleted": True}
    assert api.get(f"{url}/{role['id']}").status == 404


@pytest.mark.parametrize("kind", ["user", "group"])
def test_roles_are_assigned_in_a_project(api: Api, kind: str) -> None:
    id = project(api)
    role = ask(api, "POST", f"/projects/{id}/roles", {"role_name": "Keeper", "permissions": []})
    body = {"name": "Support"}
    whom = member(api) if kind == "user" else ask(api, "POST", "/organization/groups", body)
    ask(api, "POST", f"{PROJECTS}/{id}/{kind}s", {f"{kind}_id": whom["id"], "role": "member"})

    ask(api, "POST", f"/projects/{id}/{kind}s/{whom['id']}/roles", {"role_id": role["id"]})
    held = ask(api, "GET", f"/projects/{id}/{kind}s/{whom['id']}/roles")["data"]

    assert "Keeper" in [role["name"] for role in held]


def test_a_deleted_role_is_taken_from_all(api: Api) -> None:
    role = ask(api, "POST", "/organization/roles", {"role_name": "Auditor", "permissions": []})
    group = ask(api, "POST", "/organization/groups", {"name": "Support"})
    ask(api, "POST", f"/organization/groups/{group['id']}/roles", {"role_id": role["id"]})

    ask(api, "DELETE", f"/organization/roles/{role['id']}")

    assert ask(api, "GET", f"/organization/groups/{group['id']}/roles")["data"] == []


def test_predefined_roles_stay(api: Api) -> None:
    [owner, _] = ask(api, "GET", "/organization/roles")["data"]

    assert api.delete(f"/organization/roles/{owner['id']}").status == 400
    assert api.post(f"/organization/roles/{owner['id']}", {"role_name": "x"}).status == 400


def test_groups_page_by_next(api: Api) -> None:
    names = ["A", "B", "C"]
    groups = [ask(api, "POST", "/organization/groups", {"name": name}) for name in names]

    first = ask(api, "GET", "/organization/groups?limit=2")
    second = ask(api, "GET", f"/organization/groups?after={first['next']}")

    assert first == {"object": "list", "data": groups[:2], "has_more": True, "next": groups[1]["id"]}
    assert second == {"object": "list", "data": groups[2:], "has_more": False, "next": None}
    assert re.fullmatch(r"group_[0-9A-HJKMNP-TV-Z]{26}", groups[0]["id"])


def test_groups_of_a_project_go_by_their_own_names(api: Api) -> None:
    id = project(api)
    group = ask(api, "POST", "/organization/groups", {"name": "Support"})

    added = ask(api, "POST", f"{PROJECTS}/{id}/groups", {"group_id": group["id"], "role": "member"})
    listed = ask(api, "GET", f"{PROJECTS}/{id}/groups")

    assert (added["group_id"], added["group_name"], added["project_id"]) == (group["id"], "Support", id)
    assert listed == {"object": "list", "data": [added], "has_more": False, "next": None}


def test_a_certificate_says_how_long_it_is_valid(api: Api) -> None:
    made = ask(api, "POST", "/organization/certificates", {"certificate": CERTIFICATE, "name": "Mine"})

    whole = ask(api, "GET", f"/organization/certificates/{made['id']}?include[]=content")

    assert made["certificate_details"] == {"valid_at": 1735689600, "expires_at": 1798761600}
    assert whole["certificate_details"] == made["certificate_details"] | {"content": CERTIFICATE}
    assert api.post("/organization/certificates", {"certificate": "nothing"}).error["param"] == "certificate"


def test_a_certificate_is_active_here_and_there_by_itself(api: Api) -> None:
    id = project(api)
    made = ask(api, "POST", "/organization/certificates", {"certificate": CERTIFICATE})["id"]

    ask(api, "POST", f"{PROJECTS}/{id}/certificates/activate", {"certificate_ids": [made]})
    [of_project] = ask(api, "GET", f"{PROJECTS}/{id}/certificates")["data"]
    [of_organization] = ask(api, "GET", "/organization/certificates")["data"]

    assert (of_project["active"], of_organization["active"]) == (True, False)
    assert of_project["object"] == "organization.project.certificate"
    assert api.delete(f"/organization/certificates/{made}").status == 400
    ask(api, "POST", f"{PROJECTS}/{id}/certificates/deactivate", {"certificate_ids": [made]})
    ask(api, "DELETE", f"/organization/certificates/{made}")


def test_certificates_are_activated_all_or_none(api: Api) -> None:
    made = ask(api, "POST", "/organization/certificates", {"certificate": CERTIFICATE})["id"]

    answer = api.post("/organization/certificates/activate", {"certificate_ids": [made, "cert_none"]})

    assert answer.status == 404
    assert not ask(api, "GET", "/organization/certificates")["data"][0]["active"]


@pytest.mark.parametrize(
    ("setting", "body", "changed"),
    [
        ("model_permissions", {"mode": "allow_list", "model_ids": ["gpt-4o"]}, {"model_ids": ["gpt-4o"]}),
        ("hosted_tool_permissions", {"mcp": {"enabled": False}}, {"mcp": {"enabled": False}}),
        ("service_tier_settings", {"default": "scale"}, {"default": "scale", "enabled_tiers": "all"}),
        ("data_retention", {"retention_type": "none"}, {"type": "none"}),
    ],
)
def test_a_setting_keeps_what_it_is_set_to(api: Api, setting: str, body: Any, changed: Any) -> None:
    url = f"{PROJECTS}/{project(api)}/{setting}"
    before = ask(api, "GET", url)

    ask(api, "POST", url, body)

    assert ask(api, "GET", url) == before | body | changed if setting != "data_retention" else before | changed


@pytest.mark.parametrize("owner", ["/organization", PROJECTS])
def test_spend_alerts_and_limits_are_kept(api: Api, owner: str) -> None:
    url = owner if owner == "/organization" else f"{owner}/{project(api)}"

    alert = ask(api, "POST", f"{url}/spend_alerts", ALERT)
    listed = ask(api, "GET", f"{url}/spend_alerts")
    limit = ask(api, "POST", f"{url}/spend_limit", {"currency": "USD", "interval": "month", "threshold_amount": 500})
    ask(api, "DELETE", f"{url}/spend_limit")

    assert listed["data"] == [alert]
    assert (limit["threshold_amount"], limit["enforcement"]) == (500, {"status": "inactive"})
    assert api.get(f"{url}/spend_limit").status == 404


def test_external_storage_is_validated(api: Api) -> None:
    provider = {"type": "aws", "bucket": "b", "role_arn": "arn:aws:iam::123456789012:role/x"}
    made = ask(api, "POST", "/organization/external_storage", {"project_id": project(api), "provider": provider})

    valid = ask(api, "POST", f"/organization/external_storage/{made['id']}/validate")

    assert (made["status"], valid["status"]) == ("pending", "validated")
    assert made["provider"]["account_id"] == "123456789012"


def test_a_removed_external_key_is_shown_once_more(api: Api) -> None:
    body = {
        "type": "aws",
        "name": "n",
        "external_id": "e",
        "kms_arn": "k",
        "role_arn": "r",
        "purpose": "psp_decryption",
    }
    made = ask(api, "POST", "/organization/external_keys", body)

    assert ask(api, "GET", "/organization/external_keys?purpose=ekm")["data"] == []
    assert ask(api, "DELETE", f"/organization/external_keys/{made['id']}") == made
    assert api.get(f"/organization/external_keys/{made['id']}").status == 404


def test_federation_rules_live_and_die_with_their_provider(api: Api) -> None:
    id = project(api)
    body = {"audience": "a", "issuer": "https://issuer.example.com", "name": "CI", "type": "oidc"}
    provider = ask(api, "POST", "/organization/workload_identity_providers", body)
    url = f"/organization/workload_identity_providers/{provider['id']}/federation_rules"
    robot = account(api, id)["id"]
    rule = {"attribute_matchers": {"sub": "x"}, "project_id": id, "service_account_id": robot}

    made = ask(api, "POST", url, rule)
    found = ask(api, "GET", f"{url}?service_account_id={robot}")["data"]
    ask(api, "DELETE", f"/organization/workload_identity_providers/{provider['id']}")

    assert found == [made]
    assert api.get(f"{url}/{made['id']}").status == 404


def test_the_official_client_administers(client: OpenAI) -> None:
    organization = client.admin.organization
    made = organization.projects.create(name="Research")
    robot = organization.projects.service_accounts.create(made.id, name="robot")

    names = [found.name for found in organization.projects.list()]
    limits = list(organization.projects.rate_limits.list_rate_limits(made.id, limit=5))

    assert names == ["Default project", "Research"]
    assert robot.api_key is not None
    assert len(limits) > 50


def test_the_only_owner_stays_owner(api: Api) -> None:
    (owner,) = ask(api, "GET", "/organization/users")["data"]

    answer = api.post(f"/organization/users/{owner['id']}", {"role": "reader"})

    assert (answer.status, answer.error["param"]) == (400, "role")
