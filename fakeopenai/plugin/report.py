"""What a failing test's report tells of its exchanges."""

from __future__ import annotations

import json
import re
from textwrap import indent
from typing import TYPE_CHECKING

from fakeopenai.keys import redacted
from fakeopenai.testing import FakeOpenAI, Recorded
from fakeopenai.wire import Json

if TYPE_CHECKING:
    from fakeopenai.plugin.remote import RunningRules
    from fakeopenai.rules import RuleBook

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


FIRST = ("error", "id", "status", "choices", "output", "data", "content")
"""What an answer is asked for comes first."""

DULL = ("object", "created", "created_at", "usage", "service_tier", "system_fingerprint")
"""Members of an answer that tell nothing about a test."""


def exchanges(fake: FakeOpenAI) -> str:
    """The exchanges of a test, why no rule spoke where none did, and which of its rules never did."""
    made = fake.requests
    earlier = [f"… {len(made) - SHOWN} earlier"] if len(made) > SHOWN else []
    told = [_exchange(each, fake.rules) for each in made[-SHOWN:]]
    return "\n".join([*earlier, *told, *_unused(fake), *_strays(fake)])


def _exchange(made: Recorded, rules: RuleBook | RunningRules) -> str:
    query = f"?{json.dumps(made.query)}" if made.query else ""
    lines = [f"{made.method} {made.path}{query}"]
    if made.body:
        lines.append(f"  > {brief(made.body)}")
    lines.append(f"  < {made.status} {_answer(made)}".rstrip())
    if made.rule:
        lines.append(f"  rule: {made.rule}")
    elif why := _why_none(made, rules):
        lines.append(indent(f"no rule matched; {why}", "  "))
    return "\n".join(lines)


def _why_none(made: Recorded, rules: RuleBook | RunningRules) -> str:
    """Which rules came nearest; where no model is asked, only if they are about the operation."""
    call = made.exchange.unmatched
    why = rules.explain(call) if call else ""
    return "" if call and not call.read and "\n  operation: " in why else why


def _answer(made: Recorded) -> str:
    reply = made.reply
    if isinstance(reply, bytes):
        media = made.exchange.reply.media if made.exchange.reply else ""
        return f"{len(reply)} bytes of {media}" if reply else ""
    stream = "as a stream: " if made.exchange.reply and made.exchange.reply.events is not None else ""
    return stream + brief(_telling(reply))


def _telling(reply: Json) -> Json:
    """What an answer says, before what it only repeats."""
    if not isinstance(reply, dict):
        return reply
    first = {name: reply[name] for name in FIRST if name in reply}
    return _filled({name: value for name, value in {**first, **reply}.items() if name not in DULL})


def _filled(value: Json) -> Json:
    """The value without members that hold nothing."""
    match value:
        case dict():
            return {name: _filled(member) for name, member in value.items() if member not in (None, [], {})}
        case list():
            return [_filled(member) for member in value]
        case _:
            return value


def _unused(fake: FakeOpenAI) -> list[str]:
    """Rules of files that many tests share may well be silent in one."""
    silent = [rule.label for rule in fake.unused_rules]
    return [f"rules that never spoke: {', '.join(silent)}"] if silent else []


def _strays(fake: FakeOpenAI) -> list[str]:
    """Code with a key of its own speaks to another world, where this test's rules don't hold."""
    strays = ", ".join(f"{redacted(name) if len(name) > 12 else name} ({made})" for name, made in fake.strays.items())
    how = "lead them here with fakeopenai.world_url as their base URL"
    return [f"requests with other keys went to other worlds: {strays}; {how}"] if strays else []


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
