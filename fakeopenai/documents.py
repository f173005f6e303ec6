"""The text of documents, and the chunks that it is searched in."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from importlib import import_module
from io import BytesIO
from logging import NullHandler, getLogger
from types import ModuleType
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

from fakeopenai import tokens

MAX_TEXT = 64 * 1024 * 1024
"""Bytes that a packed document may unpack to."""


class Unreadable(Exception):  # noqa: N818  it is the document that can't be read
    """A document whose text can't be had; `code` is the API's, for the `last_error` of its file."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def extract(filename: str, content: bytes) -> str:
    """Give the text of a document, by the extension of its name. Raises Unreadable."""
    extension = filename.rpartition(".")[2].lower()
    reader = READERS.get(extension)
    if reader is not None:
        return reader(content)
    if extension in OPAQUE:
        raise unsupported()
    return _plain(content)


def chunked(text: str, size: int, overlap: int) -> list[str]:
    """Cut a text into chunks of `size` tokens, each repeating the last `overlap` tokens of the one before."""
    pieces = tokens.pieces(text)
    starts = range(0, max(len(pieces) - overlap, 1), size - overlap)
    return ["".join(pieces[start : start + size]) for start in starts] if text.strip() else []


def unsupported() -> Unreadable:
    return Unreadable("unsupported_file", "The file type is not supported.")


def _damaged() -> Unreadable:
    return Unreadable(
        "invalid_file", "The file could not be parsed because it is damaged or not of the type it claims."
    )


def _plain(content: bytes) -> str:
    """The API takes UTF-8, UTF-16 and ASCII."""
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise unsupported() from None
    if "\0" in text[:4096]:
        raise unsupported()
    return text


class _Page(HTMLParser):
    """Collects what a reader of a page sees."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the base's
        self._hidden += tag in HIDDEN
        if tag in BREAKING:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in HIDDEN and self._hidden > 0
        if tag in BREAKING:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


HIDDEN = frozenset({"script", "style", "template"})
_BLOCKS = "p div br li ul ol tr table h1 h2 h3 h4 h5 h6 section article header footer pre blockquote title"
BREAKING = frozenset(_BLOCKS.split())


def _html(content: bytes) -> str:
    page = _Page()
    try:
        page.feed(_plain(content))
        page.close()
    except AssertionError:  # the parser's own, for declarations that it can't read
        raise _damaged() from None
    lines = (re.sub(r"[ \t\r\f\v]+", " ", line).strip() for line in "".join(page.parts).splitlines())
    return "\n".join(line for line in lines if line)


def _docx(content: bytes) -> str:
    return "\n".join(_paragraphs(_members(content, re.compile(r"word/document\.xml"))))


def _pptx(content: bytes) -> str:
    return "\n".join(_paragraphs(_members(content, re.compile(r"ppt/slides/slide(\d+)\.xml"))))


def _members(content: bytes, name: re.Pattern[str]) -> Iterator[bytes]:
    """The members of an archive with such a name, in the order of the numbers in it."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if name.fullmatch(info.filename)]
            if not infos or sum(info.file_size for info in infos) > MAX_TEXT:
                raise _damaged()
            for info in sorted(infos, key=lambda info: (len(info.filename), info.filename)):
                yield archive.read(info)
    except BROKEN:
        raise _damaged() from None


def _paragraphs(members: Iterator[bytes]) -> Iterator[str]:
    """The text of every paragraph, tabs and breaks as blanks."""
    for member in members:
        for element in _parsed(member).iter():
            if _tag(element) == "p":
                yield "".join(map(_run, element.iter()))


def _parsed(member: bytes) -> ET.Element:
    """The XML of Office has no document type; what has one could declare entities, and is not let in."""
    if b"<!DOCTYPE" in member:
        raise _damaged()
    try:
        return ET.fromstring(member)  # noqa: S314  without entities there is nothing to expand
    except (ET.ParseError, ValueError, LookupError):
        raise _damaged() from None


def _run(element: ET.Element) -> str:
    match _tag(element):
        case "t":
            return element.text or ""
        case "tab" | "br":
            return " "
    return ""


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _pdf(content: bytes) -> str:
    """Needs the extra `documents`."""
    try:
        pypdf = import_module("pypdf")
    except ImportError:
        raise unsupported() from None
    getLogger("pypdf").addHandler(NullHandler())
    try:
        pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages]
    except _failures(pypdf):
        raise _damaged() from None
    return "\n\n".join(pages)


def _failures(module: ModuleType) -> tuple[type[Exception], ...]:
    """All that may be raised by a module that reads pages."""
    found = vars(module.errors).values()
    return *BROKEN, *(each for each in found if isinstance(each, type) and issubclass(each, Exception))


BROKEN = (
    BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
)
"""What those who read archives and pages raise at bytes that aren't what they should be."""

READERS: dict[str, Callable[[bytes], str]] = {"html": _html, "htm": _html, "docx": _docx, "pptx": _pptx, "pdf": _pdf}
_BINARY = (
    "doc ppt xls xlsx odt zip gz tar rar 7z png jpg jpeg gif webp bmp ico svg mp3 mp4 wav webm mov avi exe dll so pkl "
    "parquet sqlite db bin class jar woff woff2 ttf"
)
OPAQUE = frozenset(_BINARY.split())
"""Types without a text to search; the API takes none of them for search."""
