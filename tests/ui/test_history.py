"""Historik: what changed in words, who has read what, and undo shown before it is done."""

import re
import sys
from datetime import date
from types import SimpleNamespace

import pytest

from advisory import frames
from advisory.domain.errors import Forbidden, NotFound
from advisory.settings import shipped
from advisory.store import demo, journal, open_store, plan, reads, users
from advisory.store.connection import tables
from advisory.texts import translator
from advisory.ui.history_words import POINTING, HistoryWords
from advisory.ui.view import View
from advisory.web import server

DAY = date(2025, 3, 13)
OPERATION = re.compile(r'data-do="open" data-operation="([^"]+)"')


@pytest.fixture(scope="module")
def pages() -> dict[str, object]:
    apps = shipped("apps")
    return {name: server.load(apps / f"{name}.py").page for name in ("history", "case")}


@pytest.fixture
def history(pages, demo_store):
    """`history(store, lang, **query)` opens the page; the invented data unless another store."""

    def opened(store=None, lang="da", **query) -> SimpleNamespace:
        made = pages["history"](store or demo_store, translator(lang), query)
        return SimpleNamespace(**made.parts, parts=made.parts, values=made.values)

    return opened


def said(live) -> str:
    """The words of a part: no tags, plain spaces."""
    html = str(live.render()).replace("\u00a0", " ")
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def read_log(store) -> list[tuple]:
    wanted = "SELECT actor, page, enrolment_id, notes FROM read_log ORDER BY id"
    return store.db.execute(wanted).fetchall()


def write_note(store, text="Ringede om startmødet", case=1) -> str:
    journal.add_note(store, case, text, kind="phone", noted_on=DAY)
    return store.last_operation


# --- in words ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["da", "en"])
def test_everything_that_ever_changed_can_be_told_in_words(demo_store, lang):
    words = HistoryWords(View(demo_store, translator(lang), {}))
    told = frames.changes(demo_store, limit=100_000)
    assert set(told["table"]) > {"message", "headcount", "delivery_cell", "place_change"}

    for row in told.itertuples(index=False):
        headline, fields = words.headline(row), words.fields(row)
        assert headline.strip(" :")
        assert all(label and value for label, *values in fields for value in values)
        named = {
            words.label(row.table, name) for name in {**(row.before or {}), **(row.after or {})}
        }
        assert {label for label, *_ in fields} == named


@pytest.mark.parametrize("lang", ["da", "en"])
def test_every_field_that_may_be_shown_has_a_name(demo_store, lang):
    words = HistoryWords(View(demo_store, translator(lang), {}))
    unshown = sys.modules["advisory.frames.changes"].UNSHOWN

    for table in tables(demo_store.db):
        for column in demo_store.db[table].columns:
            assert column.name in unshown or words.label(table, column.name)
    with pytest.raises(KeyError):  # the control
        words.label("note", "colour")


def test_what_a_field_points_to_is_a_table_with_that_field(demo_store):
    for table, column in POINTING.values():
        assert column in {one.name for one in demo_store.db[table].columns}


def test_a_milestone_that_is_done_is_told_with_municipality_name_and_day(demo_store, history):
    step = demo_store.rows("milestone", "enrolment_id = 1 AND done_on IS NULL")[0]
    plan.mark_done(demo_store, step["id"], DAY)
    home = demo_store.get("enrolment", 1)["municipality_id"]
    town = demo_store.get("municipality", home)["name"]

    page = history()

    line = f"{town}: milepæl ”{step['name']}” sat til gennemført 13. mar. 2025"
    assert f"10.00 {line} Jonas Bruun · Konsulent · Milepæl gennemført" in said(page.history)
    assert f"{town}: milestone “{step['name_en']}” marked as done 13 Mar 2025" in said(
        history(lang="en").history
    )


def test_a_line_is_opened_to_see_before_and_after(demo_store, history):
    step = demo_store.rows("milestone", "enrolment_id = 1 AND done_on IS NULL")[0]
    plan.mark_done(demo_store, step["id"], DAY)
    page = history()
    assert "Gennemført tom 13. mar. 2025" not in said(page.history)

    page.history.actions["open"](operation=demo_store.last_operation)
    assert "Felt Før Efter Gennemført tom 13. mar. 2025" in said(page.history)

    page.history.actions["open"](operation=demo_store.last_operation)
    assert "Gennemført tom 13. mar. 2025" not in said(page.history)


def test_what_people_wrote_is_never_markup(demo_store, history):
    write_note(demo_store, "<img src=x onerror=alert(1)>")
    page = history()
    page.history.actions["open"](operation=demo_store.last_operation)

    assert "&lt;img src=x" in page.history.render()
    assert "<img" not in page.history.render()


def test_a_line_leads_to_the_page_of_its_record(demo_store, history):
    write_note(demo_store)
    case = frames.history_cases(demo_store).set_index("enrolment_id").loc[1]

    html = history().history.render()

    assert f'href="/kommune?k={case["slug"]}&amp;hold={case["cohort"]}"' in html
    assert 'href="/infomoeder?moede=' in history(hvad="signup").history.render()
    assert 'href="/aktivitet?id=' in history(hvad="activity").history.render()
    assert 'href="/optag"' in history(hvad="place_change").history.render()


# --- filters and pages ------------------------------------------------------------------------


def test_filters_and_page_stand_in_the_address_and_come_back_from_it(history):
    page = history()
    page.history.actions["filter"](
        hvem="Sofie Dahl", hvad="milestone", kommune="", handling="", fra="1/3-24", til=""
    )
    address = page.history.address()
    assert address == "/historik?hvem=Sofie+Dahl&hvad=milestone&fra=2024-03-01"
    query = {"hvem": "Sofie Dahl", "hvad": "milestone", "fra": "2024-03-01"}
    assert history(**query).history.render() == page.history.render()

    page.history.actions["clear"]()
    assert page.history.address() == "/historik"


def test_staff_are_all_but_the_system_and_the_public(demo_store, history):
    lines = said(history(hvem="medarbejdere").history)

    assert "Systemet ·" not in lines
    assert "Offentlig tilmelding ·" not in lines
    assert "Systemet ·" in said(history().history)  # the control


def test_a_day_that_cannot_be_read_is_said_beside_the_field_and_filters_nothing(history):
    page = history(fra="31/2", hvad="milestone")

    assert "Datoen ”31/2” findes ikke i kalenderen." in said(page.history)
    assert 'value="31/2"' in page.history.render()
    assert OPERATION.findall(page.history.render()) == OPERATION.findall(
        history(hvad="milestone").history.render()
    )


@pytest.mark.parametrize(
    "query",
    [{"hvad": "<b>"}, {"kommune": "ingensted"}, {"handling": "x.y"}, {"hvem": "Ingen"}],
)
def test_what_nothing_fits_says_so_and_how_to_see_all(history, query):
    page = history(**query)

    assert "Ingen ændringer passer til filtrene. Ryd filtrene" in said(page.history)
    page.history.actions["clear"]()
    assert OPERATION.findall(page.history.render())


@pytest.mark.parametrize("foer", ["x", "-1", "²", "99999999999999999999999"])
def test_a_page_that_is_none_is_the_newest(history, foer):
    assert OPERATION.findall(history(foer=foer).history.render()) == OPERATION.findall(
        history().history.render()
    )


def test_one_turns_the_pages_there_and_back(demo_store, history):
    page = history()
    first = OPERATION.findall(page.history.render())
    assert len(first) == 50
    older = re.search(r'data-foer="(\d+)">Ældre', page.history.render())[1]

    page.history.actions["go"](foer=older)
    second = page.history.render()
    assert page.history.address() == f"/historik?foer={older}"
    assert not set(first) & set(OPERATION.findall(second))

    page.history.actions["go"](foer=re.search(r'data-foer="(\d+)">Ældre', second)[1])
    newer = re.search(r'data-do="go" data-foer="(\d+)"', page.history.render())[1]
    page.history.actions["go"](foer=newer)
    assert OPERATION.findall(page.history.render()) == OPERATION.findall(second)
    page.history.actions["go"]()
    assert OPERATION.findall(page.history.render()) == first


def test_the_end_of_the_chain_is_shown_and_how_to_check_it(demo_store, history):
    head = frames.history_head(demo_store)

    line = said(history().history)

    assert f"Den seneste er nr. {head['history_id']}" in line
    assert "Kæden kontrolleres ikke her." in line
    assert "advisory history verify" in line
    if head["link"]:
        assert head["link"][:12] in line
        assert head["link"][:13] not in line


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("uge 10", "3. marts 2025", "9. marts 2025"),
        ("februar", "1. februar 2025", "28. februar 2025"),
        ("10/3", "10. marts 2025", "10. marts 2025"),
    ],
)
def test_a_week_begins_on_its_monday_and_ends_on_its_sunday(history, typed, first, last):
    html = str(history(fra=typed, til=typed).history.render()).replace("\u00a0", " ")

    assert re.findall(r'name="(?:fra|til)" type="text" value="([^"]*)"', html) == [first, last]


def test_a_week_holds_what_was_done_on_its_sunday(demo_store, history, clock):
    clock.on(date(2025, 3, 9))
    journal.add_task(demo_store, 1, "Skrevet en søndag")
    clock.on(DAY)

    assert "Skrevet en søndag" in said(history(fra="uge 10", til="uge 10").history)
    assert "Skrevet en søndag" not in said(history(til="lørdag 8/3", fra="uge 10").history)


def test_an_end_before_the_beginning_is_said_at_the_field_and_does_not_filter(history):
    page = history(fra="2025-03-10", til="2025-03-03", hvad="milestone")

    assert "Til 3. marts 2025" not in said(page.history)
    assert 'value="3.\u00a0marts\u00a02025"' in page.history.render()
    assert "Til ligger før Fra, 10. marts 2025. Vælg en senere dag." in said(page.history)
    assert OPERATION.findall(page.history.render()) == OPERATION.findall(
        history(fra="2025-03-10", hvad="milestone").history.render()
    )
    assert "Til ligger før Fra" not in said(history(fra="3/3", til="3/3").history)  # the control


def test_one_day_that_cannot_be_read_leaves_the_other(history):
    both = history(fra="31/2", til="2024-06-01").history.render()

    assert OPERATION.findall(both) == OPERATION.findall(history(til="2024-06-01").history.render())


@pytest.mark.parametrize("tab", ["", "laesninger"])
def test_a_municipality_without_a_case_is_named(demo_store, history, as_role, tab):
    taken = {row["municipality_id"] for row in demo_store.rows("enrolment")}
    other = next(row for row in demo_store.rows("municipality") if row["id"] not in taken)
    live = history(as_role("office"), kommune=other["slug"], fane=tab)
    live = live.readings if tab else live.history

    assert f"{other['name']} har ikke noget forløb pr. 13. marts 2025." in said(live)
    assert f'<option value="{other["slug"]}" selected>{other["name"]}</option>' in live.render()


@pytest.mark.parametrize(
    ("lang", "line", "option"),
    [
        ("da", "Offentlig tilmelding · Tilmeldt", "Offentlig tilmelding"),
        ("en", "Public sign-up · Signed up", "Public sign-up"),
    ],
)
def test_the_public_and_what_it_did_have_different_names(history, lang, line, option):
    page = history(lang=lang, handling="signup.create")

    assert line in said(page.history)
    assert f'<option value="Tilmelding">{option}</option>' in page.history.render()


# --- readings ---------------------------------------------------------------------------------


def test_who_opens_the_text_of_a_note_has_read_it_once(demo_store, history):
    operation = write_note(demo_store)
    before, version = read_log(demo_store), demo_store.version()
    page = history()
    page.history.render()
    assert read_log(demo_store) == before

    for _ in range(3):
        page.history.actions["open"](operation=operation)
        page.history.render()

    assert read_log(demo_store) == [*before, ("Jonas Bruun", "historik", 1, 1)]
    assert demo_store.version() == version


def test_a_note_that_is_on_another_page_is_not_opened_ahead_of_it(demo_store, history):
    """An event can name any operation; what it opens must be what is seen, and so is noted."""
    operation = write_note(demo_store, "Langt nede")
    for number in range(60):
        journal.add_task(demo_store, 1, f"Ring {number}")
    page = history()
    page.history.actions["open"](operation=operation)
    page.history.actions["go"](foer=str(demo_store.version() - 55))

    assert "Langt nede" not in said(page.history)
    assert read_log(demo_store) == []
    page.history.actions["open"](operation=operation)
    assert "Langt nede" in said(page.history), "the control: there it is opened, and noted"
    assert [row[:3] for row in read_log(demo_store)] == [("Jonas Bruun", "historik", 1)]


def test_the_note_of_another_case_is_not_edited_and_not_read_here(demo_store, pages):
    cases = frames.history_cases(demo_store).set_index("enrolment_id")
    write_note(demo_store, "Fra et andet forløb", case=2)
    other = demo_store.rows("note", "enrolment_id = 2", order="id DESC")[0]["id"]
    own = demo_store.rows("note", "enrolment_id = 1")[0]["id"]
    query = {"k": cases.loc[1]["slug"], "hold": cases.loc[1]["cohort"]}
    made = pages["case"](demo_store, translator("da"), query)

    with pytest.raises(NotFound, match="not_found"):
        made.parts["journal"].actions["edit"](id=str(other))
    assert "Fra et andet forløb" not in said(made.parts["dialog"])
    made.parts["journal"].actions["edit"](id=str(own))
    assert "textarea" in str(made.parts["dialog"].render()), "the control: its own is"


def test_what_is_no_note_leaves_no_reading(demo_store, history):
    journal.add_task(demo_store, 1, "Ring")
    page = history()
    page.history.actions["open"](operation=demo_store.last_operation)

    assert read_log(demo_store) == []


def test_opening_a_case_is_a_reading_and_seeing_it_anew_is_none(demo_store, pages):
    case = frames.history_cases(demo_store).set_index("enrolment_id").loc[1]
    notes = len(demo_store.rows("note", "enrolment_id = 1"))
    query = {"k": case["slug"], "hold": case["cohort"]}

    made = pages["case"](demo_store, translator("da"), query)
    for _ in range(2):
        made.parts["journal"].render()

    assert read_log(demo_store) == [("Jonas Bruun", "kommune", 1, notes)]


def test_the_office_sees_who_has_read_which_case(demo_store, history, as_role):
    page = history()
    page.history.actions["open"](operation=write_note(demo_store))
    own = history(as_role("office"), fane="laesninger")
    assert "history" not in own.parts

    home = demo_store.get("enrolment", 1)["municipality_id"]
    town = demo_store.get("municipality", home)["name"]
    row = f"13. mar. 2025 kl. 10.00 Jonas Bruun Konsulent {town}"
    assert row in said(own.readings)
    assert said(own.readings).endswith("Historik 1")
    own.readings.actions["filter"](hvem="Sofie Dahl")
    assert own.readings.address() == "/historik?fane=laesninger&hvem=Sofie+Dahl"
    assert "Ingen har åbnet et forløb med notater" in said(own.readings)
    own.readings.actions["clear"]()
    assert row in said(own.readings)


def test_a_reading_by_an_export_is_called_so(demo_store, history, as_role):
    reads.note_reading(demo_store, 1, "export", notes=3)

    assert said(history(as_role("office"), fane="laesninger").readings).endswith(
        "Udtræk til en fil 3"
    )


def test_a_consultant_has_no_view_of_the_readings(history):
    page = history(fane="laesninger")

    assert "readings" not in page.parts
    assert page.values["tabs"] == ()


# --- undo -------------------------------------------------------------------------------------


def test_undo_shows_what_would_be_put_back_and_then_does_it(demo_store, history):
    step = demo_store.rows("milestone", "enrolment_id = 1 AND done_on IS NULL")[0]
    plan.mark_done(demo_store, step["id"], DAY)
    operation, version = demo_store.last_operation, demo_store.version()
    page = history()

    page.history.actions["revert"](operation=operation)

    name = step["name"]
    assert f"milepæl sættes tilbage: {name} Felt Nu Bliver til" in said(page.dialog)
    assert "1 post bliver sat tilbage." in said(page.dialog)
    assert "Felt Nu Bliver til Gennemført 13. mar. 2025 tom" in said(page.dialog)
    assert demo_store.version() == version

    page.dialog.actions["undo_confirm"]()

    assert page.dialog.render() == ""
    assert "Ændringen er taget tilbage" in said(page.toast)
    assert demo_store.get("milestone", step["id"])["done_on"] is None
    assert "Fortrydelse" in said(page.history)


def test_what_came_is_said_to_go(demo_store, history):
    journal.add_task(demo_store, 1, "Ring til Karen")
    page = history()
    page.history.actions["revert"](operation=demo_store.last_operation)

    assert "opgave fjernes: Ring til Karen" in said(page.dialog)
    assert "Titel Ring til Karen" in said(page.dialog)


def test_who_changed_it_since_is_told_in_one_sentence(demo_store, history, as_role):
    step = demo_store.rows("milestone", "enrolment_id = 1 AND done_on IS NULL")[0]
    plan.mark_done(demo_store, step["id"], DAY)
    operation = demo_store.last_operation
    plan.mark_open(as_role("office"), step["id"])
    page = history()

    page.history.actions["revert"](operation=operation)

    refusal = "Det kan ikke fortrydes, fordi Office siden har ændret det"
    assert refusal in said(page.dialog)
    assert "undo_confirm" not in page.dialog.render()


def test_what_happens_while_the_dialog_is_open_is_seen_in_it(demo_store, history, as_role):
    step = demo_store.rows("milestone", "enrolment_id = 1 AND done_on IS NULL")[0]
    plan.mark_done(demo_store, step["id"], DAY)
    page = history()
    page.history.actions["revert"](operation=demo_store.last_operation)
    plan.mark_open(as_role("office"), step["id"])

    page.dialog.actions["undo_confirm"]()

    assert "fordi Office siden har ændret det" in said(page.dialog)
    assert demo_store.get("milestone", step["id"])["done_on"] is None


def test_undo_of_a_note_shows_its_text_and_is_a_reading(demo_store, history):
    operation = write_note(demo_store)
    page = history()
    page.history.actions["revert"](operation=operation)

    assert "Ringede om startmødet" in said(page.dialog)
    assert read_log(demo_store) == [("Jonas Bruun", "historik", 1, 1)]


def test_undo_on_the_page_of_a_case_is_shown_before_it_is_done_too(demo_store, pages):
    write_note(demo_store)
    operation = demo_store.last_operation
    case = frames.history_cases(demo_store).set_index("enrolment_id").loc[1]
    query = {"k": case["slug"], "hold": case["cohort"]}
    parts = pages["case"](demo_store, translator("da"), query).parts
    assert f'data-do="revert" data-operation="{operation}"' in parts["changes"].render()

    parts["changes"].actions["revert"](operation=operation)
    assert "Fortryd ændringen" in said(parts["dialog"])
    assert len(demo_store.rows("note", "text = 'Ringede om startmødet'")) == 1

    parts["dialog"].actions["undo_confirm"]()
    assert demo_store.rows("note", "text = 'Ringede om startmødet'") == []


def test_undo_is_offered_for_what_one_may_do_oneself(demo_store, history, as_role):
    decision = 'data-do="revert"'
    assert decision not in history(handling="enrolment.status").history.render()
    assert decision not in history(handling="message.send").history.render()
    assert decision in history(handling="note.add").history.render()
    assert decision in history(as_role("office"), handling="enrolment.status").history.render()


def lines(live) -> list[str]:
    """The words of each operation on the page."""
    html = str(live.render()).replace("\u00a0", " ")
    found = re.findall(r"<li>(.*?)</li>", html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def test_the_line_that_was_undone_says_so_and_offers_no_undo(demo_store, history):
    journal.add_task(demo_store, 1, "Ring til Karen")
    page = history()
    assert "Fortryd…" in lines(page.history)[0]
    demo_store.revert(demo_store.last_operation)

    undo, undone = lines(page.history)[:2]

    assert "Fortrydelse" in undo
    assert "Fortrudt 13." not in undo
    assert "Fortryd…" in undo
    assert "Fortrudt 13. mar. 2025 kl. 10.00" in undone
    assert "Fortrydelse" not in undone
    assert "Fortryd…" not in undone

    demo_store.revert(demo_store.last_operation)
    again, undo, undone = lines(page.history)[:3]
    assert "Fortryd…" in again
    assert "Fortrudt 13. mar. 2025 kl. 10.00" in undo
    assert "Fortryd…" not in undo
    assert "Fortrudt, men gendannet 13. mar. 2025 kl. 10.00" in undone
    assert "Fortryd…" not in undone


def test_a_changed_password_is_not_offered_to_be_undone(demo_store, history, as_role, pages):
    with (
        demo_store.trusted(),
        open_store(demo_store.path, demo.SYSTEM, clock=lambda: demo_store.now()) as store,
    ):
        user = store.rows("app_user")[0]
        with store.write("user.edit"):
            store.update("app_user", user["id"], {"name": "Nyt Navn"})
        edited = store.last_operation
        with store.write("user.edit"), store.write("user.password"):
            store.update("app_user", user["id"], {"name": "Andet Navn"})
        password = store.last_operation
        html = history(store).history.render()
    offered = re.findall(r'data-do="revert" data-operation="([^"]+)"', html)

    assert password not in offered
    assert edited in offered, "the control: editing a user is"


def test_a_sign_up_whose_mail_has_been_sent_says_so_in_the_dialog(demo_store, history):
    sent = demo_store.rows("message", "sent_at IS NOT NULL", order="id DESC")[0]
    signed_up = demo_store.rows(
        "history", "table_name = 'message' AND row_id = ?", [sent["id"]], order="id"
    )[0]["operation"]
    page = history()

    page.history.actions["revert"](operation=signed_up)

    assert "Det kan ikke fortrydes, fordi en mail siden er sendt." in said(page.dialog)
    assert "undo_confirm" not in page.dialog.render()


def test_the_system_is_not_called_as_if_it_were_a_person(demo_store, history):
    step = demo_store.rows("milestone", "enrolment_id = 1 AND done_on IS NULL")[0]
    plan.mark_done(demo_store, step["id"], DAY)
    operation = demo_store.last_operation
    with open_store(demo_store.path, demo.SYSTEM, clock=lambda: demo_store.now()) as store:
        plan.mark_open(store, step["id"])
    page = history()

    page.history.actions["revert"](operation=operation)
    assert "fordi systemet siden har ændret det" in said(page.dialog)


def test_a_decision_says_what_it_would_cost_and_folds_the_rest(demo_store, history, as_role):
    office = as_role("office")
    asked = frames.changes(demo_store, limit=100_000).drop_duplicates("operation")
    found = asked[(asked["subject"] == "admitted") & (asked["records"] > 10)]
    page, words = history(office), []
    for operation in found["operation"]:
        page.history.actions["revert"](operation=operation)
        words.append(said(page.dialog))
        if "mister pladsen" in words[-1]:
            break
    html, first = page.dialog.render(), found[found["operation"] == operation].iloc[0]

    [place] = first["municipalities"]
    assert (
        f"Fortryd ændringen {place} mister pladsen, og 18 milepæle fjernes. 19 poster" in words[-1]
    )
    assert "<details><summary>Vis alle 19 poster</summary>" in html
    assert f"{place}: status fjernes: Optaget" in words[-1]
    assert f"{place}: milepæl fjernes: " in words[-1]
    assert "fjernet" not in words[-1]
    assert html.index("</details>") < html.index('class="btn d" data-do="undo_confirm"')


def test_a_single_record_is_shown_without_being_asked_for(demo_store, history):
    journal.add_task(demo_store, 1, "Ring til Karen")
    page = history()
    page.history.actions["revert"](operation=demo_store.last_operation)

    assert "<details>" not in page.dialog.render()
    assert "Fortryd ændringen 1 post bliver sat tilbage." in said(page.dialog)


def test_the_page_of_a_case_says_what_historik_says(demo_store, history, pages):
    case = frames.history_cases(demo_store).set_index("enrolment_id").loc[1]
    query = {"k": case["slug"], "hold": case["cohort"]}
    journal.register_contact(demo_store, 1, "Ringet", noted_on=DAY, next_step="Skriv referat")
    step = demo_store.rows("milestone", "enrolment_id = 1 AND done_on IS NULL")[0]
    plan.mark_done(demo_store, step["id"], DAY)
    demo_store.revert(demo_store.last_operation)

    parts = pages["case"](demo_store, translator("da"), query).parts
    parts["changes"].actions["all"]()
    own = lines(parts["changes"])
    whole = history(kommune=case["slug"])
    told = [re.sub("^[0-9.]+ ", "", one) for one in lines(whole.history)]

    html = str(parts["changes"].render()).replace("\u00a0", " ")
    names = re.findall(r"<b>(.*?)</b>", html)
    assert len(names) > 10
    for name, line in zip(names, told):
        assert name.lower() in line.lower()
    for mark in ("Fortrydelse", "Fortrudt 13. mar. 2025 kl. 10.00", "Fortryd…", "og 1 post mere"):
        assert [mark in one for one in own[:3]] == [mark in one for one in told[:3]]
        assert any(mark in one for one in own[:3])


# --- roles and dates --------------------------------------------------------------------------


def test_an_administrator_sees_no_content_no_links_and_no_undo(demo_store, history, as_role):
    operation = write_note(demo_store)
    page = history(as_role("administrator"))
    page.history.actions["open"](operation=operation)

    html, words = page.history.render(), said(page.history)
    home = demo_store.get("enrolment", 1)["municipality_id"]
    town = demo_store.get("municipality", home)["name"]
    assert f"{town}: notat oprettet Jonas Bruun · Konsulent · Notat skrevet" in words
    assert "Indhold vises ikke for din rolle." in words
    assert "Ringede om startmødet" not in html
    assert "/kommune?" not in html
    assert 'data-do="revert"' not in html
    assert read_log(demo_store) == []
    assert page.values["tabs"] == ("", "laesninger")


def test_an_administrator_sees_what_happened_to_users(demo_store, history, as_role):
    with open_store(demo_store.path, demo.SYSTEM, clock=lambda: demo_store.now()) as store:
        users.add(store, "ny@styrelsen.example", "Ny Kollega", "NK", "consultant")
        operation = store.last_operation
    page = history(as_role("administrator"))
    page.history.actions["open"](operation=operation)

    assert "Bruger oprettet: Ny Kollega" in said(page.history)
    assert "Login ny@styrelsen.example" in said(page.history)


def test_the_past_has_its_own_changes_and_no_undo(demo_store, history):
    now, past = history(), history(demo_store.at(date(2024, 6, 1)))

    assert 'data-do="revert"' in now.history.render()
    assert 'data-do="revert"' not in past.history.render()
    assert "2025" not in said(past.history).split("Ældre")[0].split("Ændringer")[1]
    past.history.actions["revert"](operation=OPERATION.findall(past.history.render())[0])
    assert "Du ser data, som de var kendt 1. juni 2024." in said(past.dialog)


@pytest.mark.parametrize("role", ["leadership", "partner", "public"])
def test_others_are_kept_out(history, as_role, role):
    with pytest.raises(Forbidden):
        history(as_role(role)).history.render()


def test_an_empty_database_says_that_nothing_has_changed(pages, store):
    made = pages["history"](store, translator("da"), {})

    assert "Intet er ændret endnu." in said(made.parts["history"])
