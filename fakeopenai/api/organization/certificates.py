"""Certificates for mutual TLS: uploaded to the organization, active there and in each project by itself."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as BadBase64
from calendar import timegm
from time import strptime

from fakeopenai import errors
from fakeopenai.api.organization.projects import projects
from fakeopenai.resource import Resource, Routes, page
from fakeopenai.wire import Call, Object, Reply

routes = Routes()

YEAR = 365 * 86_400
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_VALIDITY = re.compile(rb"\x30.(?:\x17\x0d|\x18\x0f)(\d{12,14})Z(?:\x17\x0d|\x18\x0f)(\d{12,14})Z", re.DOTALL)
"""The two times of a certificate, as ASN.1 encodes them."""


def _shown(call: Call, item: Object) -> Object:
    """A certificate; its content only when that is asked for, and where it is active only in lists."""
    details = item["certificate_details"]
    if call.query.get("include") != ["content"]:
        details = {name: value for name, value in details.items() if name != "content"}
    shown = {name: value for name, value in item.items() if name not in ("active", "projects")}
    return shown | {"certificate_details": details}


certificates = Resource(
    "/organization/certificates/{certificate_id}",
    object="certificate",
    prefix="cert_",
    view=_shown,
    missing="No certificate found with id '{id}'.",
)
routes |= {
    "GET /organization/certificates/{certificate_id}": certificates.retrieve,
    "POST /organization/certificates/{certificate_id}": certificates.update,
}


@routes.on("POST /organization/certificates")
def upload(call: Call) -> Reply:
    found = _PEM.search(call.body["certificate"])
    if found is None:
        raise errors.invalid("Invalid certificate: expected a certificate in PEM format.", "certificate")
    valid_at, expires_at = _validity(found[1]) or (int(call.world.clock.now), int(call.world.clock.now) + YEAR)
    details = {"valid_at": valid_at, "expires_at": expires_at, "content": call.body["certificate"]}
    item = certificates.add(call, certificate_details=details, active=False, projects=[])
    return Reply(_shown(call, item))


@routes.on("DELETE /organization/certificates/{certificate_id}")
def delete(call: Call) -> Reply:
    item = certificates.find(call)
    if item["active"] or item["projects"]:
        raise errors.invalid("This certificate is active. Deactivate it for the organization and all projects first.")
    return certificates.delete(call)


@routes.on("GET /organization/certificates", "GET /organization/projects/{project_id}/certificates")
def list_certificates(call: Call) -> Reply:
    _project(call)
    answer = page(call, certificates.drawer(call), certificates)
    found = [certificates.find(call, item["id"]) for item in answer["data"]]
    return Reply(answer | {"data": [_where(call, item) for item in found]})


@routes.on(
    "POST /organization/certificates/activate",
    "POST /organization/certificates/deactivate",
    "POST /organization/projects/{project_id}/certificates/activate",
    "POST /organization/projects/{project_id}/certificates/deactivate",
)
def switch(call: Call) -> Reply:
    """Activate or deactivate certificates, all of them or none."""
    project, on = _project(call), call.operation.path.endswith("/activate")
    items = [certificates.find(call, id) for id in call.body["certificate_ids"]]
    for item in items:
        if project:
            item["projects"] = [*(id for id in item["projects"] if id != project), *([project] if on else [])]
        else:
            item["active"] = on
        certificates.drawer(call).put(item)
    return Reply({"object": "list", "data": [_where(call, item) for item in items]})


def _project(call: Call) -> str:
    return str(projects.find(call)["id"]) if "project_id" in call.path else ""


def _where(call: Call, item: Object) -> Object:
    """A certificate with whether it is active for the organization or the project that the path names."""
    project = call.path.get("project_id")
    active = project in item["projects"] if project else item["active"]
    object = "organization.project.certificate" if project else "organization.certificate"
    return _shown(call, item) | {"active": active, "object": object}


def _validity(pem: str) -> tuple[int, int] | None:
    try:
        found = _VALIDITY.search(b64decode("".join(pem.split())))
    except BadBase64:
        return None
    return (_seconds(found[1].decode()), _seconds(found[2].decode())) if found else None


def _seconds(time: str) -> int:
    return timegm(strptime(time, "%y%m%d%H%M%S" if len(time) == 12 else "%Y%m%d%H%M%S"))
