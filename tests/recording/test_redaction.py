"""Secrets are replaced, each by the same stand-in, which fits the secret and nothing else."""

from __future__ import annotations

import json
import string
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakeopenai.recording.pieces import cleaned
from fakeopenai.recording.redaction import Redactor
from fakeopenai.recording.standins import fits

SECRETS = [
    "sk-proj-abcDEF123456_-x",
    "sk-admin-0123456789abcdef",
    "ek_68af296e8e408191a1120ab6383263c2",
    "org-AbCdEf0123456789",
    "proj_AbCdEf0123456789",
    "ada.lovelace+x@mail.example.co.uk",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "My key is {}, thanks.", '{{"a": "{}"}}', "<{}>", "x={}&y=1"])
def test_a_secret_is_replaced_wherever_it_stands(secret: str, around: str) -> None:
    text = around.format(secret)

    clean = Redactor().text(text)

    assert secret not in clean
    assert "redacted-" in clean
    assert fits(clean, text)
    assert fits(clean, clean)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("https://ada:lovelace1@host.test/v1", "ada:lovelace1"),
        ("https://host.test/v1?api-key=0123456789&x=1", "0123456789"),
        ("https://blob.test/f?sig=AbC%3D&se=2026", "AbC%3D"),
    ],
)
def test_keys_in_urls_and_headers_are_replaced(text: str, secret: str) -> None:
    clean = Redactor().text(text)

    assert secret not in clean
    assert fits(clean, text)


@pytest.mark.parametrize("text", ["gpt-4o", "I like sk-8 boards", "task-force", "user-agent", "1@2", "Bearer", "a@b"])
def test_other_words_stay(text: str) -> None:
    assert Redactor().text(text) == text


def test_what_is_clean_stays_as_it_is() -> None:
    redactor = Redactor(["Bluebird"])
    clean = redactor.text(f"Bluebird {' '.join(SECRETS)}")

    assert redactor.text(clean) == clean


def test_the_same_secret_gets_the_same_stand_in_and_another_gets_another() -> None:
    first, second, again = (Redactor().text(text) for text in ("sk-aaaaaaaaaaaa", "sk-bbbbbbbbbbbb", "sk-aaaaaaaaaaaa"))

    assert first == again != second


def test_a_stand_in_fits_no_other_secret() -> None:
    clean = Redactor(["Bluebird|Redbird"]).text("Project Bluebird and bob@corp.test")

    assert fits(clean, "Project Bluebird and bob@corp.test")
    assert not fits(clean, "Project Redbird and bob@corp.test")
    assert not fits(clean, "Project Bluebird and eve@corp.test")
    assert not fits(clean, "Project Bluebird and bob@corp.test.")


def test_what_the_headers_of_a_request_hold_is_a_secret_everywhere() -> None:
    redactor = Redactor().knowing({"api-key": "0123456789abcdef0123456789abcdef", "cookie": "sid=Zm9vYmFyYmF6"})

    clean = redactor.text("0123456789abcdef0123456789abcdef and Zm9vYmFyYmF6")

    assert "0123456789abcdef" not in clean
    assert "Zm9v" not in clean


def test_overlapping_secrets_leave_no_rest() -> None:
    clean = Redactor(["secret .*@corp"]).text("a secret bob@corp.test here")

    assert "bob" not in clean
    assert "corp" not in clean
    assert "test" not in clean


def test_values_lose_secrets_in_keys_too() -> None:
    clean = Redactor().value({"bob@corp.test": ["sk-abcdefghijkl", 1, None]})

    assert "bob@" not in json.dumps(clean)
    assert "sk-abc" not in json.dumps(clean)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=30), st.sampled_from(SECRETS), st.text(max_size=30), st.lists(st.integers(0, 100), max_size=12))
def test_however_a_stream_is_cut_no_piece_has_a_secret(before: str, secret: str, after: str, cuts: list[int]) -> None:
    whole = f"{before} {secret} {after}".encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
    bounds = sorted({min(cut, len(whole)) for cut in cuts} | {0, len(whole)})
    pieces = [whole[start:end] for start, end in pairwise(bounds)]

    clean = cleaned(pieces, Redactor().spans)

    assert len(clean) == len(pieces)
    assert secret.encode() not in b"".join(clean)
    assert b"".join(clean).decode() == Redactor().text(whole.decode())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(), st.lists(st.integers(0, 200), max_size=12))
def test_what_has_no_secret_comes_back_byte_for_byte(content: bytes, cuts: list[int]) -> None:
    bounds = sorted({min(cut, len(content)) for cut in cuts} | {0, len(content)})
    pieces = [content[start:end] for start, end in pairwise(bounds)]

    assert cleaned(pieces, lambda _: []) == pieces


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, len("Mail bob@corp.test!") - 1), max_size=18, unique=True))
def test_a_secret_that_a_model_spells_out_is_replaced(cuts: list[int]) -> None:
    said = "Mail bob@corp.test!"
    bounds = [0, *sorted(cuts), len(said)]
    tokens = [said[start:end] for start, end in pairwise(bounds)]
    events = [{"id": "x", "choices": [{"index": 0, "delta": {"content": token}, "logprobs": None}]} for token in tokens]
    pieces = [f"data: {json.dumps(event, separators=(',', ':'))}\n\n".encode() for event in events]

    clean = cleaned(pieces, Redactor().spans)

    told = [json.loads(piece.decode().removeprefix("data: "))["choices"][0]["delta"]["content"] for piece in clean]
    assert "".join(told) == Redactor().text(said)
    assert len(clean) == len(pieces)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(string.printable), st.text(string.printable))
def test_clean_texts_fit_only_themselves(one: str, other: str) -> None:
    assert fits(one, other) is (one == other)
