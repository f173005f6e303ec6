"""A turn written out as the items of a response."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fakeopenai.api.responses import items, sealed, tools
from fakeopenai.models import version
from fakeopenai.speech import Spoken, logprobs
from fakeopenai.turn import Hosted, Prompt, Refusal, Step, Text, Thought, ToolCall
from fakeopenai.wire import Call, Object

LOGPROBS = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"
UNASKED = "2026-07"


def written(call: Call, prompt: Prompt, spoken: Spoken) -> list[Object]:
    """The output items of a response. The last one is incomplete if the turn was cut."""
    scribe = _Scribe(call, prompt, spoken)
    said = [scribe.item(step, spoken.turn.steps[place + 1 :]) for place, step in enumerate(spoken.turn.steps)]
    output = [items.ordered(item) for item in said if item is not None]
    if spoken.finish == "length" and output and "status" in output[-1]:
        output[-1]["status"] = "incomplete"
    return output


@dataclass(frozen=True)
class _Scribe:
    """Writes the steps of one turn."""

    call: Call
    prompt: Prompt
    spoken: Spoken

    def item(self, step: Step, rest: tuple[Step, ...]) -> Object | None:
        """The item of a step, if it leaves one; `rest` are the steps that follow it."""
        match step:
            case Text(text, notes):
                return self._message(self._text(text, notes), rest)
            case Refusal(text):
                return self._message({"type": "refusal", "refusal": text}, rest)
            case Thought():
                return self._thought(step)
            case ToolCall():
                return self._tool_call(step)
            case Hosted({"type": "message"} as item):
                return self._named("message") | item | {"content": items.parts({"role": "assistant"} | item)}
            case Hosted(item):
                return {"id": items.new_id(self.call.names, item["type"])} | item

    def _message(self, part: Object, rest: tuple[Step, ...]) -> Object:
        return self._named("message") | {"content": [part], "role": "assistant"} | self._phase(rest)

    def _named(self, type: str) -> Object:
        return {"id": items.new_id(self.call.names, type), "type": type, "status": "completed"}

    def _phase(self, rest: tuple[Step, ...]) -> Object:
        """From gpt-5.4 on a message says whether it is the answer or goes with a call that follows."""
        if version(self.prompt.model) < (5, 4):
            return {}
        return {"phase": "final_answer" if all(isinstance(step, Text | Refusal) for step in rest) else "commentary"}

    def _text(self, text: str, notes: tuple[Object, ...]) -> Object:
        wanted = LOGPROBS in (self.call.body.get("include") or ())
        top = self.call.body.get("top_logprobs") or 0
        probs = [_probability(entry) for entry in logprobs(self.spoken, text, top)] if wanted else []
        annotations = [items.typed(note) for note in notes]
        return {"type": "output_text", "annotations": annotations, "logprobs": probs, "text": text}

    def _thought(self, thought: Thought) -> Object | None:
        """Reasoning that cost nothing leaves no item; its summary is seen by those who asked for one."""
        asked = self.call.body.get("reasoning") or {}
        shown = bool(thought.summary and (asked.get("summary") or asked.get("generate_summary")))
        if not thought.tokens and not shown:
            return None
        item: Object = {"id": items.new_id(self.call.names, "reasoning"), "type": "reasoning", "content": []}
        if self._is_sealed():
            item["encrypted_content"] = sealed.seal(thought.summary, int(self.call.world.clock.now))
        return item | {"summary": _summary(thought.summary) if shown else []}

    def _is_sealed(self) -> bool:
        """Whether reasoning is given along: on demand, and since 2026-07 always (8 of 8 recorded)."""
        month = self.call.world.settings.as_of
        return not month or month >= UNASKED or ENCRYPTED in (self.call.body.get("include") or ())

    def _tool_call(self, asked: ToolCall) -> Object:
        id = asked.id or self.call.names.new("call_")
        if asked.kind == "custom":
            return self._named("custom_tool_call") | {"call_id": id, "input": asked.arguments, "name": asked.name}
        item = self._named("function_call") | {"arguments": asked.arguments, "call_id": id, "name": asked.name}
        namespace = tools.namespaces(self.call.body, self.prompt.model).get(asked.name)
        return item | ({"namespace": namespace} if namespace else {})


def _summary(text: str) -> list[Object]:
    """The parts of a summary: each begins with a title in bold type, in a paragraph of its own (recorded)."""
    return [{"type": "summary_text", "text": part} for part in _TITLE.split(text)]


_TITLE = re.compile(r"\n\n(?=\*\*[^*\n]+\*\*\n)")


def _probability(entry: Object) -> Object:
    """The entry of a token, its keys in the order of this endpoint."""
    return {name: entry[name] for name in ("bytes", "logprob", "token")} | {
        "top_logprobs": [
            {name: other[name] for name in ("bytes", "logprob", "token")} for other in entry["top_logprobs"]
        ]
    }
