"""The published schema of rule files says what the loader says."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs import validator_for

from fakeopenai import data
from fakeopenai.rules import RuleError
from fakeopenai.rules.files import parse
from fakeopenai.rules.saying import compact
from fakeopenai.rules.schema import schema
from fakeopenai.rules.yaml12 import json

GOOD: list[Any] = [
    None,
    [],
    {"say": "Hello"},
    {"rules": [{"say": "Hello"}], "$schema": "rules.schema.json"},
    {"unmatched": "error"},
    {"unmatched": "stub", "rules": []},
    [{"name": "greeting", "when": {}, "say": ["Hello", "Again"], "times": 2}],
    {"when": {"operation": ["chat", "POST /responses"], "model": "gpt-*", "contains": "a", "matches": "b"}},
    {"when": {"user": {"any": ["a", {"matches": "b"}], "not": "c"}, "system": ["x", "y"], "message": "z"}},
    {"when": {"tool": "a", "called": "b", "tool_result": "c", "has_tool_result": True, "media": "image"}},
    {"when": {"turn": {"above": 1}, "step": [1, 2], "stream": False, "path": "/files/*"}},
    {
        "when": {
            "header": {"x-a": {"exists": True}},
            "query": {"limit": "3"},
            "body": {"a[0].b": [1], "n": {"below": 2}},
        }
    },
    {
        "when": {
            "any": [{"contains": "a"}, {"all": {"contains": "b"}}],
            "not": {"equals": "c"},
            "schema": {"type": "object"},
        }
    },
    {"when": {"like": "a", "key": "sk-*", "project": ["a", "b"], "organization": {"exists": True}}},
    {
        "when": {
            "time": {"after": 60, "before": "2026-03-01T12:00:00Z"},
            "tool_result": {"json": {"$..a": {"above": 1}}},
        }
    },
    {"say": "a", "once": True, "expires": 60, "per": "conversation"},
    {"say": "a", "expires": "2026-03-01", "per": "server"},
    {"usage": {"input": 1, "cached": 1, "output": 2, "reasoning": 1}, "ids": {"chatcmpl": "a", "call": ["b", "c"]}},
    {"say": {"probabilities": [{"Yes": 0.9, "No": 0.1}]}},
    {"choices": ["a", {"say": "b", "finish": "length"}, {"steps": [{"refusal": "c"}]}]},
    {"choose": ["a", {"error": "server_error"}, {"say": "b", "delay": 1}], "usage": {"output": 1}},
    {"json": {"a": 1}, "schema": {"type": "object"}},
    {"flag": "violence"},
    {"flag": {"violence": 0.5}, "say": "a"},
    {"embedding": [0.1, -1]},
    {"embedding": ["a", [1, 2]]},
    {"transcript": {"text": "a", "language": "en", "seconds": 2}},
    {"transcript": {"segments": [{"text": "a", "start": 0, "end": 1, "speaker": "A"}]}},
    {"image": {"base64": "aGk=", "revised_prompt": "a"}},
    {"reasoning": "Hm.", "say": "Yes", "finish": "length"},
    {"reasoning": {"tokens": 64}, "refusal": "No"},
    {"call": "a"},
    {"call": ["a", {"b": {"c": 1}}, {"d": None, "e": "raw"}, {"name": "f", "arguments": {"g": 1}, "id": "call_1"}]},
    {"steps": [{"say": "a"}, {"call": "b"}, {"hosted": {"type": "web_search_call"}}, {"json": [1]}]},
    {"error": "rate_limit", "delay": 1.5},
    {"error": {"name": "overloaded", "retry_after": 2, "headers": {"X-A": "b"}, "code": None}},
    {"error": {"status": 418, "message": "Tea", "type": "teapot"}},
    {"reply": {"status": 200, "body": {"a": 1}, "media": "application/json"}},
    {"reply": {"events": [{"a": 1}, "[DONE]"]}, "cut": {"events": 1, "bytes": 2}, "pace": {"tokens_per_second": 3}},
    {"say": {"text": "Hello", "annotations": [{"type": "url_citation", "url": "https://a.test", "title": "A"}]}},
    {"say": [{"text": "Hello"}, "Again"]},
    {"say": "a", "fail": {"after": 2, "error": "server_error"}},
    {"fail": {"error": {"name": "overloaded", "retry_after": 2}}},
    {"flaws": {"keep_alive": True, "crlf": True, "no_done": True, "repeat": 1, "garble": 2, "media": "text/plain"}},
    {"cut": {"unanswered": True}},
    {"cut": {"character": 1, "reset": True}},
    {"stall": {"events": 2}, "pace": {"bytes_per_second": 100, "jitter": 0.5}},
    {"stall": {"bytes": 0, "seconds": 1.5}},
    {"flaws": {"swap": 1, "empty": 2, "hollow": 3, "chunk": 4}},
    {"fuzz": True},
    {"fuzz": "all"},
    {"fuzz": {"case": 7, "only": ["cr", "bom"], "without": "bom"}},
    {"job": {"slow": 3600, "fail": {"at": "running", "after": 1, "message": "No luck", "code": "x", "param": "y"}}},
    {"job": {"slow": {"at": "queued", "factor": 2, "seconds": 1}, "expire": True}, "say": "a"},
    {"job": {"cancel": {"at": "in_progress"}}},
    {"job": {"fail": "rate_limit"}},
    {"when": {"state": {"order": "paid", "door": {"exists": False}}}, "sets": {"order": "sent"}, "say": "a"},
    {"then": [{"error": "server_error"}, {"say": "Hello", "delay": 1}], "nth": [1, 3], "after": 1, "every": 2},
    {"then": {"say": "Hello"}, "probability": 0.5},
]
BAD: list[Any] = [
    1,
    ["say"],
    {"rules": {}},
    {"rules": [], "other": 1},
    {"sya": "Hello"},
    {"say": 1},
    {"say": []},
    {"say": "a", "times": 0},
    {"say": "a", "times": 1.5},
    {"say": "a", "nth": "first"},
    {"say": "a", "every": 0},
    {"say": "a", "probability": 2},
    {"say": "a", "delay": -1},
    {"say": "a", "delay": "1s"},
    {"job": {"fail": "nope"}},
    {"job": {"fail": {"at": "over"}}},
    {"job": {"expire": False}},
    {"job": {"expire": {"after": 1}}},
    {"job": {"expire": True, "cancel": True}},
    {"job": {"slow": -1}},
    {"error": "server_error", "job": {"slow": 1}},
    {"name": 1},
    {"when": []},
    {"unmatched": "proxy"},
    {"unmatched": "error", "say": "a"},
    {"when": {"time": 60}},
    {"when": {"time": {"until": 60}}},
    {"when": {"time": {"after": "tomorrow"}}},
    {"when": {"user": {"json": "a"}}},
    {"usage": {"input": -1}},
    {"usage": {"prompt_tokens": 1}},
    {"ids": {"call": 1}},
    {"ids": {"chatcmp": "a"}},
    {"say": {"probabilities": [{"Yes": 1.5}]}},
    {"say": {"annotations": []}},
    {"choices": ["a", {"error": "server_error"}]},
    {"choices": ["a"], "say": "b"},
    {"choose": []},
    {"choose": ["a"], "say": "b"},
    {"choose": ["a"], "then": [{"say": "b"}]},
    {"say": "a", "schema": {}},
    {"flag": "sadness"},
    {"flag": {"violence": 2}},
    {"flag": "violence", "error": "server_error"},
    {"embedding": [True]},
    {"transcript": {"language": "en"}},
    {"transcript": {"segments": [{"text": "a"}]}},
    {"image": {}},
    {"expires": -1},
    {"expires": "soon"},
    {"per": "user"},
    {"once": 1},
    {"once": True, "times": 2},
    {"when": {"contians": "a"}},
    {"when": {"contains": ["a"]}},
    {"when": {"contains": 42}},
    {"when": {"user": {"alike": "a"}}},
    {"when": {"model": {"equals": 4}}},
    {"when": {"turn": "2"}},
    {"when": {"stream": "yes"}},
    {"when": {"has_tool_result": {"equals": 1}}},
    {"when": {"header": {"x-a": 1}}},
    {"when": {"body": {"n": {"above": "1"}}}},
    {"when": {"body": {"metadata": {"kind": "a"}}}},
    {"when": {"any": ["a"]}},
    {"when": {"where": "x > 1"}},
    {"when": {"schema": []}},
    {"say": "a", "error": "rate_limit"},
    {"say": "a", "reply": {}},
    {"error": "rate_limit", "reply": {}},
    {"error": "rate_limti"},
    {"error": {"status": 500}},
    {"error": {"name": "rate_limit", "status": 200}},
    {"error": "rate_limit", "finish": "stop"},
    {"say": "a", "finish": "done"},
    {"finish": "stop"},
    {"steps": [{"finish": "stop"}]},
    {"steps": [{"say": "a"}], "say": "b"},
    {"then": []},
    {"then": [{"then": []}]},
    {"then": [{"say": "a"}], "delay": 1},
    {"then": [{"say": ["a"]}]},
    {"call": 1},
    {"call": {"a": 1}},
    {"call": {"name": "a", "argumnets": {}}},
    {"hosted": {}},
    {"reasoning": {"token": 1}},
    {"reply": {"body": 1, "events": []}},
    {"reply": {"headers": {"a": 1}}},
    {"cut": {"tokens": 1}},
    {"cut": {"character": 0}},
    {"stall": {"seconds": 1}},
    {"stall": {"events": 1, "bytes": 1}},
    {"fuzz": "some"},
    {"fuzz": {"only": "oddity"}},
    {"cut": {"unanswered": 1}},
    {"say": {"annotations": []}},
    {"say": {"text": "a", "annotations": [{"url": "https://a.test"}]}},
    {"fail": {"after": 1}},
    {"fail": {"after": -1, "error": "server_error"}},
    {"flaws": {"repeat": 0}},
    {"flaws": {"no_done": 1}},
    {"flaws": {"crfl": True}},
    {"sets": {"order": 1}},
    {"sets": "paid"},
    {"when": {"state": "paid"}},
    {"pace": {"speed": 1}},
]

VALIDATOR = validator_for(schema())


@pytest.mark.parametrize("document", GOOD, ids=compact)
def test_what_the_loader_reads_the_schema_accepts(document: Any) -> None:
    parse(compact(document), "rules.json")

    assert VALIDATOR.is_valid(document)


@pytest.mark.parametrize("document", BAD, ids=compact)
def test_what_the_loader_refuses_the_schema_refuses(document: Any) -> None:
    with pytest.raises(RuleError, match=r"^rules\.json:1: "):
        parse(compact(document), "rules.json")

    assert not VALIDATOR.is_valid(document)


def test_the_published_schema_is_this_one() -> None:
    published = data.path("schemas", "rules.schema.json").read_text("utf-8")

    assert json(published, "rules.schema.json") == schema()
