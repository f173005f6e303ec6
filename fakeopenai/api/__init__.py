"""One module per family of endpoints. This list is the whole registry."""

from collections.abc import Mapping

from fakeopenai.api import (
    audio,
    chat,
    completions,
    conversations,
    embeddings,
    files,
    images,
    models,
    moderations,
    organization,
    responses,
    vector_stores,
    videos,
)
from fakeopenai.clock import Course
from fakeopenai.resource import Reader, Routes
from fakeopenai.wire import Handler

FAMILIES: tuple[Routes, ...] = (
    audio.routes,
    chat.routes,
    completions.routes,
    conversations.routes,
    embeddings.routes,
    files.routes,
    images.routes,
    models.routes,
    moderations.routes,
    organization.routes,
    responses.routes,
    vector_stores.routes,
    videos.routes,
)

HANDLERS: Mapping[str, Handler] = {operation: handler for routes in FAMILIES for operation, handler in routes.items()}
READERS: Mapping[str, Reader] = {
    operation: reader for routes in FAMILIES for operation, reader in routes.readers.items()
}
COURSES: Mapping[str, Course] = {course.name: course for routes in FAMILIES for course in routes.courses}
