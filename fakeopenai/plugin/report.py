"""What a failing test's report tells of its exchanges."""

from __future__ import annotations

import json
import re
from textwrap import indent
from typing import TYPE_CHECKING

from fakeopenai.keys import redacted
from fakeopenai.testing import FakeOpenAI, Recorded
from fakeopenai.wire import Json
from fakeopenai.world import World

if TYPE_CHECKING:
    from fakeopenai.plugin.remote import RunningWorld

SHOWN = 20
"""How many exchanges are told, the last ones."""

TEXT = 160
"""Characters of a text inside a body."""

BODY = 500
"""Characters of a body."""

SECRET = re.compile(r"\b(?:sk|ek)[-_][\w-]{12,}")
SECRET_NAMES = re.compile(r"authorization|api[-_]?key|password|secret|(?:access|auth)[-_]?token", re.IGNORECASE)

MEMBERS = 8
"""Members of a list, the last ones: a conversation's news is at its end."""


def exchanges(fake: FakeOpenAI) -> str:
    """The exchanges of a test, why no rule spoke where none did, and which of its rules never did."""
    made = fake.requests
    earlier = [f"… {len(made) - SHOWN} earlier"] if len(made) > SHOWN else []
    told = [_exchange(each, fake.world) for each in made[-SHOWN:]]
    return "\n".join([*earlier, *told, *_unused(fake)])


def _exchange(made: Recorded, world: World | RunningWorld) -> str:
    query = f"?{json.dumps(made.query)}" if made.query else ""
    lines = [f"{made.method} {made.path}{query}"]
    if made.body:
        lines.append(f"  > {brief(made.body)}")
    lines.append(f"  < {made.status} {_answer(made)}".rstrip())
    if made.rule:
        lines.append(f"  rule: {made.rule}")
    elif made.exchange.unmatched and (why := world.rules.explain(made.exchange.unmatched)):
        lines.append(indent(f"no rule matched; {why}", "  "))
    return "\n".join(lines)


def _answer(made: Recorded) -> str:
    reply = made.reply
    if isinstance(reply, bytes):
        media = made.exchange.reply.media if made.exchange.reply else ""
        return f"{len(reply)} bytes of {media}" if reply else ""
    stream = "as a stream: " if made.exchange.reply and made.exchange.reply.events is not None else ""
    return stream + brief(reply)


def _unused(fake: FakeOpenAI) -> list[str]:
    """Rules of files that many tests share may well be silent in one."""
    silent = [rule.label for rule in fake.unused_rules]
    return [f"rules that never spoke: {', '.join(silent)}"] if silent else []


def brief(value: Json) -> str:
    """JSON in few words and without keys: long texts, lists and bodies lose what is least telling."""
    text = json.dumps(_short(value), ensure_ascii=False, default=str)
    return text if len(text) <= BODY else f"{text[: BODY - 1]}…"


def _short(value: Json) -> Json:
    match value:
        case str():
            value = SECRET.sub(lambda found: redacted(found[0]), value)
            return value if len(value) <= TEXT else f"{value[: TEXT - 1]}…"
        case dict():
            return {key: "…" if _hides(key, member) else _short(member) for key, member in value.items()}
        case list() if len(value) > MEMBERS:
            return [f"… {len(value) - MEMBERS} more", *map(_short, value[-MEMBERS:])]
        case list():
            return [_short(member) for member in value]
        case _:
            return value


def _hides(name: str, value: Json) -> bool:
    """Whether a member is a secret, by its name."""
    return isinstance(value, str) and bool(SECRET_NAMES.search(str(name)))
