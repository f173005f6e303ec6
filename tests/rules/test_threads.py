"""Rules change in one thread while requests are answered in others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fakeopenai.rules import Rule, on
from tests.front import Api

HI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def together(*jobs: Callable[[int], object], rounds: int = 60) -> None:
    """Do each job often, all at the same time; an error in any is raised."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(_often, job, rounds) for job in jobs]:
            done.result()


def _often(job: Callable[[int], object], rounds: int) -> None:
    for number in range(rounds):
        job(number)


def test_rules_are_added_replaced_and_taken_away_while_requests_are_answered(api: Api) -> None:
    said: list[str] = []

    def ask(_: int) -> None:
        said.append(api.post("/chat/completions", HI).json["choices"][0]["message"]["content"])

    def write(number: int) -> None:
        api.world.rules.on("chat", contains="hi").say("Scripted").times(number % 3 + 1)

    def exchange(_: int) -> None:
        api.world.rules.exchange([on("chat").say("Scripted").rule])

    together(ask, ask, write, exchange, lambda _: api.world.rules.clear())

    assert len(said) == 120
    assert {text for text in said if text.startswith("Script")} <= {"Scripted"}


def test_no_rule_gets_lost_when_several_threads_write(api: Api) -> None:
    def add(number: int) -> None:
        api.world.rules.add(Rule.read({"name": str(number)}))

    together(add, add, add, add)

    assert len(api.world.rules) == 240


def test_a_rule_that_speaks_once_speaks_once_whoever_asks(api: Api) -> None:
    api.world.rules.on("chat").error("overloaded").times(50)
    statuses: list[int] = []

    together(*[lambda _: statuses.append(api.post("/chat/completions", HI).status)] * 4, rounds=25)

    assert sorted(statuses) == [200] * 50 + [503] * 50
