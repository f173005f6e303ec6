"""Tools that run at the provider."""

from __future__ import annotations

from fakeopenai import speech
from fakeopenai.speech import Spoken
from fakeopenai.turn import Prompt
from fakeopenai.wire import Call


def speak(call: Call, prompt: Prompt) -> Spoken:
    return speech.speak(call, prompt)
