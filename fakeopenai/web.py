"""A small web to search: a few pages that every world has, those a test has put there, and for all else a made-up one.

Nothing is fetched. A test adds a page with `world.drawer("/web").put({"id": url, "title": …, "text": …})`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fakeopenai.search import chunk_of, rank, rewritten

if TYPE_CHECKING:
    from fakeopenai.world import World

DRAWER = "/web"
NEAR = 0.45
"""The score from which a page is about what was searched."""

_SLUG = re.compile(r"[^a-z0-9]+")


class Page(NamedTuple):
    """A page of the web."""

    url: str
    title: str
    text: str

    @property
    def summary(self) -> str:
        """Its first sentence."""
        return re.split(r"(?<=[.!?])\s", self.text, maxsplit=1)[0]

    @property
    def host(self) -> str:
        return self.url.split("/")[2].removeprefix("www.")


PAGES = (
    Page(
        "https://www.example.com/news/today",
        "Today's news: a bridge reopens, a library grows",
        "The old harbour bridge has reopened to walkers after two years of repairs. The city library lends out tools "
        "and seeds as well as books since this week. A school's football team has won the regional cup.",
    ),
    Page(
        "https://www.example.com/weather",
        "Weather around the world today",
        "Mild weather with light winds is expected in most cities today, about 18 degrees Celsius. "
        "Rain is forecast for the evening along the coasts.",
    ),
    Page(
        "https://www.example.org/science/mars",
        "Rovers on the planet Mars",
        "Perseverance landed on Mars in Jezero crater in February 2021. It carried the helicopter Ingenuity, the first "
        "aircraft that flew on another planet.",
    ),
    Page(
        "https://www.example.org/wiki/Eiffel_Tower",
        "The Eiffel Tower in Paris",
        "The Eiffel Tower was opened to the public in May 1889. It stands 330 metres tall in Paris.",
    ),
    Page(
        "https://www.example.org/wiki/Tokyo",
        "Population of Tokyo",
        "Tokyo has a population of about 14 million people. With its surroundings it is the largest urban area of the "
        "world.",
    ),
    Page(
        "https://www.example.net/python/releases",
        "Releases of the Python programming language",
        "A new version of Python is released every October. Each version gets bug fixes for two years and security "
        "fixes for three more.",
    ),
    Page(
        "https://www.example.net/sports/results",
        "Sports results of the week",
        "The home team won the final of the championship 3 to 1. The marathon was won in 2 hours and 7 minutes.",
    ),
    Page(
        "https://www.example.net/markets",
        "Stock markets and exchange rates",
        "Stock markets closed slightly higher on the last trading day. One euro buys 1.10 dollars.",
    ),
)


def find(world: World, query: str, limit: int = 3) -> list[Page]:
    """The pages that a search shows, best first; there is always one."""
    known = [*(Page(page["id"], page["title"], page["text"]) for page in world.drawer(DRAWER)), *PAGES]
    scores = rank(query, [chunk_of(f"{page.title} {page.text}") for page in known])
    best = sorted((place for place in scores if scores[place] >= NEAR), key=lambda place: (-scores[place], place))
    return [known[place] for place in best[:limit]] or [_made_up(query)]


def _made_up(query: str) -> Page:
    """A page about anything."""
    topic = rewritten(query)
    slug = _SLUG.sub("-", topic.lower()).strip("-") or "page"
    text = f"This page gathers what is known about {topic}. It was written for tests and is the same on every day."
    return Page(f"https://www.example.com/{slug}", f"{topic[:1].upper()}{topic[1:]}: an overview", text)
