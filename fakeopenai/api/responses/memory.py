"""What a WebSocket remembers of responses that nobody stores: the latest of each lane, with all that was said up to it.

A failure forgets what its lane was to go on from (guide of the WebSocket mode).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fakeopenai.wire import Object

Latest = dict[str, tuple[str, list[Object]]]


@dataclass(slots=True)
class Memory:
    """The memory of a connection, as a request of one lane sees it. A `silent` request is to prepare, not to answer."""

    lane: str = ""
    silent: bool = False
    latest: Latest = field(default_factory=dict)

    def said(self, response: str) -> list[Object] | None:
        """The items up to the end of a response; none if it isn't remembered."""
        return next((items for id, items in self.latest.values() if id == response), None)

    def item(self, id: str) -> Object | None:
        """An item of what was said."""
        return next((item for _, items in self.latest.values() for item in items if item.get("id") == id), None)

    def keep(self, response: str, items: list[Object]) -> None:
        self.latest[self.lane] = response, items

    def shorten(self, response: str, count: int) -> None:
        """The last items of a response weren't said after all."""
        id, items = self.latest.get(self.lane, ("", []))
        if id == response:
            self.latest[self.lane] = id, items[: len(items) - count]

    def forget(self) -> None:
        """Nothing goes on from this lane."""
        self.latest.pop(self.lane, None)
