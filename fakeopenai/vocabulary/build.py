"""Builds the files beside it; needs tiktoken, and is not imported when the package runs.

python -m fakeopenai.vocabulary.build DIRECTORY    where DIRECTORY holds cl100k_base.tiktoken and o200k_base.tiktoken
"""

from __future__ import annotations

import sys
from array import array
from base64 import b64decode
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from zlib import crc32

from tiktoken import Encoding as Tokeniser

from fakeopenai.vocabulary import ENCODINGS, FINGERPRINT, TAKEN, Encoding

SHA256 = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
PROXIES = {
    r"[\p{Lu}\p{Lt}]": "A",
    r"\p{Ll}": "a",
    r"[\p{Lm}\p{Lo}]": "ª",
    r"\p{M}": "\u0300",
    r"\p{N}": "0",
    r"\s": "\t",
    **{f"(?i:{letter})": letter for letter in "stremvld"},
}
OTHER = "!"


def tokens(directory: Path, name: str) -> list[bytes]:
    """The tokens of a published vocabulary in the order of their ranks, which count from 0 without gaps."""
    content = (directory / f"{name}.tiktoken").read_bytes()
    if sha256(content).hexdigest() != SHA256[name]:
        sys.exit(f"{name}.tiktoken is not the published vocabulary")
    return [b64decode(line.split()[0]) for line in content.splitlines()]


def table(encoding: Encoding, words: list[bytes]) -> bytes:
    """The hash table, the offsets and the bytes of a vocabulary, as `Vocabulary` reads them."""
    slots = array("I", bytes(4 * encoding.slots))
    for rank, word in enumerate(words):
        key = crc32(word)
        slot = key % encoding.slots
        while slots[slot]:
            slot = (slot + 1) % encoding.slots
        slots[slot] = key & FINGERPRINT | TAKEN | rank
    offsets = array("I", accumulate(map(len, words), initial=0))
    return slots.tobytes() + offsets.tobytes() + b"".join(words)


def matched(pattern: str, text: str) -> set[str]:
    """The characters that the Rust regex engine of tiktoken finds."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    tokeniser = Tokeniser("bytes", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return set(bytes(tokeniser.encode_ordinary(text)).decode())


def classes() -> bytes:
    """Where in Unicode runs of characters begin that share a proxy: code point and proxy packed in each number."""
    text = "".join(chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000)
    proxy = {char: stand_in for pattern, stand_in in PROXIES.items() for char in matched(pattern, text)}
    stand_ins = [ord(proxy.get(chr(code), OTHER)) for code in range(0x110000)]
    starts = [code for code in range(0x80, 0x110000) if code == 0x80 or stand_ins[code] != stand_ins[code - 1]]
    return array("I", (code << 11 | stand_ins[code] for code in starts)).tobytes()


def build(directory: Path) -> None:
    here = Path(__file__).parent
    for name, encoding in ENCODINGS.items():
        (here / f"{name}.bin").write_bytes(table(encoding, tokens(directory, name)))
    (here / "classes.bin").write_bytes(classes())


if __name__ == "__main__":
    build(Path(sys.argv[1]))
