"""The places on Overblik: the same numbers as the ledger, from the same frames."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisory import frames
from advisory.store import Store
from advisory.texts import translator
from advisory.ui.dialog import Dialog
from advisory.ui.explain import Explain
from advisory.ui.places_card import PlacesCard
from advisory.ui.view import View

from .places_story import FIRST, Story, alerts, opened, plain, rows, told


@pytest.fixture(scope="module")
def written(tmp_path_factory, data_dir) -> tuple[Path, dict[str, int]]:
    path = tmp_path_factory.mktemp("story") / "story.db"
    return path, told(path, data_dir)


@pytest.fixture
def story(written, tmp_path, clock) -> Iterator[Story]:
    yield from opened(*written, tmp_path, clock)


def card(store: Store) -> str:
    view = View(store, translator("da"), {})
    return str(PlacesCard(view, Explain(view, Dialog(view))).live.render())


def test_the_table_adds_up_to_the_sum_above_it(story):
    shown = card(story.store)

    assert plain(re.search(r'<span class="meta">(.*?)</span>', shown)[1]) == (
        "16 optaget · 2 tilbudt · 2 ledige"
    )
    assert rows(shown, "cap") == [
        ["februar 2024", "7", "7", "0", "0", "ikke oplyst"],
        ["januar 2025", "6", "6", "0", "0", "1. okt. 2024"],
        ["august 2025", "7", "3", "2", "2", "ikke oplyst"],
        ["I alt", "20", "16", "2", "2", ""],
    ]
    assert alerts(shown) == []


def test_the_squares_are_as_many_as_the_places_and_named_like_them(story):
    shown = card(story.store)

    captions = re.findall(r'<g role="group" aria-label="([^"]*)"', shown)
    assert [plain(one) for one in captions] == [
        "Februar 2024: 7 af 7 i forløb",
        "Januar 2025: 6 af 6 i forløb",
        "August 2025: 3 optaget · 2 tilbudt · 2 ledige",
    ]
    assert len(re.findall(r'class="square"', shown)) == frames.places(story.store)["capacity"]


def test_more_promised_than_there_is_is_said(story):
    with story.store.write("places.edit"):
        story.store.update("cohort", story.cohort(FIRST), {"places": 9})

    assert alerts(card(story.store)) == [
        "Regnskabet går ikke op. Flere pladser er i brug, end der er."
    ]


def test_leadership_sees_the_squares_without_links(story, as_role):
    assert len(re.findall(r'<a class="square"', card(story.store))) == 18
    assert re.findall(r'<a class="square"', card(as_role("leadership", story.store))) == []


def test_no_cohort_at_all(store):
    assert "Der er ingen hold endnu." in plain(card(store))
