"""One module per family of endpoints. This list is the whole registry."""

from collections.abc import Mapping

from fakeopenai.api import (
    agent_sessions,
    agent_subagents,
    agents,
    assistants,
    audio,
    automations,
    batches,
    chat,
    chatkit,
    client_secrets,
    completions,
    containers,
    content_provenance_checks,
    conversations,
    decisions,
    deployments,
    embeddings,
    environments,
    files,
    images,
    live,
    models,
    moderations,
    organization,
    realtime,
    responses,
    runs,
    safety,
    skills,
    threads,
    traces,
    uploads,
    vaults,
    vector_stores,
    videos,
    webhooks,
)
from fakeopenai.clock import Course
from fakeopenai.resource import Reader, Routes
from fakeopenai.wire import Handler

FAMILIES: tuple[Routes, ...] = (
    agent_sessions.routes,
    agent_subagents.routes,
    agents.routes,
    assistants.routes,
    audio.routes,
    automations.routes,
    batches.routes,
    chat.routes,
    chatkit.routes,
    client_secrets.routes,
    completions.routes,
    containers.routes,
    content_provenance_checks.routes,
    conversations.routes,
    decisions.routes,
    deployments.routes,
    embeddings.routes,
    environments.routes,
    files.routes,
    images.routes,
    live.routes,
    models.routes,
    moderations.routes,
    organization.routes,
    realtime.routes,
    responses.routes,
    runs.routes,
    safety.routes,
    skills.routes,
    threads.routes,
    traces.routes,
    uploads.routes,
    vaults.routes,
    vector_stores.routes,
    videos.routes,
    webhooks.routes,
)

HANDLERS: Mapping[str, Handler] = {operation: handler for routes in FAMILIES for operation, handler in routes.items()}
READERS: Mapping[str, Reader] = {
    operation: reader for routes in FAMILIES for operation, reader in routes.readers.items()
}
COURSES: Mapping[str, Course] = {course.name: course for routes in FAMILIES for course in routes.courses}
