"""A use of a hosted tool: who asked for it, and what is known of it already."""

from __future__ import annotations

from dataclasses import dataclass

from fakeopenai.api.responses import wishes
from fakeopenai.ids import Names
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call, Object
from fakeopenai.world import World


@dataclass(frozen=True, slots=True)
class Task:
    """A use of a hosted tool. `item` is what a script says of the call, or the tool as the request declares it."""

    call: Call
    prompt: Prompt
    item: Object

    @property
    def world(self) -> World:
        return self.call.world

    @property
    def names(self) -> Names:
        return self.call.names

    @property
    def text(self) -> str:
        """What the user said last."""
        return self.prompt.last_user_text

    @property
    def action(self) -> Object:
        """What a script says that the call does."""
        said = self.item.get("action")
        return said if isinstance(said, dict) else {}

    def settings(self, family: str) -> Object:
        """How the request has set the tool of a family."""
        found = next((tool.settings for tool in self.prompt.tools if wishes.family(tool.kind) == family), None)
        settings: Object = found or {}
        return settings
