"""What the schema allows and responses don't: refused in the words of the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fakeopenai import errors, image_urls, strict, tokens
from fakeopenai.api.responses import existing, items, sealed
from fakeopenai.api.responses.output import ENCRYPTED
from fakeopenai.errors import ApiError, invalid
from fakeopenai.models import Model
from fakeopenai.turn import Message, Prompt
from fakeopenai.wire import Call, Json, Object

RESEARCH_TOOLS = ("web_search_preview", "code_interpreter", "mcp", "file_search")

UNREADABLE = frozenset({"audio", "video"})
SOUNDS = frozenset({"mp3", "wav", "mp4", "m4a", "ogg", "flac", "webm"})

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp"})
READABLE = (
    ".art, .bat, .brf, .c, .cls, .css, .csv, .diff, .doc, .docx, .dot, .eml, .es, .h, .hs, .htm, .html, .hwp, .hwpx, "
    ".ics, .ifb, .java, .js, .json, .keynote, .ksh, .ltx, .mail, .markdown, .md, .mht, .mhtml, .mjs, .nws, .odt, "
    ".pages, .patch, .pdf, .pl, .pm, .pot, .ppa, .pps, .ppt, .pptx, .pwz, .py, .rst, .rtf, .scala, .sh, .shtml, .srt, "
    ".sty, .svg, .svgz, .tex, .text, .txt, .vcf, .vtt, .wiz, .xla, .xlb, .xlc, .xlm, .xls, .xlsx, .xlt, .xlw, .xml, "
    ".yaml, .yml"
)


def before_reading(call: Call) -> None:
    """Refuse what doesn't go together, whatever the model."""
    body = call.body
    check_sources(body)
    if body.get("background") and body.get("store") is False:
        raise invalid("Background mode requires 'store' to be true.", "background")
    if body.get("stream_options") and not body.get("stream"):
        raise invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    _check_items(call, items.given(body.get("input")))
    existing.check(call)


def check_sources(body: Object) -> None:
    """Refuse a request that goes on from two places, or asks nothing."""
    if body.get("previous_response_id") and body.get("conversation"):
        raise invalid(
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing "
            "one of: 'previous_response_id' or 'conversation'.",
            code="mutually_exclusive_parameters",
        )
    if body.get("input") is None and not any(
        body.get(name) for name in ("previous_response_id", "prompt", "conversation")
    ):
        raise invalid(
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
            "input",
            "missing_required_parameter",
        )


def _check_items(call: Call, given: list[Object]) -> None:
    for place, item in enumerate(given):
        _check_side(item, place)
        _check_files(call, item, place)
        if item["type"] == items.TRIGGER and place + 1 < len(given):
            message = f"Invalid 'input[{place}]': '{items.TRIGGER}' must be the final input item."
            raise invalid(message, f"input[{place}]", "invalid_value")
        if item["type"] in {"reasoning", "compaction"} and item.get("encrypted_content"):
            sealed.check(item["encrypted_content"])
        if item["type"] == "reasoning" and item.get("id") and not _follows(given[place + 1 :]):
            message = f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
            raise invalid(message, "input")


def _check_side(item: Object, place: int) -> None:
    """Refuse what only users send in what the model is to have said (quoted by many clients)."""
    parts = item.get("content") if item.get("role") == "assistant" else None
    for nth, part in enumerate(parts if isinstance(parts, list) else ()):
        if part["type"].startswith("input_"):
            message = f"Invalid value: '{part['type']}'. Supported values are: 'output_text' and 'refusal'."
            raise invalid(message, f"input[{place}].content[{nth}]", "invalid_value")


def _check_files(call: Call, item: Object, place: int) -> None:
    """Refuse files of kinds that the model can't read, and pictures that are none."""
    for field in ("content", "output"):
        parts = item.get(field)
        for nth, part in enumerate(parts if isinstance(parts, list) else ()):
            if part.get("type") == "input_file":
                _check_file(call, part, f"input[{place}].{field}[{nth}].file_data")
            if part.get("type") == "input_image" and part.get("image_url"):
                _check_picture(part["image_url"], f"input[{place}].{field}[{nth}].image_url")


def _check_file(call: Call, part: Object, param: str) -> None:
    data = part.get("file_data") or ""
    if data and not data.startswith("data:"):
        raise invalid(
            f"Invalid file data: '{param}'. Expected a base64-encoded data URL with a valid file MIME type (e.g. "
            "'data:text/plain;base64,SGVsbG8sIFdvcmxkIQ=='), but got a value without the 'data:' prefix.",
            param,
            "invalid_value",
        )
    kind = data.removeprefix("data:").partition(";")[0]
    if kind.partition("/")[0] in UNREADABLE:
        raise invalid(
            f"Invalid file data: '{param}'. Expected a base64-encoded data URL with a valid file MIME type (e.g. "
            f"'data:text/plain;base64,SGVsbG8sIFdvcmxkIQ=='), but got unsupported MIME type '{kind}'. Please see "
            "https://platform.openai.com/docs/assistants/tools/file-search#supported-files for supported file types.",
            param,
            "invalid_value",
        )
    _check_extension(call, part.get("file_id") or "")
    url = (part.get("file_url") or "").partition("?")[0]
    if url.rpartition(".")[2].lower() in SOUNDS:
        raise invalid(
            "The file type you uploaded is not supported. Please try again with a pdf", "input", "unsupported_file"
        )


def _check_picture(url: str, param: str) -> None:
    """Wordings from public reports, but for text that is no base 64."""
    scheme = url.partition(":")[0].lower()
    if scheme not in {"http", "https", "data"}:
        message = f"Invalid '{param}'. Expected a valid URL, but got a value with an invalid format."
        raise invalid(message, param, "invalid_value")
    found = image_urls.fault(url) if scheme == "data" else ""
    if found == "picture":
        raise invalid(
            "The image data you provided does not represent a valid image. Please check your input and try again with "
            "one of the supported image formats: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'].",
            "input",
            "invalid_value",
        )
    if found:
        got = {
            "type": f"unsupported MIME type '{image_urls.media_type(url)}'",
            "empty": "empty base64-encoded bytes",
            "base64": "invalid base64-encoded bytes",
        }[found]
        raise invalid(
            f"Invalid '{param}'. Expected a base64-encoded data URL with an image MIME type "
            f"(e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got {got}.",
            param,
            "invalid_value",
        )


def _check_extension(call: Call, id: str) -> None:
    """Refuse an uploaded file whose name says that it is no text."""
    file = call.world.drawer("/files").get(id)
    extension = "." + file["filename"].rpartition(".")[2].lower() if file else ""
    if extension in PICTURES:
        raise invalid(
            f"Invalid input: Expected context stuffing file type to be a supported format: {READABLE} "
            f"but got {extension}.",
            "input",
        )


def _follows(rest: list[Object]) -> bool:
    """Whether what was said after reasoning stands after it, by its id if it is a message."""
    following = next((item for item in rest if item["type"] != "reasoning"), None)
    return following is not None and (following["type"] != "message" or "id" in following)


def held(call: Call, prompt: Prompt) -> Prompt:
    """The prompt, if the model takes it; shortened to its window where the request allows that."""
    _check_model(call.body, prompt.model)
    _check_tools(call.body, prompt)
    _check_format(prompt)
    _check_calls(prompt.messages)
    return _fitting(call.body, prompt)


def _check_model(body: Object, model: Model) -> None:
    effort = (body.get("reasoning") or {}).get("effort")
    if effort and not model.reasoning:
        raise errors.unsupported_parameter("reasoning.effort")
    if ENCRYPTED in (body.get("include") or ()) and not model.reasoning:
        raise invalid("Encrypted content is not supported with this model.", "include")
    if effort and effort not in model.efforts:
        raise invalid(
            f"Unsupported value: '{effort}' is not supported with the '{model.id}' model. "
            f"Supported values are: {errors.listed([*model.efforts])}.",
            "reasoning.effort",
            "unsupported_value",
        )
    if model.reasoning and (effort or model.effort) != "none":
        for name in ("temperature", "top_p"):
            if body.get(name) not in {None, 1}:
                raise errors.unsupported_parameter(name)
    if "deep-research" in model.id:
        _check_research(body.get("tools") or ())


def _check_research(given: Json) -> None:
    if not any(tool["type"] in {"web_search_preview", "mcp", "file_search"} for tool in given):
        raise invalid(
            "Deep research models require at least one of 'web_search_preview', 'mcp', or 'file_search' tools.", "tools"
        )
    if any(tool["type"] not in RESEARCH_TOOLS for tool in given):
        raise invalid(f"Deep research models only support the {errors.listed([*RESEARCH_TOOLS])} tools.", "tools")


def _check_tools(body: Object, prompt: Prompt) -> None:
    for param, tool in _functions(body.get("tools") or (), "tools"):
        strict.check_name(tool["name"], f"{param}.name")
        if tool.get("parameters") is not None:
            strict.check(
                tool["parameters"],
                name=tool["name"],
                kind="function",
                param=f"{param}.parameters",
                strict=bool(tool.get("strict")),
            )
    chosen = body.get("tool_choice")
    if not prompt.tools and (chosen == "required" or isinstance(chosen, dict)) and "prompt" not in body:
        told = chosen if isinstance(chosen, str) else chosen["type"]
        raise invalid(f"Tool choice '{told}' must be specified with 'tools' parameter.", "tool_choice")
    names = {tool.name for tool in prompt.tools}
    if isinstance(chosen, dict) and "name" in chosen and prompt.choice not in names:
        raise invalid(f"Tool choice '{prompt.choice}' not found in 'tools' parameter.", "tool_choice")


def _functions(given: Json, param: str) -> Iterator[tuple[str, Object]]:
    """The functions and where they stand."""
    for index, tool in enumerate(given):
        if tool["type"] == "function":
            yield f"{param}[{index}]", tool
        elif tool["type"] == "namespace":
            yield from _functions(tool["tools"], f"{param}[{index}].tools")


def _check_format(prompt: Prompt) -> None:
    form = prompt.format
    if form.kind == "json_object" and not any("json" in message.text.lower() for message in prompt.messages):
        raise invalid(
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'.",
            "input",
        )
    if form.kind == "json_schema":
        strict.check_name(form.name, "text.format.name")
        strict.check(
            form.schema, name=form.name, kind="response_format", param="text.format.schema", strict=form.strict
        )


def _check_calls(messages: tuple[Message, ...]) -> None:
    """Every call has its output, and every output its call."""
    asked = {call.id: call for message in messages for call in message.calls}
    answered = {message.answers for message in messages if message.role == "tool"}
    for message in messages:
        if message.role == "tool" and message.answers not in asked:
            raise invalid(f"No tool call found for function call output with call_id {message.answers}.", "input")
    for id in asked:
        if id not in answered:
            raise invalid(f"No tool output found for function call {id}.", "input")


def _fitting(body: Object, prompt: Prompt) -> Prompt:
    """The prompt within the model's window: refused if it is longer, or without its oldest messages."""
    window = prompt.model.context
    if sum(len(message.text) for message in prompt.messages) < window or tokens.input_tokens(prompt) <= window:
        return prompt
    if body.get("truncation") != "auto":
        raise _too_long()
    while tokens.input_tokens(prompt) > window:
        if len(prompt.messages) == 1:
            raise _too_long()
        prompt = replace(prompt, messages=_without_oldest(prompt.messages))
    return prompt


def _too_long() -> ApiError:
    return invalid(
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "input",
        "context_length_exceeded",
    )


def _without_oldest(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    oldest = next((place for place, message in enumerate(messages) if message.role != "system"), 0)
    return messages[:oldest] + messages[oldest + 1 :]
