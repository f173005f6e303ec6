"""Identifiers in the API's true forms, drawn from a seed.

Every kind of id has its alphabet and length, and some carry the time: the first five characters after `chatcmpl-` are
seconds since 2019-12-20 in base 62, and a block of 32 hex digits is a version-8 UUID that begins with Unix seconds
(recorded traffic, 15,883 of 15,883 ids).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b

B62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_EPOCH_B62 = 1_576_800_000
_DIGITS = bytes(ord(B62[byte % 62]) for byte in range(256))


class Names:
    """Draws ids and numbers from one seed, each prefix counting by itself, so one more file doesn't rename a batch.

    `now` is the world's time in Unix seconds, for ids that carry it.
    """

    __slots__ = ("_drawn", "_given", "_trace", "now", "seed")

    def __init__(self, seed: bytes, now: float) -> None:
        self.seed = seed
        self.now = now
        self._drawn: dict[str, int] = {}
        self._given: dict[str, list[str]] = {}
        self._trace = ""

    def give(self, ids: Mapping[str, Iterable[str]]) -> None:
        """Make these ids the next ones of their kinds, which go by their prefixes: `file`, `resp`."""
        self._given = {kind: list(members) for kind, members in ids.items()}

    def new(self, prefix: str, form: Form | None = None) -> str:
        """The next id with this prefix, such as `file-` or `resp_`; some prefixes have more than one form."""
        if self._given and (given := self._given.get(prefix.rstrip("-_"))):
            return given.pop(0)
        return prefix + (form or FORMS.get(prefix, plain))(self, prefix)

    @property
    def request_id(self) -> str:
        """The id of the request that these names were made for, the same each time."""
        if given := self._given.get("req"):
            return given[0]
        return f"req_{_block(self.trace, int(self.now))}"

    @property
    def trace(self) -> str:
        """64 hex digits of the request that these names were made for, the same each time."""
        if not self._trace:
            self._trace = blake2b(self.seed + b"trace", digest_size=32).hexdigest()
        return self._trace

    def number(self, below: int, label: str = "number") -> int:
        return int.from_bytes(self._draw(label, 8)) % below

    def hex(self, length: int, label: str = "hex") -> str:
        return self._draw(label, (length + 1) // 2).hex()[:length]

    def b62(self, length: int, label: str = "b62") -> str:
        return self._draw(label, length).translate(_DIGITS).decode()

    def child(self, label: str) -> Names:
        """Names of something this one begets, such as a row of a batch."""
        return Names(blake2b(label.encode(), key=self.seed[:64], digest_size=16).digest(), self.now)

    def _draw(self, label: str, size: int) -> bytes:
        nth = self._drawn.get(label, 0)
        self._drawn[label] = nth + 1
        drawn = blake2b(self.seed + f"{label} {nth}".encode()).digest()
        while len(drawn) < size:
            drawn += blake2b(drawn[-64:]).digest()
        return drawn[:size]


Form = Callable[[Names, str], str]


def plain(names: Names, prefix: str) -> str:
    return names.b62(24, prefix)


def b62(length: int) -> Form:
    return lambda names, prefix: names.b62(length, prefix)


def hexadecimal(length: int) -> Form:
    return lambda names, prefix: names.hex(length, prefix)


def timed_b62(length: int) -> Form:
    """Seconds since 2019-12-20 in five base-62 digits, then random ones."""
    return lambda names, prefix: _moment(int(names.now)) + names.b62(length - 5, prefix)


@lru_cache(maxsize=64)
def _moment(now: int) -> str:
    number, digits = now - _EPOCH_B62, ""
    for _ in range(5):
        number, digit = divmod(number, 62)
        digits = B62[digit] + digits
    return digits


def block(names: Names, prefix: str) -> str:
    """A version-8 UUID without dashes that begins with the time."""
    return _block(names.hex(22, prefix), int(names.now))


def _block(random: str, now: int) -> str:
    clock, version, variant = _CLOCK[random[3]], _VERSION[random[4]], _VARIANT[random[6]]
    return f"{now:08x}{random[:3]}{clock}81{version}{random[5]}{variant}{random[7:22]}"


_CLOCK, _VERSION, _VARIANT = (dict(zip("0123456789abcdef", 16 * mark, strict=False)) for mark in ("048c", "9a", "89ab"))


def block_and(length: int) -> Form:
    """A block, then random hex digits up to the length."""
    return lambda names, prefix: block(names, prefix) + names.hex(length - 32, prefix)


def ulid(names: Names, prefix: str) -> str:
    """Milliseconds in ten digits of Crockford's base 32, then sixteen random ones."""
    number = int(names.now * 1000) << 80 | int(names.hex(20, prefix), 16)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def shared_and_own(names: Names, prefix: str) -> str:
    """The Responses form: 18 digits that a response shares with its items, then the time and the own part."""
    shared = blake2b(b"shared", key=names.seed[:64], digest_size=8).hexdigest()
    return f"0{shared[1:]}00{int(names.now):08x}{names.hex(24, prefix)}"


def uuid(names: Names) -> str:
    """A version-4 UUID with dashes."""
    text = names.hex(32, "uuid")
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"


FORMS: dict[str, Form] = {
    "chatcmpl-": timed_b62(29),
    "cmpl-": timed_b62(29),
    "modr-": lambda names, prefix: str(names.number(9999, prefix) + 1),
    **{
        f"{kind}_": shared_and_own
        for kind in (
            *("resp", "rs", "fc", "ws", "fs", "ci", "ig", "mcp", "mcpl", "mcpr", "cu", "ctc", "apc", "tsc", "tso"),
            *("cmp", "sh", "lsh"),
        )
    },
    **dict.fromkeys(("conv_", "cntr_", "video_", "pmpt_", "skill_", "skillver_"), block_and(48)),
    **dict.fromkeys(("vs_", "vsfb_", "batch_", "batch_req_", "upload_", "part_", "audio_", "cfile_", "req_"), block),
    **dict.fromkeys(("eval_", "evalrun_", "outputitem_"), block),
    "file-": b62(22),
    "key_": b62(16),
    **dict.fromkeys(("group_", "role_"), ulid),
    "fp_": hexadecimal(10),
    "ek_": hexadecimal(32),
    **dict.fromkeys(("sess_", "event_", "item_"), timed_b62(21)),
    "rtc_u0_": b62(21),
}

KINDS = (
    *("agent", "alert", "amsg", "apc", "apco", "artifact", "asst", "at", "audio", "audit_log", "auto", "batch"),
    *("batch_req", "call", "cert", "cfg", "cfile", "char", "chatcmpl", "ci", "cksess", "cm", "cmd", "cmo"),
    *("cmp", "cmpl", "cmpt", "cntr", "cons", "conv", "cp", "cred", "ctc", "ctco", "cthi", "cthr", "cu", "cuo"),
    *("deployment", "ek", "env", "envfile", "envtmpl", "eval", "evalrun", "event", "extkey", "extstore", "fc"),
    *("fco", "file", "fp", "fs", "ft", "ftckpt", "ftevent", "ftjob", "group", "ig", "img", "inv", "invite"),
    *("item", "key", "live", "lsh", "lsho", "mac", "maco", "mcp", "mcpa", "mcpl", "mcpr", "modr", "msg", "op"),
    *("outputitem", "part", "pmpt", "proj", "req", "resp", "role", "rs", "rtc_u0", "run", "sess", "sh", "sho"),
    *("skill", "skillver", "steer", "step", "sub", "subagent", "svc_acct", "thread", "tsc", "tso", "turn"),
    *("upload", "user", "vault", "video", "voice", "vs", "vsfb", "we", "wifr", "wip", "ws"),
)
"""What ids begin with, up to the dash or the line below it."""
