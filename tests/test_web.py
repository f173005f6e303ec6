"""The small web that searches find."""

from fakeopenai.web import find
from fakeopenai.world import World


def test_a_search_finds_the_page_that_it_is_about() -> None:
    assert find(World("a"), "rovers on Mars")[0].host == "example.org"


def test_a_search_always_finds_a_page() -> None:
    [page] = find(World("a"), "quokka husbandry")

    assert (page.url, page.title) == ("https://www.example.com/quokka-husbandry", "Quokka husbandry: an overview")


def test_a_test_adds_its_own_pages() -> None:
    world = World("a")
    world.drawer("/web").put({"id": "https://a.test/q", "title": "Quokkas", "text": "Quokkas smile. They hop."})

    assert find(world, "quokkas")[0].summary == "Quokkas smile."
