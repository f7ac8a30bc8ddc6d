"""What people do, done in Chromium on a server of its own with the invented data of 13 March 2025.

Every window of these walks must end without an error in its console and without having asked
another host for anything (`open_window`).
"""

import csv
import io
import re
from datetime import date

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from advisory import frames
from advisory.texts import translator

from .conftest import USER, sign_in

pytestmark = pytest.mark.browser

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=5000)

DA = translator("da")
CONTROLS = (
    "main :is([data-do=tick],[data-do=edit],[data-do=end],[data-do=finish],[data-do=revert],"
    "form[data-do]:not([data-do=filter]))"
)
CASE = ""  # stands for the address of `old_case`
VIOLET = "rgb(83, 63, 126)"


# --- what a page says -------------------------------------------------------------------------


def figures_in(page) -> dict[str, str]:
    """The large number of each key figure by its name."""
    return page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('section.kpi')].map(card => "
        "[card.getAttribute('aria-labelledby').replace('figure-', ''), "
        "card.querySelector('.v').firstChild.textContent.trim()]))"
    )


def figures_of(store, text=DA) -> dict[str, str]:
    """The same from the frames."""
    found = {}
    for row in frames.figures(store).itertuples():
        value = None if pd.isna(row.value) else int(row.value)
        percent = row.figure == "on_time" and value is not None
        found[row.figure] = text.percent(value, row.of) if percent else text.number(value)
    return found


def listed(page) -> list[str]:
    """The municipalities of the list, in its order."""
    return page.locator("table.cases tbody td:first-child").all_inner_texts()


def late(page):
    return page.locator("table.plan tr.late")


def saved(page, sentence):
    expect(page.locator(".toast")).to_contain_text(sentence)


def notes_of(server, case) -> list[str]:
    with server.data() as store:
        return list(frames.notes(store, case.enrolment_id)["text"])


def open_late(window, case):
    """The case with its first late milestone opened; the milestone's id."""
    page = window.open(case.address)
    row = late(page).first
    name = row.get_attribute("id")
    row.locator("[data-do=open]").click()
    expect(page.locator("dialog[open]")).to_be_visible()
    return page, page.locator(f"#{name}")


def write_note(page, text, on=None):
    page.get_by_label("Notat", exact=True).and_(page.locator("textarea")).fill(text)
    if on is not None:
        page.locator("#note-on").fill(on)
    page.get_by_role("button", name="Gem notat").click()


# --- Overblik ---------------------------------------------------------------------------------


def test_overblik_shows_the_numbers_that_the_frames_compute(window, server):
    page = window.open("/")

    with server.data() as store:
        expected = figures_of(store)
        waiting = min(len(frames.actions(store)), 8)
    assert figures_in(page) == expected
    assert page.locator("[data-region=actions] tbody tr").count() == waiting


def test_forklar_shows_the_rule_and_the_rows_and_gives_the_focus_back(window, server):
    page = window.open("/")
    opener = page.locator("[data-do=explain][data-figure=on_time]")

    opener.click()

    dialog = page.get_by_role("dialog", name="Milepæle til tiden")
    expect(dialog).to_contain_text(DA("explain.on_time.rule"))
    with server.data() as store:
        expect(dialog.locator("tbody tr")).to_have_count(len(frames.figure_rows(store, "on_time")))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("region", ["map", "timeline"])
def test_a_picture_can_be_seen_as_a_table(window, old_case, region):
    page = window.open("/")
    part = page.locator(f"[data-region={region}]")
    switch = part.get_by_role("button", name="Vis som tabel")

    switch.click()

    expect(part.get_by_role("button", name="Vis som billede")).to_be_visible()
    expect(part.get_by_role("row", name=re.compile(old_case.municipality)).first).to_be_visible()


def test_arrow_keys_move_in_the_map_and_enter_opens_the_case(window, server):
    page = window.open("/")
    first = page.locator("a.tile[tabindex='0']")
    first.focus()
    before = first.get_attribute("href")

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")

    here = page.locator("a.tile:focus")
    expect(here).not_to_have_attribute("href", before)
    expect(page.locator("a.tile[tabindex='0']")).to_have_count(1)
    after = here.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(server.url + after)
    expect(page.locator("h1")).to_contain_text("Kommune")


# --- Kommuner ---------------------------------------------------------------------------------


def test_the_list_is_filtered_and_sorted_and_its_address_keeps_that(window, server):
    page = window.open("/kommuner")
    with server.data() as store:
        cases = frames.enrolments(store)
    in_january = list(cases[cases["cohort"] == "2025-01"]["municipality"])

    page.get_by_label("Hold", exact=True).select_option("2025-01")
    expect(page.locator("table.cases tbody tr")).to_have_count(len(in_january))
    assert sorted(listed(page)) == sorted(in_january)
    page.get_by_role("searchbox", name="Kommune").fill("r")
    fitting = [name for name in in_january if "r" in name.lower()]
    expect(page.locator("table.cases tbody tr")).to_have_count(len(fitting))
    head = page.get_by_role("columnheader", name="Region")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    before = listed(page)

    assert "hold=2025-01&tekst=r&sorter=-region" in window.address
    page.reload()
    window.connected()

    assert listed(page) == before
    expect(page.get_by_label("Hold", exact=True)).to_have_value("2025-01")
    expect(page.get_by_role("searchbox", name="Kommune")).to_have_value("r")
    expect(head).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Ryd filtrene").click()
    expect(page.locator("table.cases tbody tr")).to_have_count(len(cases))
    expect(page.get_by_label("Hold", exact=True)).to_have_value("")
    expect(page.get_by_role("searchbox", name="Kommune")).to_have_value("")


def test_no_hits_repeats_what_was_typed_and_offers_the_way_back(window):
    page = window.open("/kommuner?tekst=tandl%C3%A6ge")

    expect(page.locator(".empty")).to_contain_text(
        "Ingen kommuner passer til ”tandlæge”. Tjek stavningen, eller ryd filtrene."
    )
    page.locator(".empty").get_by_role("button", name="Ryd filtrene").click()
    expect(page.locator("table.cases")).to_be_visible()


def test_the_files_hold_exactly_the_rows_of_the_list(window):
    page = window.open("/kommuner")
    page.get_by_label("Hold", exact=True).select_option("2024-02")
    expect(page.get_by_role("button", name="Ryd filtrene")).to_be_visible()
    page.get_by_role("columnheader", name="Konsulent").get_by_role("button").click()
    expect(page.locator("th[aria-sort]")).to_have_count(1)
    shown = listed(page)

    with page.expect_download() as first:
        page.get_by_role("link", name="Eksportér").click()
    with page.expect_download() as second:
        page.get_by_role("link", name="CSV").click()

    sheet = CalamineWorkbook.from_path(first.value.path()).get_sheet_by_name("Forløb").to_python()
    rows = [dict(zip(sheet[0], row)) for row in sheet[1:]]
    assert [row["Kommune"] for row in rows] == shown
    content = second.value.path().read_bytes()
    assert content.startswith("\ufeff".encode())
    lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    assert [row["Kommune"] for row in lines] == shown
    assert [first.value.suggested_filename[-5:], second.value.suggested_filename[-4:]] == [
        ".xlsx",
        ".csv",
    ]


def test_a_case_is_opened_from_the_list(window, old_case):
    page = window.open("/kommuner")

    page.get_by_role("link", name=old_case.municipality).click()

    expect(page.locator("h1")).to_have_text(f"{old_case.municipality} Kommune")
    expect(page.locator("nav.side [aria-current=page]")).to_have_text("Kommuner")


# --- the plan of a case -----------------------------------------------------------------------


def test_a_milestone_is_ticked_off_and_the_toast_takes_it_back(window, late_case):
    page = window.open(late_case.address)
    before = late(page).count()
    name = late(page).first.locator("[data-do=open]").inner_text()

    late(page).first.get_by_role("button", name="Gennemført").click()

    saved(page, f"”{name}” er gennemført 13. marts 2025")
    expect(late(page)).to_have_count(before - 1)
    changed = page.locator("[data-region=changes] li").first
    expect(changed).to_contain_text(name)
    expect(changed).to_contain_text("Gennemført: tom → 13. mar. 2025")
    expect(changed).to_contain_text("Jonas Bruun")
    page.locator(".toast").get_by_role("button", name="Fortryd").click()
    saved(page, "Ændringen er taget tilbage")
    expect(late(page)).to_have_count(before)


def test_a_date_is_moved_with_a_reason_and_what_was_typed_stays_until_there_is_one(
    window, late_case
):
    page, row = open_late(window, late_case)
    page.get_by_label("Ny frist").fill("1/4-25")
    page.get_by_role("button", name="Flyt og fasthold").click()

    expect(page.locator("#move-reason-problem")).to_have_text(DA("error.reason_needed"))
    expect(page.get_by_label("Ny frist")).to_have_value("1/4-25")
    expect(page.locator("#move-reason")).to_be_focused()

    page.locator("#move-reason").fill("Udvalget mødes først i april")
    page.get_by_role("button", name="Flyt og fasthold").click()

    expect(page.locator("dialog[open]")).to_have_count(0)
    saved(page, "er flyttet til 1. april 2025")
    expect(row).to_contain_text("1. apr. 2025")
    expect(row.get_by_role("img", name="Fastholdt dato")).to_be_visible()
    row.locator("[data-do=open]").click()
    expect(page.locator("dialog[open]")).to_contain_text("Udvalget mødes først i april")


def test_a_date_nobody_can_read_is_said_beside_its_field(window, late_case):
    page, _ = open_late(window, late_case)

    page.get_by_label("Ny frist").fill("31/2")
    page.locator("#move-reason").fill("Ferie")
    page.get_by_role("button", name="Flyt og fasthold").click()

    expect(page.locator("#move-on-problem")).to_contain_text("findes ikke i kalenderen")
    expect(page.get_by_label("Ny frist")).to_have_value("31/2")
    expect(page.locator("#move-reason")).to_have_value("Ferie")


def test_a_milestone_is_set_aside_with_a_reason(window, late_case):
    page, row = open_late(window, late_case)

    page.locator("#aside-reason").fill("Kommunen har allerede en aftale")
    page.get_by_role("button", name="Sæt til ikke relevant").click()

    saved(page, "er sat til ikke relevant")
    expect(row).to_contain_text("Ikke relevant")


def test_a_milestone_of_ones_own_is_added_to_the_plan(window, case):
    page = window.open(case.address)
    page.get_by_text("Tilføj egen milepæl").click()
    form = page.locator("form[data-do=add]")

    form.get_by_label("Milepæl").fill("Besøg hos nabokommunen")
    form.get_by_label("Frist").fill("uge 20")
    form.get_by_role("button", name="Tilføj milepæl").click()

    saved(page, "”Besøg hos nabokommunen” er lagt i planen")
    row = page.locator("table.plan tr", has_text="Besøg hos nabokommunen")
    expect(row).to_contain_text("12. maj 2025")
    expect(row).to_contain_text("egen")
    expect(form.get_by_label("Milepæl")).to_have_value("")


# --- journal, tasks, people -------------------------------------------------------------------


def test_a_note_is_written_with_its_date_and_corrected(window, case):
    page = window.open(case.address)
    page.get_by_role("radio", name="Møde").check()

    write_note(page, "Aftalte ny tidsplan med centerlederen.", "3/3-25")

    saved(page, "Notatet er gemt kl. 10.")
    note = page.locator(".notes li", has_text="Aftalte ny tidsplan")
    expect(note).to_contain_text("Møde 3. marts 2025 · Jonas Bruun")
    expect(page.locator("#note-text")).to_have_value("")
    note.get_by_role("button", name="Ret").click()
    page.locator("#edit-text").fill("Aftalte en ny tidsplan med socialchefen.")
    page.locator("dialog[open]").get_by_role("button", name="Gem").click()
    corrected = page.locator(".notes li", has_text="socialchefen")
    expect(corrected).to_contain_text("rettet")
    expect(note).to_have_count(0)


def test_a_note_with_a_cpr_number_is_refused_and_kept_in_its_field(window, server, case):
    page = window.open(case.address)
    typed = "Ring til borgeren 010170-1234 i morgen"

    write_note(page, typed, "i går")

    expect(page.locator("#note-text-problem")).to_have_text(DA("error.cpr_refused"))
    expect(page.locator("#note-text")).to_have_value(typed)
    expect(page.locator("#note-on")).to_have_value("i går")
    expect(page.locator("#note-text")).to_be_focused()
    assert typed not in notes_of(server, case)


def test_two_clicks_on_save_write_one_note(window, server, case):
    page = window.open(case.address)
    page.locator("#note-text").fill("Skrevet med to klik")

    page.get_by_role("button", name="Gem notat").dblclick()

    saved(page, "Notatet er gemt")
    expect(page.locator(".notes li", has_text="Skrevet med to klik")).to_have_count(1)
    assert notes_of(server, case).count("Skrevet med to klik") == 1


def test_a_task_is_added_and_finished(window, case):
    page = window.open(case.address)
    page.get_by_text("Tilføj opgave").first.click()
    form = page.locator("form[data-do=task]")
    form.get_by_label("Opgave").fill("Send skabelonen")
    form.get_by_label("Frist").fill("20/3")
    form.get_by_role("button", name="Tilføj opgave").click()
    task = page.locator("[data-region=tasks] ul.lines", has_text="Send skabelonen").locator(
        "li", has_text="Send skabelonen"
    )
    expect(task).to_contain_text("20. mar. 2025 · om 7 dage")

    task.get_by_role("button", name="Løst").click()

    saved(page, "”Send skabelonen” er løst")
    expect(task).to_contain_text("løst 13. mar. 2025")


def test_a_contact_is_added_and_the_role_of_another_ended(window, case):
    page = window.open(case.address)
    page.get_by_text("Tilføj kontakt").first.click()
    form = page.locator("form[data-do=contact]")
    form.get_by_label("Navn").fill("Karen Østergaard")
    form.get_by_label("Rolle").fill("Socialchef")
    form.get_by_label("Mail", exact=True).fill("karen@kommune.example")
    form.get_by_role("button", name="Tilføj kontakt").click()
    people = page.locator("[data-region=contacts]")
    person = people.locator("li", has_text="Karen Østergaard")
    expect(person).to_contain_text("Socialchef · siden 13. mar. 2025")
    expect(person.get_by_role("link")).to_have_text("karen@kommune.example")

    other = people.locator("li").filter(has_not_text="Karen Østergaard").first
    name = other.locator("b").inner_text()
    other.get_by_role("button", name="Afslut rolle").click()

    saved(page, f"Rollen for {name} er afsluttet")
    people.get_by_text(re.compile("tidligere")).click()
    expect(people.locator("details li", has_text=name)).to_contain_text("– 12. mar. 2025")


def test_goal_and_consultant_are_edited(window, server, case):
    page = window.open(case.address)
    with server.data() as store:
        others = store.rows("app_user", "role = 'consultant' AND active")
    other = next(one["name"] for one in others if one["name"] != case.consultant)

    page.get_by_role("button", name="Redigér forløb").click()
    page.locator("#edit-consultant").select_option(label=other)
    page.locator("#edit-goal").fill("To peers ansat inden sommer")
    page.locator("dialog[open]").get_by_role("button", name="Gem").click()

    saved(page, "Forløbet er gemt")
    expect(page.locator(".facts")).to_contain_text("To peers ansat inden sommer")
    expect(page.locator(".facts")).to_contain_text(other)


# --- dates and language -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "day", "sentence"),
    [("12/12-24", date(2024, 12, 12), "frame.past"), ("1/9-25", date(2025, 9, 1), "frame.future")],
)
def test_another_date_is_chosen_in_the_menu_and_left_again(
    window, server, old_case, typed, day, sentence
):
    page = window.open("/")
    now = figures_in(page)

    page.get_by_text("Vis pr. dato").click()
    page.get_by_label("Vælg dato").fill(typed)
    page.get_by_role("button", name="Vis", exact=True).click()

    expect(page.locator(".strip.past")).to_contain_text(DA(sentence, day=DA.date(day)))
    expect(page.locator(".appbar")).to_have_css("background-color", VIOLET)
    assert "date=" in window.address
    with server.data() as store:
        assert figures_in(page) == figures_of(store.at(day))
    for link in ("Kommuner", old_case.municipality):
        window.connected()
        page.locator("nav.side, table.cases").get_by_role("link", name=link).click()
        expect(page.locator(".strip.past")).to_be_visible()
        assert f"date={day.isoformat()}" in window.address
    expect(page.locator("h1")).to_have_text(f"{old_case.municipality} Kommune")
    assert page.locator(CONTROLS).count() == 0
    page.locator("nav.side").get_by_role("link", name="Overblik").click()
    page.get_by_role("link", name="Tilbage til i dag").click()
    expect(page.locator(".strip.past")).to_have_count(0)
    assert figures_in(page) == now
    assert "date=" not in window.address


def test_a_date_that_cannot_be_read_is_said_and_today_is_shown(window):
    page = window.open("/?date=snart")

    expect(page.locator("[data-alert] .alert").first).to_contain_text("kan ikke læses som en dato")
    expect(page.locator("summary.asof").last).to_contain_text("I dag · 13. marts 2025")


DANISH = re.compile(
    r"\b(af|alle|ansøgning|ansøger|borgere|dage|dato|etablere|felter|forankre|forklar|forløb|"
    r"forløbets?|fortryd|forsinket|frist|følger|gem|gennemført|gået|hold|holdt|hvad|hvem|hvornår|"
    r"ikke|ingen|klik|kommuner?|konsulent|kontakt|kontakter|kræver|ledelse|ledig|ledige|måned|"
    r"milepæle?|milepælsplan|mål|medarbejdere|møde|notat|notater|næste|og|om|opgaver?|optaget|"
    r"overblik|plads|pladser|planen|ret|rettet|ryd|seneste|siden|skift|skridt|slutter|søg|"
    r"telefon|tidslinje|tilbudt|tilføj|vejledning|venteliste|vis|ældste|ændret|ændringer|åbn|"
    r"åben)\b",
    re.IGNORECASE,
)
SAID = """() => {
  const outside = '.prose,.facts .broad,.lines li div,.lines .sr,.changes b,.changes s,' +
    '.changes li div div,.changes ins,.changes .sr,td.m,[lang=da],script,noscript,.menu button';
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode())
    if (!walk.currentNode.parentElement.closest(outside)) found.push(walk.currentNode.data);
  for (const el of document.querySelectorAll('[aria-label],[title],[placeholder]'))
    if (!el.closest(outside))
      for (const name of ['aria-label', 'title', 'placeholder'])
        found.push(el.getAttribute(name) ?? '');
  return found.map(one => one.trim()).filter(Boolean);
}"""


@pytest.mark.parametrize("path", ["/", "/kommuner", CASE, "/om"])
def test_english_has_no_danish_words_and_goes_along_in_links(window, server, old_case, path):
    path = path or old_case.address
    page = window.open(path + ("&" if "?" in path else "?") + "lang=en")
    with server.data() as store:
        names = {row["name"] for row in store.rows("initiative")}

    words = {
        sentence: DANISH.findall(sentence)
        for sentence in page.evaluate(SAID)
        if sentence not in names
    }

    assert {sentence: found for sentence, found in words.items() if found} == {}
    assert page.locator("html").get_attribute("lang") == "en"
    links = page.locator("nav.side a").evaluate_all("all => all.map(one => one.href)")
    assert [link for link in links if "lang=en" not in link] == []


def test_the_language_is_chosen_in_the_menu(window):
    page = window.open("/")

    page.locator("summary", has_text="Jonas Bruun").click()
    page.get_by_role("link", name="English").click()

    expect(page.locator("h1")).to_have_text("Overview")
    expect(page.locator("html")).to_have_attribute("lang", "en")


# --- keyboard ---------------------------------------------------------------------------------


def tab_to(page, selector, most=90):
    """Press Tab until the focus is on `selector`."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.locator(":focus").count() and page.locator(":focus").first.evaluate(
            "(el, wanted) => el.matches(wanted)", selector
        ):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def test_the_keyboard_alone_ticks_a_milestone_and_writes_a_note(window, server, late_case):
    page = window.open("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(late_case.municipality[:6])
    found = page.locator("[data-region=search]")
    option = found.get_by_role("option", name=re.compile(late_case.municipality))
    expect(option).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"{late_case.municipality} Kommune")
    window.connected()
    before = late(page).count()

    tab_to(page, "tr.late [data-do=tick]")
    page.keyboard.press("Space")
    saved(page, "er gennemført")
    expect(late(page)).to_have_count(before - 1)
    tab_to(page, "[name=kind]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("Skrevet uden mus")
    tab_to(page, ".note-form [type=submit]", 3)
    page.keyboard.press("Enter")

    saved(page, "Notatet er gemt")
    expect(page.locator(".notes li", has_text="Skrevet uden mus")).to_contain_text("Møde")
    assert "Skrevet uden mus" in notes_of(server, late_case)


def test_the_dialog_holds_the_focus(window, late_case):
    page, _ = open_late(window, late_case)

    for _ in range(25):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body || "
            "!!document.activeElement.closest('dialog[open]')"
        )
        assert inside


# --- several at once --------------------------------------------------------------------------


def test_two_who_correct_the_same_note_see_both_versions_and_choose(open_window, server, case):
    first, second = open_window(), open_window()
    for window in (first, second):
        window.open(case.address).locator("[data-region=journal] [data-do=edit]").first.click()
    first.page.locator("#edit-text").fill("Den første rettelse")
    second.page.locator("#edit-text").fill("Den anden rettelse")

    first.page.locator("dialog[open]").get_by_role("button", name="Gem").click()
    saved(first.page, "Notatet er gemt")
    second.page.locator("dialog[open]").get_by_role("button", name="Gem").click()

    dialog = second.page.get_by_role("dialog", name=re.compile("ændrede det samme kl. 10."))
    expect(dialog).to_contain_text("Den første rettelse")
    expect(dialog).to_contain_text("Den anden rettelse")
    assert "Den anden rettelse" not in notes_of(server, case)
    dialog.get_by_label("Den anden rettelse").check()
    dialog.get_by_role("button", name="Gem mit valg").click()
    expect(first.page.locator(".notes")).to_contain_text("Den anden rettelse")
    expect(second.page.locator(".notes")).to_contain_text("Den anden rettelse")
    expect(second.page.locator("[data-region=changes]")).to_contain_text("Den første rettelse")
    assert "Den anden rettelse" in notes_of(server, case)


def test_two_windows_see_each_others_notes_and_a_draft_is_left_alone(open_window, case):
    first, second = open_window(), open_window()
    first.open(case.address)
    other = second.open(case.address)
    other.locator("#note-text").press_sequentially("Min kladde, som ")

    write_note(first.page, "Set i begge vinduer")

    news = other.locator(".notes li", has_text="Set i begge vinduer")
    expect(news).to_be_visible(timeout=4000)
    expect(other.locator("#note-text")).to_be_focused()
    other.keyboard.type("bliver stående")
    expect(other.locator("#note-text")).to_have_value("Min kladde, som bliver stående")


def test_what_is_typed_survives_a_server_that_is_killed(open_window, old_case, make_server):
    server = make_server()
    window = open_window(at=server)
    window.expected = "WebSocket|ERR_CONNECTION|bokeh|Failed to fetch|Lost websocket"
    page = window.open(old_case.address)
    page.locator("#note-text").fill("Skrevet, mens serveren var væk")

    server.kill()

    expect(page.locator("[data-offline]")).to_be_visible()
    expect(page.locator("[data-offline]")).to_contain_text("Forbindelsen er væk.")
    page.get_by_role("button", name="Gem notat").click()
    expect(page.locator("#note-text")).to_have_value("Skrevet, mens serveren var væk")
    server.start()
    expect(page.locator("html[data-live]")).to_be_attached(timeout=15000)
    expect(page.locator("[data-offline]")).to_be_hidden()
    expect(page.locator("#note-text")).to_have_value("Skrevet, mens serveren var væk")
    page.get_by_role("button", name="Gem notat").click()
    saved(page, "Notatet er gemt")


# --- the phone --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/kommuner", CASE, "/om"])
def test_a_phone_scrolls_a_page_in_one_direction_only(phone, old_case, path):
    page = phone.open(path or old_case.address)

    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_a_phone_opens_the_menu_and_writes_a_note(phone, server, case):
    page = phone.open("/")
    expect(page.locator("nav.side")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.locator("nav.side").get_by_role("link", name="Kommuner").click()
    expect(page.locator("h1")).to_have_text("Kommuner")
    phone.connected()
    page.get_by_role("link", name=case.municipality).click()
    expect(page.locator("h1")).to_have_text(f"{case.municipality} Kommune")
    phone.connected()

    write_note(page, "Skrevet på telefonen")

    saved(page, "Notatet er gemt")
    assert "Skrevet på telefonen" in notes_of(server, case)


# --- roles and addresses ----------------------------------------------------------------------


def become(page, name):
    page.locator("summary.row").click()
    page.locator(".menu").get_by_role("button", name=name).click()
    expect(page.locator(".user-name")).to_have_text(name)


def test_another_invented_user_sees_what_that_role_may_see(window, server, old_case):
    window.expected = "status of 403"
    page = window.open("/")
    with server.data() as store:
        leader = store.find("app_user", role="leadership")["name"]

    become(page, leader)
    window.connected()
    assert page.locator(CONTROLS).count() == 0
    assert page.locator("main a[href*='/kommune?']").count() == 0
    answer = page.goto(server.url + old_case.address)

    assert answer.status == 403
    expect(page.locator("main [role=alert]").last).to_contain_text(DA("error.forbidden"))
    assert page.locator(CONTROLS).count() == 0
    page.get_by_role("link", name="Gå til Overblik").click()
    become(page, "Jonas Bruun")
    window.open(old_case.address)
    expect(page.locator("h1")).to_have_text(f"{old_case.municipality} Kommune")
    assert page.locator(CONTROLS).count() > 0


def test_an_address_nobody_has_gives_our_own_page_and_a_way_home(window):
    window.expected = "status of 404"

    sign_in(window, USER)
    answer = window.page.goto(window.server.url + "/findes/ikke")

    assert answer.status == 404
    expect(window.page.locator("h1")).to_have_text("Siden findes ikke")
    window.page.get_by_role("link", name="Gå til Overblik").click()
    expect(window.page.locator("h1")).to_have_text("Overblik")


def test_a_case_that_is_not_there_says_so_in_the_frame(window):
    window.expected = "status of 404"

    sign_in(window, USER)
    answer = window.page.goto(window.server.url + "/kommune?k=atlantis")

    assert answer.status == 404
    expect(window.page.locator("main")).to_contain_text("Vi fandt ikke et forløb for ”atlantis”")
