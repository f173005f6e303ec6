"""The families of endpoints. FAMILIES is the whole registry; a family is imported with the first of its requests."""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TypeVar

from fakeopenai.clock import Course
from fakeopenai.resource import Reader, Routes
from fakeopenai.wire import Handler

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "agents": ("agent_sessions", "agent_subagents", "agents", "automations", "environments"),
    "answers": ("answers",),
    "assistants": ("assistants",),
    "audio": ("audio",),
    "batches": ("batches",),
    "chat": ("chat",),
    "chatkit": ("chatkit",),
    "classifications": ("classifications",),
    "completions": ("completions",),
    "containers": ("containers",),
    "content_provenance_checks": ("content_provenance_checks",),
    "conversations": ("conversations",),
    "decisions": ("decisions",),
    "deployments": ("deployments",),
    "edits": ("edits",),
    "embeddings": ("embeddings",),
    "engines": ("engines",),
    "evals": ("evals",),
    "files": ("files",),
    "fine-tunes": ("fine_tunes",),
    "fine_tuning": ("fine_tuning",),
    "images": ("image_operations", "images"),
    "live": ("live",),
    "models": ("models",),
    "moderations": ("moderations",),
    "operations": ("image_operations",),
    "organization": ("organization",),
    "projects": ("organization",),
    "realtime": ("client_secrets", "realtime"),
    "responses": ("responses",),
    "safety": ("safety",),
    "skills": ("skills",),
    "threads": ("runs", "threads"),
    "traces": ("traces",),
    "uploads": ("uploads",),
    "vaults": ("vaults",),
    "vector_stores": ("vector_stores",),
    "videos": ("videos",),
    "webhook_endpoints": ("webhooks",),
    "webhook_event_types": ("webhooks",),
}
"""The modules that answer the operations whose paths begin with this word."""

MODULES = tuple(dict.fromkeys(module for modules in FAMILIES.values() for module in modules))

T = TypeVar("T")


@cache
def routes(module: str) -> Routes:
    """What a module of this package registered."""
    found: Routes = import_module(f"{__name__}.{module}").routes
    return found


class Registry(Mapping[str, T]):
    """Something that modules registered for operations, by their names. Whoever wants all of it imports all modules."""

    def __init__(self, part: Callable[[Routes], Mapping[str, T]]) -> None:
        self._part = part

    def __getitem__(self, operation: str) -> T:
        family = operation.partition("?")[0].split("/", 2)[1]
        for module in FAMILIES.get(family, ()):
            if operation in (part := self._part(routes(module))):
                return part[operation]
        raise KeyError(operation)

    def __iter__(self) -> Iterator[str]:
        for module in MODULES:
            yield from self._part(routes(module))

    def __len__(self) -> int:
        return sum(len(self._part(routes(module))) for module in MODULES)


class Courses(dict[str, Course]):
    """The courses of all modules by name; one is looked for among those already imported, then among the others."""

    def __missing__(self, name: str) -> Course:
        for module in sorted(MODULES, key=lambda module: f"{__name__}.{module}" not in sys.modules):
            self |= {course.name: course for course in routes(module).courses}
            if name in self:
                return self[name]
        raise KeyError(name)


HANDLERS = Registry[Handler](lambda routes: routes)
READERS = Registry[Reader](lambda routes: routes.readers)
COURSES = Courses()
