"""Documents: their text, and the chunks it is cut into."""

from __future__ import annotations

import random
import sys
from contextlib import suppress
from itertools import pairwise

import pytest

from fakeopenai import tokens
from fakeopenai.documents import Unreadable, chunked, extract
from tests.api.test_vector_stores import office

FONTS = "/Resources << /Font << /F1 5 0 R >> >>"


def pdf(text: str) -> bytes:
    """A page with one line of text."""
    content = f"BT /F1 12 Tf 20 50 Td ({text}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 100] /Contents 4 0 R {FONTS} >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    document, places = "%PDF-1.4\n", []
    for number, written in enumerate(objects, 1):
        places.append(len(document))
        document += f"{number} 0 obj\n{written}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{len(document)}\n%%EOF\n"
    return f"{document}xref\n0 6\n0000000000 65535 f \n{table}{trailer}".encode()


def test_a_pdf_is_read_with_the_extra() -> None:
    pytest.importorskip("pypdf", reason="needs the extra `documents`")

    assert extract("a.pdf", pdf("The ferry leaves at nine.")) == "The ferry leaves at nine."


def test_a_damaged_pdf_is_invalid() -> None:
    pytest.importorskip("pypdf", reason="needs the extra `documents`")

    with pytest.raises(Unreadable) as caught:
        extract("a.pdf", b"%PDF-1.4 junk")

    assert caught.value.code == "invalid_file"


def test_a_pdf_is_unsupported_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)

    with pytest.raises(Unreadable) as caught:
        extract("a.pdf", pdf("text"))

    assert (caught.value.code, caught.value.message) == ("unsupported_file", "The file type is not supported.")


@pytest.mark.parametrize(("name", "content"), [("a.png", b"\x89PNG"), ("a.txt", b"\xff\xfa\xfb"), ("a", b"a\0b")])
def test_what_is_no_text_is_unsupported(name: str, content: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        extract(name, content)

    assert caught.value.code == "unsupported_file"


def test_a_document_that_declares_entities_is_not_let_in() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'

    with pytest.raises(Unreadable) as caught:
        extract("a.docx", office("word/document.xml", bomb))

    assert caught.value.code == "invalid_file"


@pytest.mark.parametrize(("size", "overlap"), [(100, 0), (100, 50), (4096, 10)])
def test_chunks_overlap_and_cover_the_text(size: int, overlap: int) -> None:
    text = " ".join(f"word{n}" for n in range(300))

    chunks = [tokens.pieces(chunk) for chunk in chunked(text, size, overlap)]

    assert all(len(chunk) <= size for chunk in chunks)
    assert all(not overlap or former[-overlap:] == later[:overlap] for former, later in pairwise(chunks))
    assert "".join("".join(chunk[overlap if place else 0 :]) for place, chunk in enumerate(chunks)) == text


def test_an_empty_text_has_no_chunks() -> None:
    assert chunked(" \n", 800, 400) == []


def garbled(content: bytes, number: int) -> bytes:
    """The same bytes but for a few, some of which are lost."""
    dice = random.Random(number)
    changed = bytearray(content)
    for _ in range(dice.choice((1, 2, 5, 20))):
        place = dice.randrange(len(changed))
        changed[place : place + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
    return bytes(changed)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", pdf("Some text to read")),
        ("a.docx", office("word/document.xml", f"<w:b xmlns:w='w'>{'<w:p><w:t>Some text</w:t></w:p>' * 9}</w:b>")),
        ("a.pptx", office("ppt/slides/slide1.xml", f"<a:b xmlns:a='a'>{'<a:p><a:t>Some text</a:t></a:p>' * 9}</a:b>")),
        ("a.html", b"<html><![CDATA[x]]><p>Some <b>text</b></p><!-- no --></html>"),
    ],
)
def test_a_garbled_document_is_read_or_refused(name: str, content: bytes) -> None:
    for number in range(300):
        with suppress(Unreadable):
            assert isinstance(extract(name, garbled(content, number)), str)
