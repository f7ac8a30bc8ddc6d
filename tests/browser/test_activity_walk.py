"""A workshop for three municipalities: a date found, moved, held, counted, and seen everywhere."""

import io
import re
import shutil
import urllib.request
from contextlib import contextmanager
from datetime import timedelta

import nbformat
import pandas as pd
import pytest
from icalendar import Calendar
from nbclient import NotebookClient

from advisory import frames
from advisory.store import feeds, open_store, users

from ..conftest import ROOT
from .conftest import NOW, USER

pytestmark = pytest.mark.browser

COHORT = "2025-01"
COUNTS = {"peers": (2, 3, 0), "citizens": (5, 6, 7)}  # of the three municipalities, in their order


@pytest.fixture
def db(demo_path, tmp_path):
    path = tmp_path / "walk.db"
    shutil.copyfile(demo_path, path)
    return path


@contextmanager
def data(db, now=NOW, login=USER):
    with open_store(db, clock=lambda: now) as store:
        store.actor = users.actor_for(store, login)
        yield store


def three(db) -> list:
    """Three running cases of a consultant or more, in Danish order."""
    with data(db) as store:
        found = frames.enrolments(store).query("cohort == @COHORT and status == 'active'")
        return list(found.head(3).itertuples(index=False))


def state(db, activity_id, now) -> dict:
    with data(db, now) as store:
        found = frames.activities(store).set_index("activity_id").loc[activity_id]
        return found.to_dict()


def test_a_workshop_from_the_date_finder_to_the_notebook(
    db, serve, open_window, tmp_path, subprocess_env, monkeypatch
):
    cases = three(db)
    with data(db) as store:
        partner = store.find("organisation", name="Københavns Professionshøjskole")["id"]
        token = feeds.make(store, store.find("app_user", login=USER)["id"])
        before = frames.gaps(store)
    server = serve(NOW)
    window = open_window(at=server)
    window.expected = "ERR_CONNECTION_REFUSED"  # the server ends before the window does
    page = window.open("/aktiviteter")

    # finds a date on which all three can come, and the reasons for it
    page.get_by_role("button", name="Find en dato").click()
    dialog = page.get_by_role("dialog")
    for case in cases:
        dialog.get_by_role("checkbox", name=case.municipality).check()
        dialog.get_by_label(f"Milepæl i {case.municipality}").wait_for()
    dialog.get_by_label("Udbyder").select_option(str(partner))
    dialog.get_by_label("Konsulent").select_option(label="Jonas Bruun")
    dialog.get_by_role("button", name="Find datoer").click()
    first = dialog.locator("ol.days > li").first
    first.wait_for()
    assert first.locator("li").count() >= 1
    first.get_by_role("button").click()

    # plans the workshop, with peers and citizens
    dialog.get_by_label("Titel").fill("Udviklingsworkshop for tre kommuner")
    for name in ("Ledelse", "Medarbejdere", "Peers", "Borgere"):
        dialog.get_by_role("checkbox", name=name, exact=True).set_checked(
            name in ("Peers", "Borgere")
        )
    dialog.get_by_role("button", name="Opret aktivitet").click()
    anyway = dialog.get_by_role("button", name="Gem alligevel")
    saved = page.locator("[data-region=toast]").get_by_role("button", name="Fortryd")
    anyway.or_(saved).first.wait_for()
    if anyway.count():
        anyway.click()
    saved.wait_for()
    with data(db) as store:
        made = store.find("activity", title="Udviklingsworkshop for tre kommuner")
        served = frames.served(store, made["id"])
    assert set(served["enrolment_id"]) == {case.enrolment_id for case in cases}
    number, planned = made["id"], state(db, made["id"], NOW)

    # sees what a move does before it is done, and moves it a week
    window.open(f"/flyt?aktivitet={number}&dage=7")
    page.get_by_role("heading", name=re.compile("7 dage frem")).wait_for()
    assert state(db, number, NOW)["day"] == planned["day"]
    page.locator("button[data-do=move]").click()
    page.wait_for_selector("[data-region=toast] >> text=Fortryd")
    moved = state(db, number, NOW)
    assert moved["day"] - planned["day"] == timedelta(days=7)
    server.kill()

    # afterwards: held, with the milestones it fulfils
    after = moved["ends_at"].to_pydatetime() + timedelta(hours=1)
    server = serve(after)
    page = open_window(at=server).open(f"/aktivitet?id={number}")
    page.get_by_role("button", name="Markér som afholdt").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Hvad aftalte I?").fill("Peers er med i næste styregruppe")
    dialog.locator("button[type=submit]").click()
    page.get_by_role("button", name="Blev ikke afholdt alligevel").wait_for()

    # counted with the keyboard alone: from cell to cell, and saved
    page.locator("[data-grid] input").first.focus()
    for case_number, case in enumerate(cases):
        for audience in ("peers", "citizens"):
            focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
            assert focused.startswith(case.municipality), focused
            page.keyboard.type(str(COUNTS[audience][case_number]))
            page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the last Tab leads to Gem
    page.get_by_text("6 felter er gemt").wait_for()

    # the balance, the health, the milestones
    with data(db, after) as store:
        found = (
            frames.balance(store)
            .query("activity_id == @number")
            .set_index(["enrolment_id", "audience"])
        )
        counted = {
            key: tuple(found.loc[(case.enrolment_id, key), "attended"] for case in cases)
            for key in COUNTS
        }
        gaps = frames.gaps(store)
        last = cases[2].enrolment_id
        nobody = frames.balance(store).query("enrolment_id == @last and attended == 0")
        health = frames.enrolments(store).set_index("enrolment_id")
        plan = frames.milestones(store).set_index("milestone_id")
    assert counted == COUNTS
    of_last = gaps[(gaps["enrolment_id"] == last) & (gaps["audience"] == "peers")]
    assert of_last["kind"].tolist() == ["none"]
    assert not ((before["enrolment_id"] == last) & (before["audience"] == "peers")).any()
    assert "health_audience_none" in {reason.key for reason in health.loc[last, "reasons"]}
    assert served["milestone_id"].notna().all()
    done = {plan.loc[step, "done_on"] for step in served["milestone_id"]}
    assert done == {moved["day"]}
    page = open_window(at=server).open(f"/aktiviteter?hold={COHORT}")
    row = page.locator("[data-region=balance] tr", has_text=cases[2].municipality).first
    assert "peers" in set(nobody["audience"])
    assert row.locator("i.mk.none").count() == len(nobody)

    # the calendar of the consultant
    with urllib.request.urlopen(f"{server.url}/kalender/{token}.ics") as answer:
        events = Calendar.from_ical(answer.read()).walk("VEVENT")
    own = [event for event in events if str(event["UID"]) == made["uid"]]
    assert [event["DTSTART"].dt.astimezone(NOW.tzinfo) for event in own] == [
        moved["starts_at"].to_pydatetime()
    ]

    # the partner's sheet
    page = open_window(at=server).open(f"/leverancer?udbyder={partner}")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Lav ark|Hent ark")).first.click()
    content = io.BytesIO(download.value.path().read_bytes())
    sheets = pd.read_excel(content, sheet_name=None, header=None, engine="calamine")
    assert "Udviklingsworkshop for tre kommuner" in " ".join(
        str(cell) for sheet in sheets.values() for cell in sheet.to_numpy().ravel()
    )

    # the notebook
    monkeypatch.setenv("ADVISORY_DB", str(db))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", subprocess_env["PYTHONPATH"])
    notebook = nbformat.read(ROOT / "notebooks" / "04_aktiviteter.ipynb", as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_name="python3", timeout=100, resources=where).execute()
    said = " ".join(str(cell.get("outputs", "")) for cell in notebook.cells)
    assert cases[2].municipality in said
