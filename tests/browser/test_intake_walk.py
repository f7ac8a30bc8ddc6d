"""From an application to a place: admitted, offered, lapsed; two people of the office at once."""

import re
import shutil
from contextlib import contextmanager
from datetime import timedelta

import pytest

from advisory import frames
from advisory.store import demo, open_store, users

from .conftest import NOW, sign_in

pytestmark = pytest.mark.browser

COHORT = "2025-08"
LENE, BO = "lene@styrelsen.example", "bo@styrelsen.example"


@pytest.fixture
def db(demo_path, tmp_path):
    """The invented data, with a second person in the office."""
    path = tmp_path / "walk.db"
    shutil.copyfile(demo_path, path)
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        users.add(store, BO, "Bo Holt", "BH", "office")
    return path


@contextmanager
def data(db, now=NOW):
    with open_store(db, clock=lambda: now) as store:
        yield store


def application(db, slug, now=NOW) -> dict:
    with data(db, now) as store:
        found = frames.applications(store, COHORT).set_index("slug")
        return found.loc[slug].to_dict()


def balance(db, now=NOW) -> tuple[int, int, int]:
    """How many places are taken, offered and free; the last row of the ledger says the same."""
    with data(db, now) as store:
        spread = frames.places(store)
        last = frames.ledger(store).iloc[-1]
    names = ("taken", "offered", "free")
    assert [spread[name] for name in names] == [last[f"{name}_after"] for name in names]
    return tuple(spread[name] for name in names)


def sit_down(open_window, server, login):
    """A window of somebody in the office."""
    window = open_window(at=server)
    window.expected = "ERR_CONNECTION_REFUSED"  # a server ends before the window does
    sign_in(window, login)
    return window


def panel(window, slug):
    page = window.open(f"/optag?hold={COHORT}&valgt={slug}")
    return page, page.locator("#afgoerelse")


def saved(page) -> None:
    page.locator("[data-region=toast]").get_by_role("button", name="Fortryd").wait_for()


def test_from_an_application_to_a_place_that_lapses(db, serve, open_window):
    with data(db) as store:
        taken = set(frames.enrolments(store)["municipality_id"])
        home = next(row for row in store.rows("municipality") if row["id"] not in taken)
        queue = frames.waiting(store, COHORT)
        offered = frames.applications(store, COHORT).query("stage == 'offered'").iloc[0]
    first, second = queue.iloc[0], queue.iloc[1]
    before = balance(db)
    assert before[2] == 1  # the last free place, and two who wait for it
    server = serve(NOW)
    lene, bo = (sit_down(open_window, server, login) for login in (LENE, BO))

    # Lene writes an application down; Bo sees it come
    bo.open(f"/optag?hold={COHORT}")
    page = lene.open(f"/optag?hold={COHORT}")
    page.get_by_role("button", name="Ny ansøgning").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Kommune", exact=True).fill(f" {home['name'].lower()} kommune ")
    dialog.get_by_label("Modtaget", exact=True).fill("12/3-25")
    dialog.get_by_label("Navn").fill("Ane Holm")
    dialog.get_by_label("Rolle").fill("Leder")
    dialog.get_by_label("Mail").fill("ikke en mail")
    dialog.get_by_label("Motivation").fill("Vi vil have peers i bostøtten.")
    dialog.get_by_role("button", name="Gem ansøgningen").click()
    dialog.locator("[aria-invalid=true]").wait_for()
    assert balance(db) == before
    assert dialog.get_by_label("Motivation").input_value() == "Vi vil have peers i bostøtten."
    dialog.get_by_label("Mail").fill("ane@kommune.example")
    dialog.get_by_role("button", name="Gem ansøgningen").click()
    saved(page)
    rows = bo.page.locator("table.applications")
    rows.get_by_role("link", name=re.compile(home["name"])).wait_for()
    new = application(db, home["slug"])
    assert (new["stage"], new["contact"], new["late"]) == ("new", "Ane Holm", False)

    # Bo puts it on the waiting list, last in line
    page, decision = panel(bo, home["slug"])
    decision.get_by_label("Sæt på venteliste").check()
    decision.get_by_role("button", name="Sæt på venteliste").click()
    saved(page)
    assert application(db, home["slug"])["queue"] == len(queue) + 1

    # both have the last place in sight: Bo offers it to the first, Lene tries the second
    _, mine = panel(lene, second["slug"])
    mine.get_by_label(re.compile("Tilbyd plads")).check()
    mine.get_by_label("Begrundelse").fill("De kan begynde straks")
    offer = mine.get_by_role("button", name="Tilbyd plads")
    offer.wait_for()
    page, decision = panel(bo, first["slug"])
    decision.get_by_label(re.compile("Tilbyd plads")).check()
    decision.get_by_text("Efter tilbuddet:").wait_for()
    decision.get_by_role("button", name="Tilbyd plads").click()
    offer.click()
    saved(page)
    told = mine.get_by_text(re.compile(f"gik til {first['municipality']}|alle er optaget"))
    told.first.wait_for()
    assert mine.get_by_label("Begrundelse").input_value() == "De kan begynde straks"
    assert application(db, second["slug"])["stage"] == "waitlisted"
    assert application(db, first["slug"])["stage"] == "offered"
    assert balance(db) == (before[0], before[1] + 1, 0)

    # a letter is ready to be sent by hand, with its fields filled in
    decision.get_by_role("button", name="Se udkast til brev").click()
    letter = page.locator("#letter-body")
    letter.wait_for()
    assert first["municipality"] in letter.inner_text()
    assert "{" not in letter.inner_text()
    page.keyboard.press("Escape")

    # another one has said yes
    page, decision = panel(bo, offered["slug"])
    decision.get_by_label("Tog imod tilbuddet").check()
    decision.get_by_role("button", name="Registrér ja").click()
    saved(page)
    assert application(db, offered["slug"])["stage"] == "admitted"
    assert balance(db) == (before[0] + 1, before[1], 0)
    answer_by = application(db, first["slug"])["answer_by"].date()
    server.kill()

    # the first never answers: the day after, the place is free for the second
    after = NOW + (answer_by - NOW.date()) + timedelta(days=1)
    server = serve(after)
    lene = sit_down(open_window, server, LENE)
    page, decision = panel(lene, first["slug"])
    decision.get_by_text("Tilbud udløbet").wait_for()
    assert decision.get_by_role("radio").count() == 0
    page.get_by_text(f"Tilbuddet til {first['municipality']} udløb").wait_for()
    with data(db, after) as store:
        cause = frames.ledger(store).query("slug == @first['slug']").iloc[-1]
    assert (cause["cause"], cause["actor"], cause["on"].date()) == ("lapsed", "", after.date())
    page, decision = panel(lene, second["slug"])
    decision.get_by_label(re.compile("Tilbyd plads")).check()
    decision.get_by_role("button", name="Tilbyd plads").click()
    saved(page)
    assert application(db, second["slug"], after)["stage"] == "offered"
    assert sum(balance(db, after)) == 20
