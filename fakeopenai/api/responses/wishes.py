"""Whether the model uses a hosted tool by itself: it does where it must, and where the user plainly asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable

from fakeopenai.pattern import Pattern
from fakeopenai.turn import Prompt, Tool
from fakeopenai.voice.arithmetic import sum_in

_QUESTION = Pattern(
    r"\?|^\s*(?:what|who|when|where|which|why|how|does|is|are|tell me|find)\b|\b(?:search|look|summari[sz]e)\b",
    re.IGNORECASE,
)
_WEB = Pattern(
    r"\b(?:search(?:\s+for)?|look\s+(?:it\s+)?up|browse|google|find)\b.*\b(?:web|internet|online|site)\b"
    r"|\bweb\s*search\b|\b(?:search|look\s+up|google)\b|\b(?:news|latest|today|right now|current(?:ly)?|this week)\b",
    re.IGNORECASE,
)
_CODE = Pattern(
    r"\b(?:calculate|compute|evaluate|python|code interpreter|run (?:the|this|some)? ?code)\b", re.IGNORECASE
)
_DRAW = Pattern(
    r"\b(?:draw|paint|sketch|illustrate)\b"
    r"|\b(?:generate|create|make|produce|edit|render|design)\b.*\b(?:image|picture|photo|drawing|illustration|logo|icon)",
    re.IGNORECASE,
)
_SCREEN = Pattern(
    r"\b(?:click|screen|screenshot|browser|open|go to|navigate|type|scroll|search|book|check)\b", re.IGNORECASE
)
_SHELL = Pattern(r"\b(?:run|execute|list|show|ls|shell|command|terminal|directory|folder|files?)\b", re.IGNORECASE)
_PATCH = Pattern(r"\b(?:patch|file|edit|rename|fix|refactor|write|create|delete|change|replace)\b", re.IGNORECASE)
_TASK = Pattern(
    r"\?|\b(?:find|search|get|list|show|tell|create|make|add|update|send|book|check|call|run|delete|use)\b",
    re.IGNORECASE,
)
_MCP = Pattern(r"\b(?:mcp|tools?|server)\b", re.IGNORECASE)


def _asks(pattern: Pattern) -> Callable[[str], bool]:
    return lambda text: pattern.search(text) is not None


PLAINLY: dict[str, Callable[[str], bool]] = {
    "image_generation": _asks(_DRAW),
    "code_interpreter": lambda text: _CODE.search(text) is not None or sum_in(text) is not None,
    "web_search": _asks(_WEB),
    "file_search": _asks(_QUESTION),
    "computer": _asks(_SCREEN),
    "local_shell": _asks(_SHELL),
    "shell": _asks(_SHELL),
    "apply_patch": _asks(_PATCH),
    "mcp": _asks(_MCP),
    "tool_search": _asks(_TASK),
}
"""When a text plainly asks for a tool, by the tool's family. The first that fits is used."""


def family(kind: str) -> str:
    """The family of a tool: previews and dated versions are the same tool."""
    return next((name for name in PLAINLY if kind.startswith(name)), kind)


def wished(prompt: Prompt) -> Tool | None:
    """The hosted tool that the model uses now, if any; once for each message of the user."""
    hosted = [tool for tool in prompt.tools if family(tool.kind) in PLAINLY]
    if not hosted or prompt.choice == "none" or _answered(prompt):
        return None
    if prompt.choice not in {"auto", "required"}:
        return next((tool for tool in hosted if family(tool.name) == family(prompt.choice)), None)
    for name, plainly in PLAINLY.items():
        for tool in hosted:
            if family(tool.kind) == name and plainly(prompt.last_user_text):
                return tool
    return hosted[0] if prompt.choice == "required" and len(hosted) == len(prompt.tools) else None


def _answered(prompt: Prompt) -> bool:
    """Whether a tool's result waits for words."""
    return bool(prompt.messages) and prompt.messages[-1].role == "tool"
