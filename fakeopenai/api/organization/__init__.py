"""The organization: everything an admin key can do. One module per subject; this list is all of them."""

from __future__ import annotations

from fakeopenai.api.organization import (
    audit_logs,
    certificates,
    costs,
    external,
    founding,
    identity,
    keys,
    people,
    projects,
    roles,
    spending,
    usage,
)
from fakeopenai.errors import ApiError
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Handler, Reply

SUBJECTS = (audit_logs, certificates, costs, external, identity, keys, people, projects, roles, spending, usage)

routes = Routes()


def administered(handler: Handler) -> Handler:
    """A handler for those who may administer, in an organization that is there, leaving its trace in the audit log."""

    def answer(call: Call) -> Reply:
        if call.holder and call.holder.project and call.holder.key:
            raise _lacking(call)
        founding.found(call.world)
        reply = handler(call)
        audit_logs.record(call, reply.body)
        return reply

    return answer


def _lacking(call: Call) -> ApiError:
    """A project's key is no admin key."""
    kind = "usage" if "/usage/" in call.operation.path or call.operation.path.endswith("/costs") else "management"
    verb = "read" if call.operation.method == "GET" else "write"
    return ApiError(
        403,
        f"You have insufficient permissions for this operation. Missing scopes: api.{kind}.{verb}. Check that you have "
        "the correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're "
        "using a restricted API key, that it has the necessary scopes.",
    )


for subject in SUBJECTS:
    routes |= {operation: administered(handler) for operation, handler in subject.routes.items()}
    routes.courses += subject.routes.courses
