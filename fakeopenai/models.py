"""The models: what the API calls them, what each can do, how much, and how it signs its answers.

The names are those of the official SDK's types and of recorded `GET /models`; facts that differ between families
(limits, fingerprints, default reasoning effort …) are read off recorded traffic or the published model pages.
"""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

Kind = Literal[
    "chat", "completion", "edit", "embedding", "moderation", "image", "speech", "transcription", "realtime", "video"
]
Encoding = Literal["o200k_base", "cl100k_base"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model under the name it was asked by.

    `snapshot` is the name that answers carry. `context` and `output` are in tokens. `fingerprint` and `logprobs` claim
    that a chat answer has a system fingerprint and a `logprobs` key. `effort` is the default reasoning effort, one of
    `efforts`, and empty for a model that doesn't reason; reasoning is charged in steps of `reasoning_step` tokens.
    `priming` counts the tokens that every prompt costs beside its messages. `responses_only` models don't answer on
    /chat/completions; `system` ones take instructions, `sees` ones pictures, `structured` ones JSON Schemas, `shortens`
    ones the `dimensions` of an embedding. `legacy` models are served, but no longer listed.
    """

    id: str = ""
    snapshot: str = ""
    kind: Kind = "chat"
    encoding: Encoding = "o200k_base"
    context: int = 128_000
    output: int = 16_384
    created: int = 0
    owned_by: str = "system"
    requests_per_minute: int = 10_000
    tokens_per_minute: int = 30_000_000
    fingerprint: bool = False
    logprobs: bool = False
    efforts: tuple[str, ...] = ()
    effort: str = ""
    reasoning_step: int = 1
    priming: int = 3
    top_p: float = 1.0
    system: bool = True
    tools: bool = True
    structured: bool = True
    audio: bool = False
    sees: bool = True
    search: bool = False
    responses_only: bool = False
    dimensions: int = 0
    shortens: bool = False
    legacy: bool = False

    @property
    def reasoning(self) -> bool:
        return bool(self.efforts)

    @property
    def takes_stop(self) -> bool:
        """Whether `stop` is allowed; reasoning models refuse it, but for o3-mini (recorded)."""
        return not self.efforts or self.id.startswith("o3-mini")


@lru_cache(maxsize=4096)
def find(name: str) -> Model | None:
    """Find the model of that name: a known one, a new dated snapshot of one, or a fine-tune of one."""
    return _table().get(name) or _fine_tune(name) or _new_snapshot(name)


def assume(name: str, kind: Kind | None = None) -> Model:
    """Make a model of a name that nobody knows, with the traits that its kind, or else the name, suggests."""
    suggested = next((family for clue, family in _CLUES if clue in name), "gpt-4o")
    if kind is not None and _FAMILIES[suggested].kind != kind:
        suggested = next(family for family, traits in _FAMILIES.items() if traits.kind == kind)
    return replace(_FAMILIES[suggested], id=name, snapshot=name, legacy=False)


_VERSION = re.compile(r"gpt-(\d+)(?:\.(\d+))?")


def version(model: Model) -> tuple[int, int]:
    """Major and minor version of a GPT; models that are none count as 0."""
    return _version(model.snapshot)


@lru_cache(maxsize=256)
def _version(name: str) -> tuple[int, int]:
    match = _VERSION.match(name)
    return (int(match[1]), int(match[2] or 0)) if match else (0, 0)


def catalogue() -> list[Model]:
    """All models with a name of their own, oldest first."""
    return sorted(_table().values(), key=lambda model: (model.created, model.id))


def _fine_tune(name: str) -> Model | None:
    """`ft:<base>:<org>:<suffix>:<id>`, or `<base>:ft-<org>…` before 2023-08."""
    base, _, rest = name.removeprefix("ft:").partition(":")
    known = _table().get(base)
    if known is None or not rest:
        return None
    owner = rest.partition(":")[0] if name.startswith("ft:") else known.owned_by
    return replace(known, id=name, snapshot=name, owned_by=owner, legacy=False)


def _new_snapshot(name: str) -> Model | None:
    match = re.fullmatch(r"(.+)-(?:(20\d\d)-(0[1-9]|1[0-2])-([0-3]\d)|[01]\d[0-3]\d)", name)
    known = match and _table().get(match[1])
    if not match or not known:
        return None
    created = timegm((int(match[2]), int(match[3]), int(match[4]), 0, 0, 0)) if match[2] else known.created
    return replace(known, id=name, snapshot=name, created=created)


@cache
def _table() -> dict[str, Model]:
    table: dict[str, Model] = {}
    family = Model()
    for line in _NAMES.split("\n")[1:-1]:
        if line[0] == "[":
            family = _FAMILIES[line[1:-1]]
            continue
        facts, _, snapshot = line.partition(" = ")
        id, created, *owner = facts.split()
        named = replace(
            family, id=id, snapshot=snapshot or id, created=int(created), owned_by=owner[0] if owner else "system"
        )
        table[id] = named
    return table


_GPT_3_5 = Model(
    encoding="cl100k_base",
    context=16_385,
    output=4_096,
    tokens_per_minute=50_000_000,
    logprobs=True,
    structured=False,
    sees=False,
)
_GPT_4 = replace(_GPT_3_5, context=8_192, output=8_192, tokens_per_minute=1_000_000)
_GPT_4_TURBO = replace(_GPT_4, context=128_000, output=4_096, tokens_per_minute=2_000_000, fingerprint=True, sees=True)
_GPT_4O = Model(fingerprint=True, logprobs=True)
_GPT_4O_MINI = replace(_GPT_4O, requests_per_minute=30_000, tokens_per_minute=150_000_000)
_GPT_4_1 = replace(_GPT_4O, context=1_047_576, output=32_768)
_GPT_4_1_MINI = replace(_GPT_4_1, requests_per_minute=30_000, tokens_per_minute=150_000_000)
_O = Model(
    context=200_000, output=100_000, efforts=("low", "medium", "high"), effort="medium", reasoning_step=64, priming=2
)
_O1_MINI = replace(_O, context=128_000, output=65_536, system=False, tools=False, structured=False, sees=False)
_GPT_5 = replace(
    _O,
    context=400_000,
    output=128_000,
    efforts=("minimal", "low", "medium", "high"),
    requests_per_minute=15_000,
    tokens_per_minute=40_000_000,
)
_GPT_5_MINI = replace(_GPT_5, requests_per_minute=30_000, tokens_per_minute=180_000_000)
_GPT_5_1 = replace(_GPT_5, efforts=("none", "low", "medium", "high"), effort="none", reasoning_step=1)
_GPT_5_2 = replace(_GPT_5_1, efforts=("none", "low", "medium", "high", "xhigh"), top_p=0.98)
_GPT_5_4 = replace(_GPT_5_2, context=1_050_000)
_GPT_5_5 = replace(_GPT_5_4, effort="medium")
_CODEX = replace(_GPT_5, efforts=("low", "medium", "high"), reasoning_step=1)
_PRO = replace(_GPT_5, efforts=("medium", "high", "xhigh"), effort="medium", reasoning_step=1, top_p=0.98)
_AUDIO = Model(fingerprint=True, audio=True, structured=False)
_BASE = Model(
    kind="completion",
    encoding="cl100k_base",
    context=16_384,
    output=16_384,
    requests_per_minute=3_000,
    tokens_per_minute=250_000,
)
_ENGINE = replace(_BASE, context=2_049, output=2_049, legacy=True)
_EMBEDDING = Model(
    kind="embedding",
    encoding="cl100k_base",
    context=8_192,
    output=0,
    tokens_per_minute=10_000_000,
    dimensions=1_536,
    shortens=True,
)
_SIMILARITY = replace(_EMBEDDING, context=2_046, shortens=False, legacy=True)
_MODERATION = Model(kind="moderation", context=32_768, output=0)

_FAMILIES: dict[str, Model] = {
    "gpt-3.5": _GPT_3_5,
    "gpt-3.5-16k": _GPT_3_5,
    "gpt-3.5-0613": replace(_GPT_3_5, context=4_096),
    "gpt-3.5-0301": replace(_GPT_3_5, context=4_096, tools=False),
    "gpt-4": _GPT_4,
    "gpt-4-0314": replace(_GPT_4, tools=False),
    "gpt-4-32k": replace(_GPT_4, context=32_768, output=32_768),
    "gpt-4-turbo": _GPT_4_TURBO,
    "gpt-4-vision": replace(_GPT_4_TURBO, fingerprint=False, tools=False),
    "gpt-4o": _GPT_4O,
    "gpt-4o-2024-05-13": replace(_GPT_4O, output=4_096, structured=False),
    "gpt-4o-mini": _GPT_4O_MINI,
    "gpt-4.1": _GPT_4_1,
    "gpt-4.1-mini": _GPT_4_1_MINI,
    "gpt-4.1-nano": _GPT_4_1_MINI,
    "gpt-4.5": _GPT_4O,
    "chat-latest-4o": replace(_GPT_4O, tools=False, structured=False),
    "chat-latest": Model(requests_per_minute=15_000, priming=2),
    "search": Model(search=True, tools=False, requests_per_minute=1_000, tokens_per_minute=3_000_000),
    "search-5": Model(search=True, tools=False, requests_per_minute=1_000, tokens_per_minute=3_000_000, priming=2),
    "audio": _AUDIO,
    "audio-mini": _AUDIO,
    "o": _O,
    "o-mini": replace(_O, requests_per_minute=30_000, tokens_per_minute=150_000_000),
    "o-pro": replace(_O, responses_only=True),
    "o1-mini": _O1_MINI,
    "o1-preview": replace(_O1_MINI, output=32_768),
    "deep-research": replace(_O, responses_only=True),
    "gpt-5": _GPT_5,
    "gpt-5-mini": _GPT_5_MINI,
    "gpt-5-nano": _GPT_5_MINI,
    "gpt-5-pro": replace(_GPT_5, output=272_000, efforts=("high",), effort="high", responses_only=True),
    "gpt-5.1": _GPT_5_1,
    "gpt-5.2": _GPT_5_2,
    "gpt-5.4": _GPT_5_4,
    "gpt-5.4-mini": replace(_GPT_5_4, context=400_000),
    "gpt-5.5": _GPT_5_5,
    "pro": _PRO,
    "research": replace(_GPT_5_5, responses_only=True),
    "codex": _CODEX,
    "codex-max": replace(_CODEX, efforts=("none", "low", "medium", "high", "xhigh"), responses_only=True),
    "codex-mini": replace(_CODEX, context=200_000, output=100_000),
    "computer-use": Model(context=8_192, output=1_024, responses_only=True),
    "instruct": replace(_BASE, context=4_096, output=4_096, requests_per_minute=3_500, tokens_per_minute=90_000),
    "base-002": _BASE,
    "engine": _ENGINE,
    "code": replace(_ENGINE, context=8_001, output=8_001),
    "edit": replace(_ENGINE, kind="edit"),
    "embedding-small": _EMBEDDING,
    "embedding-large": replace(_EMBEDDING, dimensions=3_072),
    "embedding-ada": replace(_EMBEDDING, shortens=False),
    "similarity-ada": replace(_SIMILARITY, dimensions=1_024),
    "similarity-babbage": replace(_SIMILARITY, dimensions=2_048),
    "similarity-curie": replace(_SIMILARITY, dimensions=4_096),
    "similarity-davinci": replace(_SIMILARITY, dimensions=12_288),
    "omni-moderation": _MODERATION,
    "text-moderation": _MODERATION,
    "first-moderation": replace(_MODERATION, legacy=True),
    "dall-e-2": Model(kind="image", context=1_000, output=0),
    "dall-e-3": Model(kind="image", context=4_000, output=0),
    "gpt-image": Model(kind="image", context=32_000),
    "tts": Model(kind="speech", context=4_096, output=0),
    "gpt-tts": Model(kind="speech", context=2_000, output=0, requests_per_minute=30_000, tokens_per_minute=150_000_000),
    "whisper": Model(kind="transcription"),
    "gpt-transcribe": Model(kind="transcription", context=16_000, output=2_000),
    "realtime": Model(kind="realtime", context=32_000, output=4_096, audio=True),
    "sora": Model(kind="video"),
}

_CLUES = [
    ("embed", "embedding-small"),
    ("moderation", "omni-moderation"),
    ("whisper", "whisper"),
    ("transcribe", "gpt-transcribe"),
    ("tts", "gpt-tts"),
    ("realtime", "realtime"),
    ("image", "gpt-image"),
    ("sora", "sora"),
    ("instruct", "instruct"),
]
"""What a part of an unknown name suggests."""

# Name, Unix time of its creation, owner unless it is "system", and after "=" the name in its answers if another.
# Times that no recording shows are those of the name, or estimates.
_NAMES = """
[engine]
ada-instruct-beta 1639180800 openai
babbage-instruct-beta 1639180800 openai
curie-instruct-beta-v2 1639180800 openai
davinci-instruct-beta-v3 1639180800 openai
if-curie-v2 1610745968 openai
if-davinci-v2 1610745990 openai
ada 1649357491 openai
babbage 1649358449 openai
curie 1649359874 openai
davinci 1649359874 openai
curie-instruct-beta 1649364042 openai
davinci-instruct-beta 1649364042 openai
text-ada-001 1649364042 openai
text-davinci-001 1649364042 openai
text-babbage-001 1649364043 openai
text-curie-001 1649364043 openai
text-davinci-002 1649880484 openai
text-davinci-insert-001 1649880484 openai
text-davinci-insert-002 1649880484 openai
text-davinci-003 1669599635 openai-internal
[edit]
text-davinci-edit-001 1649809179 openai
code-davinci-edit-001 1649880484 openai
[code]
code-davinci-001 1639180800 openai
cushman-codex 1639180800 openai
davinci-codex 1639180800 openai
code-davinci-002 1649880485 openai
code-cushman-001 1656081837 openai
[similarity-babbage]
babbage-similarity 1651172505 openai-dev
text-similarity-babbage-001 1651172505 openai-dev
code-search-babbage-code-001 1651172507 openai-dev
code-search-babbage-text-001 1651172507 openai-dev
babbage-code-search-code 1651172509 openai-dev
babbage-code-search-text 1651172509 openai-dev
babbage-search-query 1651172509 openai-dev
text-search-babbage-doc-001 1651172509 openai-dev
text-search-babbage-query-001 1651172509 openai-dev
babbage-search-document 1651172510 openai-dev
[similarity-davinci]
davinci-search-query 1651172505 openai-dev
text-search-davinci-doc-001 1651172505 openai-dev
text-search-davinci-query-001 1651172505 openai-dev
text-similarity-davinci-001 1651172505 openai-dev
davinci-search-document 1651172509 openai-dev
davinci-similarity 1651172509 openai-dev
[similarity-ada]
ada-code-search-code 1651172505 openai-dev
ada-search-query 1651172505 openai-dev
text-search-ada-query-001 1651172505 openai-dev
text-similarity-ada-001 1651172505 openai-dev
ada-search-document 1651172507 openai-dev
ada-similarity 1651172507 openai-dev
code-search-ada-code-001 1651172507 openai-dev
code-search-ada-text-001 1651172507 openai-dev
text-search-ada-doc-001 1651172507 openai-dev
ada-code-search-text 1651172510 openai-dev
[similarity-curie]
text-similarity-curie-001 1651172507 openai-dev
curie-search-document 1651172508 openai-dev
curie-search-query 1651172509 openai-dev
text-search-curie-doc-001 1651172509 openai-dev
text-search-curie-query-001 1651172509 openai-dev
curie-similarity 1651172510 openai-dev
[whisper]
audio-transcribe-001 1656447449 openai
whisper-1 1677532384 openai-internal
[embedding-ada]
text-embedding-ada-002 1671217299 openai-internal = text-embedding-ada-002-v2
[gpt-3.5]
gpt-3.5-turbo 1677610602 openai = gpt-3.5-turbo-0125
gpt-3.5-turbo-1106 1698959748
gpt-3.5-turbo-0125 1706048358
[gpt-3.5-0301]
gpt-3.5-turbo-0301 1677649963 openai
[first-moderation]
text-moderation-001 1681600000
text-moderation-003 1681600000
text-moderation-004 1681600000
[text-moderation]
text-moderation-005 1681600000
text-moderation-006 1681600000
text-moderation-007 1681600000
text-moderation-latest 1681600300 = text-moderation-007
text-moderation-stable 1681600300 = text-moderation-007
[tts]
tts-1 1681940951 openai-internal
tts-1-hd 1699046015
tts-1-1106 1699053241
tts-1-hd-1106 1699053533
[gpt-3.5-16k]
gpt-3.5-turbo-16k 1683758102 openai-internal = gpt-3.5-turbo-16k-0613
gpt-3.5-turbo-16k-0613 1685474247 openai
[gpt-3.5-0613]
gpt-3.5-turbo-0613 1686587434 openai
[gpt-4]
gpt-4-0613 1686588896 openai
gpt-4 1687882411 openai = gpt-4-0613
[gpt-4-32k]
gpt-4-32k-0613 1686614047 openai
gpt-4-32k 1687979321 openai = gpt-4-32k-0613
gpt-4-32k-0314 1687979321 openai
[gpt-4-0314]
gpt-4-0314 1687882410 openai
[base-002]
davinci-002 1692634301 = davinci:2023-07-21-v2
babbage-002 1692634615 = babbage:2023-07-21-v2
[instruct]
gpt-3.5-turbo-instruct 1692901427 = gpt-3.5-turbo-instruct:20230824-v2
gpt-3.5-turbo-instruct-0914 1694122472
[dall-e-3]
dall-e-3 1698785189
[dall-e-2]
dall-e-2 1698798177
[gpt-4-vision]
gpt-4-1106-vision-preview 1698894917
gpt-4-vision-preview 1698894917 = gpt-4-1106-vision-preview
[gpt-4-turbo]
gpt-4-1106-preview 1698957206
gpt-4-0125-preview 1706037612
gpt-4-turbo-preview 1706037777 = gpt-4-0125-preview
gpt-4-turbo 1712361441 = gpt-4-turbo-2024-04-09
gpt-4-turbo-2024-04-09 1712601677
[embedding-small]
text-embedding-3-small 1705948997
[embedding-large]
text-embedding-3-large 1705953180
[gpt-4o]
gpt-4o 1715367049 = gpt-4o-2024-08-06
gpt-4o-2024-08-06 1722814719
gpt-4o-2024-11-20 1739331543
[gpt-4o-2024-05-13]
gpt-4o-2024-05-13 1715368132
[gpt-4o-mini]
gpt-4o-mini-2024-07-18 1721172717
gpt-4o-mini 1721172741 = gpt-4o-mini-2024-07-18
[chat-latest-4o]
chatgpt-4o-latest 1723515131
[o1-mini]
o1-mini-2024-09-12 1725648979
o1-mini 1725649008 = o1-mini-2024-09-12
[o1-preview]
o1-preview-2024-09-12 1726099200
o1-preview 1726099500 = o1-preview-2024-09-12
[realtime]
gpt-4o-realtime-preview-2024-10-01 1727131766
gpt-4o-realtime-preview 1727659998 = gpt-4o-realtime-preview-2025-06-03
gpt-4o-realtime-preview-2024-12-17 1733945430
gpt-4o-mini-realtime-preview-2024-12-17 1734112601
gpt-4o-mini-realtime-preview 1734387380 = gpt-4o-mini-realtime-preview-2024-12-17
gpt-4o-realtime-preview-2025-06-03 1748907838
gpt-realtime 1756271701 = gpt-realtime-2025-08-28
gpt-realtime-2025-08-28 1756271773
gpt-realtime-mini 1759517133 = gpt-realtime-mini-2025-12-15
gpt-realtime-mini-2025-10-06 1759517175
gpt-realtime-mini-2025-12-15 1765612007
gpt-realtime-1.5 1771461469
gpt-realtime-2 1778000000
gpt-realtime-2.1 1786000000
gpt-realtime-2.1-mini 1786000000
gpt-live-1 1788000000
[audio]
gpt-4o-audio-preview-2024-10-01 1727389042
gpt-4o-audio-preview 1727460443 = gpt-4o-audio-preview-2025-06-03
gpt-4o-audio-preview-2024-12-17 1734034239
gpt-4o-audio-preview-2025-06-03 1748908498
gpt-audio-2025-08-28 1756256146
gpt-audio 1756339249 = gpt-audio-2025-08-28
gpt-audio-1.5 1771550885
[omni-moderation]
omni-moderation-latest 1731689265
omni-moderation-2024-09-26 1732734466
[audio-mini]
gpt-4o-mini-audio-preview-2024-12-17 1734115920
gpt-4o-mini-audio-preview 1734387424 = gpt-4o-mini-audio-preview-2024-12-17
gpt-audio-mini 1759512027 = gpt-audio-mini-2025-12-15
gpt-audio-mini-2025-10-06 1759512137
gpt-audio-mini-2025-12-15 1765760008
[o]
o1-2024-12-17 1734326976
o1 1734375816 = o1-2024-12-17
o3-2025-04-16 1744133301
o3 1744225308 = o3-2025-04-16
[computer-use]
computer-use-preview 1734655677 = computer-use-preview-2025-03-11
computer-use-preview-2025-03-11 1741377021
computer-use-preview-2025-04-14 1744588800
[o-mini]
o3-mini 1737146383 = o3-mini-2025-01-31
o3-mini-2025-01-31 1738010200
o4-mini-2025-04-16 1744133506
o4-mini 1744225351 = o4-mini-2025-04-16
[gpt-4.5]
gpt-4.5-preview-2025-02-27 1740614400
gpt-4.5-preview 1740614700 = gpt-4.5-preview-2025-02-27
[search]
gpt-4o-search-preview-2025-03-11 1741388170
gpt-4o-search-preview 1741388720 = gpt-4o-search-preview-2025-03-11
gpt-4o-mini-search-preview-2025-03-11 1741390858
gpt-4o-mini-search-preview 1741391161 = gpt-4o-mini-search-preview-2025-03-11
[gpt-transcribe]
gpt-4o-transcribe 1742068463
gpt-4o-mini-transcribe 1742068596 = gpt-4o-mini-transcribe-2025-12-15
gpt-4o-transcribe-diarize 1750798887
gpt-4o-mini-transcribe-2025-12-15 1765610407
gpt-4o-mini-transcribe-2025-03-20 1765610545
gpt-realtime-whisper 1778000000
gpt-transcribe 1786000000
gpt-live-transcribe 1788000000
[o-pro]
o1-pro-2025-03-19 1742251504
o1-pro 1742251791 = o1-pro-2025-03-19
o3-pro 1748475349 = o3-pro-2025-06-10
o3-pro-2025-06-10 1749166761
[gpt-tts]
gpt-4o-mini-tts 1742403959 = gpt-4o-mini-tts-2025-12-15
gpt-4o-mini-tts-2025-03-20 1765610731
gpt-4o-mini-tts-2025-12-15 1765610837
[gpt-4.1]
gpt-4.1-2025-04-14 1744315746
gpt-4.1 1744316542 = gpt-4.1-2025-04-14
[gpt-4.1-mini]
gpt-4.1-mini-2025-04-14 1744317547
gpt-4.1-mini 1744318173 = gpt-4.1-mini-2025-04-14
[gpt-4.1-nano]
gpt-4.1-nano-2025-04-14 1744321025
gpt-4.1-nano 1744321707 = gpt-4.1-nano-2025-04-14
[gpt-image]
gpt-image-1 1745517030
gpt-image-1-mini 1758845821
gpt-image-1.5 1764030620
chatgpt-image-latest 1765925279
gpt-image-2-2026-04-21 1776729600
gpt-image-2 1776729900 = gpt-image-2-2026-04-21
gpt-image-2.5-flare-2026-09-08 1788825600
gpt-image-2.5-sunburst-2026-09-08 1788825600
gpt-image-2.5-flare 1788825900 = gpt-image-2.5-flare-2026-09-08
gpt-image-2.5-sunburst 1788825900 = gpt-image-2.5-sunburst-2026-09-08
gpt-image-2.6-flare 1792000000
gpt-image-2.6-sunburst 1792000000
[codex-mini]
codex-mini-latest 1746673257
[deep-research]
o4-mini-deep-research 1749685485 = o4-mini-deep-research-2025-06-26
o3-deep-research 1749840121 = o3-deep-research-2025-06-26
o3-deep-research-2025-06-26 1750865219
o4-mini-deep-research-2025-06-26 1750866121
[chat-latest]
gpt-5-chat-latest 1754073306
gpt-5.1-chat-latest 1762547951
gpt-5.2-chat-latest 1765344352
gpt-5.3-chat-latest 1772236571
[gpt-5]
gpt-5-2025-08-07 1754075360
gpt-5 1754425777 = gpt-5-2025-08-07
[gpt-5-mini]
gpt-5-mini-2025-08-07 1754425867
gpt-5-mini 1754425928 = gpt-5-mini-2025-08-07
[gpt-5-nano]
gpt-5-nano-2025-08-07 1754426303
gpt-5-nano 1754426384 = gpt-5-nano-2025-08-07
[codex]
gpt-5-codex 1757527818
gpt-5.1-codex 1762988221
gpt-5.1-codex-mini 1763007109
gpt-5.2-codex 1766164985
gpt-5.3-codex 1770537915
[gpt-5-pro]
gpt-5-pro-2025-10-06 1759469707
gpt-5-pro 1759469822 = gpt-5-pro-2025-10-06
[search-5]
gpt-5-search-api 1759514629 = gpt-5-search-api-2025-10-14
gpt-5-search-api-2025-10-14 1760043960
[sora]
sora-2 1759708615 = sora-2-2025-12-08
sora-2-pro 1759708663 = sora-2-pro-2025-10-06
sora-2-2025-10-06 1759708800
sora-2-pro-2025-10-06 1759708800
sora-2-2025-12-08 1765152000
[gpt-5.1]
gpt-5.1-2025-11-13 1762800353
gpt-5.1 1762800673 = gpt-5.1-2025-11-13
gpt-5.1-mini 1762800900
[codex-max]
gpt-5.1-codex-max 1763671532
[gpt-5.2]
gpt-5.2-2025-12-11 1765313028
gpt-5.2 1765313051 = gpt-5.2-2025-12-11
[pro]
gpt-5.2-pro-2025-12-11 1765343959
gpt-5.2-pro 1765343983 = gpt-5.2-pro-2025-12-11
gpt-5.4-pro 1772659601 = gpt-5.4-pro-2026-03-05
gpt-5.4-pro-2026-03-05 1772659657
gpt-5.5-pro-2026-04-23 1776902400
gpt-5.5-pro 1776902700 = gpt-5.5-pro-2026-04-23
[gpt-5.4]
gpt-5.4-2026-03-05 1772654062
gpt-5.4 1772691852 = gpt-5.4-2026-03-05
[gpt-5.4-mini]
gpt-5.4-mini-2026-03-17 1773705600
gpt-5.4-nano-2026-03-17 1773705600
gpt-5.4-mini 1773705900 = gpt-5.4-mini-2026-03-17
gpt-5.4-nano 1773705900 = gpt-5.4-nano-2026-03-17
[gpt-5.5]
gpt-5.5-2026-04-23 1776902400
gpt-5.5 1776902700 = gpt-5.5-2026-04-23
gpt-5.6-luna 1782200000
gpt-5.6-sol 1782200000
gpt-5.6-terra 1782200000
gpt-5.6 1782200300 = gpt-5.6-sol
gpt-6-astra 1788300000
gpt-6-luna 1788300000
gpt-6-sol 1788300000
gpt-6.1-sol 1791000000
gpt-6.1-terra 1791000000
[research]
gpt-5.6-cyber 1782200000
gpt-rosalind-research 1784000000
gpt-daybreak-blue-latest 1788000000
gpt-daybreak-red-latest 1788000000
gpt-6-cyber 1788300000
gpt-6-rosalind 1788300000
"""
