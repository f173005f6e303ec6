"""Rules that change under a running server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from openai import APIStatusError, OpenAI

from fakeopenai.emulator import Emulator
from fakeopenai.rules import load
from fakeopenai.watching import Watch
from tests.front import Api


def said(api: Api) -> str:
    answer = api.post("/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
    text: str = answer.json["choices"][0]["message"]["content"]
    return text


def watched(path: Path) -> tuple[Api, Watch]:
    emulator = Emulator(rules=load([path]))
    return Api(emulator), Watch([path], emulator.rules, emulator.turn)


def test_what_has_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- say: One")
    api, watch = watched(tmp_path)
    before = said(api)

    file.write_text("- say: Second")
    (tmp_path / "a.yaml").write_text("- {say: First, once: true}")

    assert watch.look()
    assert (before, said(api), said(api)) == ("One", "First", "Second")
    assert not watch.look()


def test_rules_that_stay_keep_their_counts_wherever_they_now_stand(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- {say: Once, times: 1}\n- say: [One, Two, Three]")
    api, watch = watched(file)
    before = [said(api), said(api)]

    file.write_text("# a line more\n- {say: Once, times: 1}\n- {when: {contains: x}, say: x}\n- say: [One, Two, Three]")
    watch.look()

    assert [*before, said(api)] == ["Once", "One", "Two"]
    assert [api.world.rules.uses(rule) for rule in api.world.rules] == [1, 0, 2]


def test_a_bad_edit_keeps_the_old_rules_and_says_why(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- say: Old")
    api, watch = watched(file)

    file.write_text("- sya: New")
    watch.look()
    bad = said(api), api.world.rules.trouble
    file.write_text("- say: New!")
    watch.look()

    why = f"{file}:1: unknown key 'sya' in a rule; did you mean 'say'?"
    assert bad == ("Old", why)
    assert caplog.messages == [f"{why}; the rules stay as they were", "rules are read again: 1"]
    assert (said(api), api.world.rules.trouble) == ("New!", "")


def test_files_that_are_gone_are_a_bad_edit(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- say: Old")
    api, watch = watched(file)

    file.unlink()
    watch.look()

    assert (said(api), api.world.rules.trouble) == ("Old", f"{file}: there is no such file or directory")


def test_what_becomes_of_other_requests_changes_too(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules: []")
    api, watch = watched(file)
    said(api)

    file.write_text("unmatched: error")
    watch.look()

    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    assert api.post("/chat/completions", body).error["code"] == "no_rule_matched"


def test_a_server_notices_a_change_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- say: Old")
    command = [sys.executable, "-m", "fakeopenai", "serve", "--port", "0", "--rules", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stderr
            url = process.stdout.readline().split()[-1]
            client = OpenAI(base_url=url, api_key="sk-test", max_retries=0)
            before = answered(client)
            file.write_text("- sya: Bad")
            why = process.stderr.readline()
            file.write_text("unmatched: error\nrules: [{when: {contains: you}, say: New!}]")
            again = process.stderr.readline()

            assert (before, answered(client)) == ("Old", "New!")
            assert why.endswith("did you mean 'say'?; the rules stay as they were\n")
            assert again == "rules are read again: 1\n"
            with pytest.raises(APIStatusError, match="No rule matches"):
                client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
        finally:
            os.kill(process.pid, signal.SIGTERM)


def answered(client: OpenAI) -> str | None:
    started = time.monotonic()
    completion = client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Are you there?"}]
    )
    assert time.monotonic() - started < 60
    return completion.choices[0].message.content
