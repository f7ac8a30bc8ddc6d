"""The card of the calendar: the address once, how to use it, closing it, and who has none."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from types import SimpleNamespace

import pytest

from advisory.domain.errors import Forbidden
from advisory.store import Actor, Store, feeds, open_store, users
from advisory.texts import translator
from advisory.ui.feed_card import FeedCard, has_feed
from advisory.ui.view import View

SITE = "https://peers.example"
ROLES = ["consultant", "office", "leadership", "partner"]


def words(html: str) -> list[str]:
    """What the card says, line by line, without no-break spaces."""
    lines = unescape(re.sub(r"<[^>]*>", "\n", str(html))).replace("\u00a0", " ").split("\n")
    return [line.strip() for line in lines if line.strip()]


def does(html: str) -> list[str]:
    return re.findall(r'data-do="(\w+)"', str(html))


def address(html: str) -> str:
    found = re.search(r'<input[^>]* value="([^"]*)"', str(html))
    return found[1] if found else ""


def token_of(html: str) -> str:
    return address(html).removeprefix(f"{SITE}/kalender/").removesuffix(".ics")


@pytest.fixture
def show(facts: Store, clock) -> Callable[..., SimpleNamespace]:
    """`show("jonas", role)` is the card as that user has it, in the test's own database."""
    opened: list[Store] = []

    def made(name: str = "jonas", role: str = "consultant", language: str = "da", day=None):
        login = f"{name}@styrelsen.example"
        if facts.find("app_user", login=login) is None:
            own = 2 if role == "partner" else None
            users.add(facts, login, name.title(), "XX", role, organisation_id=own)
        opened.append(open_store(facts.path, Actor(login, name.title(), role), clock=clock))
        store = opened[-1].at(day) if day else opened[-1]
        view = View(store, translator(language), {})
        live = FeedCard(view, SITE).live
        return SimpleNamespace(
            view=view, live=live, html=live.render, press=lambda do: live.actions[do]()
        )

    yield made
    for one in opened:
        one.close()


def test_without_an_address_it_says_what_there_is_to_have(show):
    card = show()

    assert words(card.html()) == [
        "Kalender: abonnér på dine aktiviteter",
        "Se dine aktiviteter, informationsmøderne og ansøgningsfristerne i dit eget"
        " kalenderprogram. Programmet henter selv ændringer. I Outlook kan der gå nogle timer.",
        "Du har ingen adresse endnu.",
        "Lav adresse",
        "Alle, der har adressen, kan læse kalenderen. Giv den ikke videre.",
    ]
    assert does(card.html()) == ["feed_make"]


def test_the_address_is_shown_once_with_how_to_use_it(show, facts):
    card = show()
    card.press("feed_make")
    html = card.html()

    assert words(html)[2:] == [
        "Kalenderens adresse",
        "Adressen vises kun nu. Kopiér den, før du forlader siden.",
        "Outlook",
        "Gå til kalenderen. Vælg Tilføj kalender og derefter Abonner fra internettet.",
        "Sæt adressen ind, skriv et navn, og vælg Importér.",
        "Thunderbird",
        "Gå til kalenderen. Vælg Ny kalender og derefter På netværket.",
        "Sæt adressen ind, lad brugernavnet stå tomt, og vælg Find kalendere.",
        "Din adresse er fra 13. mar. 2025 kl. 10.00. Når du laver en ny, lukker den gamle.",
        "Lav ny adresse",
        "Luk adressen",
        "Alle, der har adressen, kan læse kalenderen. Giv den ikke videre.",
    ]
    assert does(html) == ["feed_make", "feed_close"]
    assert re.fullmatch(rf"{SITE}/kalender/[\w-]{{43}}\.ics", address(html))
    assert feeds.user_by_token(facts, token_of(html))["login"] == "jonas@styrelsen.example"
    assert "readonly" in html
    assert card.live.told == {"focus": "#feed-address"}
    assert card.html() == html, "it stays while the page is open"

    again = show()
    assert address(again.html()) == ""
    assert words(again.html())[2] == (
        "Din adresse er fra 13. mar. 2025 kl. 10.00. Når du laver en ny, lukker den gamle."
    )
    assert token_of(html) not in again.html()


def test_a_new_address_takes_the_place_of_the_old_one(show, facts, clock):
    card = show()
    card.press("feed_make")
    first = token_of(card.html())
    clock.tick(hours=1)
    card.press("feed_make")

    assert token_of(card.html()) != first
    assert "Din adresse er fra 13. mar. 2025 kl. 11.00." in " ".join(words(card.html()))
    assert [row["revoked_at"] is None for row in facts.rows("calendar_feed")] == [False, True]


def test_to_close_it_says_what_is_left_to_do(show, facts):
    card = show()
    card.press("feed_make")
    token = token_of(card.html())
    card.press("feed_close")

    assert words(card.html())[2:4] == [
        "Adressen er lukket. Fjern også kalenderen i dit kalenderprogram, for det viser stadig det,"
        " der allerede er hentet.",
        "Lav adresse",
    ]
    assert token not in card.html()
    assert card.live.told == {"focus": "#feed-make"}
    assert feeds.current(facts, 1) is None
    assert words(show().html())[2] == "Du har ingen adresse endnu."


def test_an_address_that_was_replaced_on_another_page_is_not_shown_any_more(show):
    here, elsewhere = show(), show()
    here.press("feed_make")
    assert address(here.html())

    elsewhere.press("feed_make")

    assert address(here.html()) == ""
    assert address(elsewhere.html())


def test_one_closed_on_another_page_is_not_shown_any_more_and_can_be_closed_again(show):
    here, elsewhere = show(), show()
    here.press("feed_make")
    elsewhere.press("feed_close")

    assert (address(here.html()), does(here.html())) == ("", ["feed_make"])
    here.press("feed_close")
    assert does(here.html()) == ["feed_make"]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_that_may_has_its_own_sentence_and_its_own_address(show, facts, role):
    card = show("ane", role)
    card.press("feed_make")

    begins = {
        "consultant": "Se dine aktiviteter, informationsmøderne",
        "office": "Se alle aktiviteter",
        "leadership": "Se alle aktiviteter",
        "partner": "Se jeres aktiviteter",
    }
    assert has_feed(card.view)
    assert words(card.html())[1].startswith(begins[role])
    assert feeds.user_by_token(facts, token_of(card.html()))["role"] == role


def test_one_who_is_no_user_has_no_card(show, facts, as_role):
    view = View(facts, translator("da"), {})  # the system
    assert not has_feed(view)
    assert not has_feed(View(as_role("public"), translator("da"), {}))
    assert has_feed(show().view), "control"


def test_another_persons_address_is_not_mine_to_see_or_close(show, facts):
    show("jonas").press("feed_make")
    lene = show("lene", "office")

    assert words(lene.html())[2] == "Du har ingen adresse endnu."
    lene.press("feed_close")
    assert feeds.current(facts, 1) is not None


def test_on_another_date_nothing_can_be_changed(show):
    show().press("feed_make")
    card = show(day=date(2025, 9, 1))

    assert does(card.html()) == []
    with pytest.raises(Exception, match="read_only_date"):
        card.press("feed_make")


def test_a_user_who_has_been_closed_makes_none(show, facts):
    card = show()
    with facts.write("user.edit"):
        facts.update("app_user", 1, {"active": 0})

    with pytest.raises(Forbidden):
        card.press("feed_make")
    assert address(card.html()) == ""


def test_it_says_the_same_in_english(show):
    card = show(language="en")
    card.press("feed_make")

    assert words(card.html())[0] == "Calendar: subscribe to your activities"
    assert words(card.html())[-4] == (
        "Your address is from 13 Mar 2025, 10:00. When you make a new one, the old one closes."
    )
