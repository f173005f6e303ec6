"""Patterns that are compiled at their first use."""

import gc
import pkgutil
from importlib import import_module

from fakeopenai import voice
from fakeopenai.pattern import Pattern


def test_every_pattern_of_the_voice_compiles() -> None:
    for module in pkgutil.iter_modules(voice.__path__, "fakeopenai.voice."):
        import_module(module.name)

    patterns = [thing for thing in gc.get_objects() if isinstance(thing, Pattern)]

    assert len(patterns) > 200
    assert all(pattern.compiled.pattern == pattern.source for pattern in patterns)


def test_a_pattern_reads_as_a_compiled_one() -> None:
    pair = Pattern(r"(\w)=(\d)")

    assert pair.findall("a=1 b=2") == [("a", "1"), ("b", "2")]
    assert pair.sub(r"\2", "a=1 b=2", count=1) == "1 b=2"
    assert pair.split("x a=1 y", maxsplit=1) == ["x ", "a", "1", " y"]
    assert [found[1] for found in pair.finditer("a=1 b=2")] == ["a", "b"]
