"""Among ten thousand recordings the one that fits is found without looking at the others."""

from __future__ import annotations

from typing import Any

import pytest

from fakeopenai.emulator import Emulator
from fakeopenai.rules import Rule, request
from fakeopenai.wire import Request
from fakeopenai.world import Settings


def body(number: int) -> Any:
    system = {"role": "system", "content": "You answer questions."}
    return {"model": "gpt-4o", "messages": [system, {"role": "user", "content": f"Question {number}"}], "n": 1}


def rule(number: int) -> Rule:
    when = {"operation": "chat.completions.create", "request": {"body": body(number)}}
    return Rule.read({"when": when, "reply": {"body": {"number": number}}})


def test_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Request] = []
    asked = request.asked

    def compare(each: Request) -> Any:
        compared.append(each)
        return asked(each)

    monkeypatch.setattr(request, "asked", compare)
    emulator = Emulator(Settings(unmatched="error"), [rule(number) for number in range(10_000)])

    told = [
        emulator.respond(Request("POST", "/chat/completions", body=body(number), key="sk-test")).body
        for number in (0, 5_000, 9_999)
    ]

    assert told == [b'{"number":0}', b'{"number":5000}', b'{"number":9999}']
    assert len(compared) < 30
