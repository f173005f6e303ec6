"""`on("chat", …)` and `on.chat(…)`: where rules written in Python begin, with a name for each family of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Unpack

from fakeopenai.rules.conditions import When
from fakeopenai.rules.script import Script, conditions

if TYPE_CHECKING:
    from fakeopenai.rules.shelf import Shelf


class Begin(Protocol):
    """Begins a rule for the operations of one family."""

    def __call__(self, **when: Unpack[When]) -> Script: ...


class Family:
    """A family by its name: `on.chat(contains="weather")` is `on("chat", contains="weather")`."""

    def __set_name__(self, _: type, name: str) -> None:
        self.name = name

    def __get__(self, on: On, _: type) -> Begin:
        def begin(**when: Unpack[When]) -> Script:
            return on(self.name, **when)

        return begin


class On:
    """Begins rules: `on("chat", contains="weather").say("Sunny")`. Those of no shelf are in no book yet.

    An operation is a family (`chat`, `vector_stores.files`), a method of the client (`chat.completions.create`), a
    line of the reference (`POST /chat/completions`), or a glob of these; `on()` means all.
    """

    def __init__(self, shelf: Shelf | None = None, name: str = "on") -> None:
        self._shelf = shelf
        self.__name__ = name

    def __call__(self, operation: str = "*", **when: Unpack[When]) -> Script:
        return Script(conditions(operation, when), self._shelf)

    admin = Family()
    agents = Family()
    answers = Family()
    assistants = Family()
    audio = Family()
    batches = Family()
    chat = Family()
    chatkit = Family()
    classifications = Family()
    completions = Family()
    containers = Family()
    content_provenance_checks = Family()
    conversations = Family()
    decisions = Family()
    deployments = Family()
    edits = Family()
    embeddings = Family()
    engines = Family()
    evals = Family()
    files = Family()
    fine_tunes = Family()
    fine_tuning = Family()
    images = Family()
    live = Family()
    models = Family()
    moderations = Family()
    realtime = Family()
    responses = Family()
    safety = Family()
    skills = Family()
    threads = Family()
    traces = Family()
    uploads = Family()
    vector_stores = Family()
    videos = Family()
    webhooks = Family()


on = On()
