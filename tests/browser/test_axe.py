"""axe-core on every page: both languages, wide and narrow, with a dialog, another date, an error.

Serious and critical findings fail; the others are printed (`pytest -s`).
"""

from pathlib import Path

import pytest

from advisory import frames

from .conftest import sign_in

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()
CASE = ""  # stands for the address of `old_case`
HELD, ACTIVITY = "held", "activity"  # a meeting with people in its inbox, a workshop that was held
WAITING = "waiting"  # the decision about the first on the waiting list
OFFICE = "lene@styrelsen.example"
PAGES = (
    *("/", "/kommuner", CASE, "/aktiviteter", "/aktiviteter?vis=maaned", "/aktiviteter?vis=tabel"),
    *(ACTIVITY, "/flyt?hold=2025-01&dage=14", "/leverancer", HELD, "/om", WAITING),
    *("/historik", "/historik?hvad=milestone&fra=31/2"),
)


@pytest.fixture(scope="module")
def known(server) -> dict[str, str]:
    """The addresses of one meeting, one activity and one application."""
    with server.data() as store:
        meetings, activities = frames.meetings(store), frames.activities(store)
        first = frames.waiting(store, "2025-08")["slug"].iloc[0]
    held = meetings[meetings["open_attendees"] > 0]["activity_id"].iloc[0]
    workshop = activities.query("kind == 'workshop' and state == 'held'")["activity_id"].iloc[0]
    return {
        HELD: f"/infomoeder?moede={held}",
        ACTIVITY: f"/aktivitet?id={workshop}",
        WAITING: f"/optag?hold=2025-08&valgt={first}",
    }


def address(path: str, **query: str) -> str:
    parts = "&".join(f"{name}={value}" for name, value in query.items())
    return path + ("&" if "?" in path else "?") + parts


def serious(page) -> list[str]:
    """The serious and critical findings: rule, element, how to mend it. Prints the others."""
    page.evaluate(AXE)
    options = "{resultTypes: ['violations']}"
    found = page.evaluate(f"axe.run({options}).then(result => result.violations)")
    heavy = []
    for rule in found:
        for node in rule["nodes"]:
            line = f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node['target']}"
            if rule["impact"] in ("serious", "critical"):
                heavy.append(f"{line} {node['failureSummary']}")
            else:
                print(line)
    return heavy


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_serious_barrier_on_a_screen_or_a_phone(
    window, old_case, known, path, language
):
    page = window.open(address(known.get(path, path) or old_case.address, lang=language))

    wide = serious(page)
    page.set_viewport_size({"width": 390, "height": 844})

    assert wide + serious(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_another_date_has_no_serious_barrier(window, old_case, known, path):
    assert (
        serious(window.open(address(known.get(path, path) or old_case.address, date="2024-12-12")))
        == []
    )


@pytest.mark.parametrize(
    ("path", "opener"),
    [
        ("/", "[data-do=explain][data-figure=on_time]"),
        (CASE, "tr.late [data-do=open]"),
        (CASE, "[data-region=header] [data-do=edit]"),
        (CASE, "[data-region=journal] [data-do=edit]"),
        ("/aktiviteter", "[data-do=new_activity]"),
        ("/aktiviteter", "[data-do=find_date]"),
        ("/aktiviteter", "[data-region=balance] [data-do=cell]"),
        (ACTIVITY, "[data-do=edit]"),
        (ACTIVITY, "[data-do=hold]"),
        (HELD, "[data-region=meetings] [data-do=new]"),
        (HELD, "[data-region=signups] td [data-do=open]"),
        (HELD, "[data-region=attendance] [data-do=walk_in]"),
        (HELD, "[data-region=mails] [data-do=edit]"),
        (HELD, "[data-region=funnel] [data-do=table]"),
        ("/historik?hvad=milestone", "[data-region=history] [data-do=revert]"),
    ],
)
def test_a_dialog_has_no_serious_barrier(window, late_case, known, path, opener):
    page = window.open(known.get(path, path) or late_case.address)

    page.locator(opener).first.click()
    page.wait_for_selector("dialog[open] #dialog-title")

    assert serious(page) == []


@pytest.fixture
def office(window):
    """A window of somebody in the programme office."""
    sign_in(window, OFFICE)
    return window


@pytest.mark.parametrize(
    "opener",
    [
        "[data-region=intake_head] [data-do=new]",
        "[data-region=applications] [data-do=open]",
        "[data-region=waiting] [data-do=prioritise]",
        "[data-region=places_ledger] [data-do=edit_places]",
        "[data-region=decision] [data-do=letter]",
        "[data-region=what_if] [data-do=carry_out]",
    ],
)
def test_a_dialog_of_the_office_has_no_serious_barrier(office, known, opener):
    page = office.open(known[WAITING] + "&nej=1")
    found = serious(page)

    page.locator(opener).first.click()
    page.wait_for_selector("dialog[open] #dialog-title")

    assert found + serious(page) == []


def test_a_list_of_applications_with_faults_has_no_serious_barrier(office, tmp_path):
    path = tmp_path / "liste.csv"
    path.write_text("Kommune;Modtaget\nVejn;3/2-25\nVejle;4/2-25\n", encoding="utf-8")
    page = office.open("/optag#importer")
    page.locator("#importer input[type=file]").set_input_files(path)
    page.get_by_text("Ret i filen").first.wait_for()
    wide = serious(page)
    page.set_viewport_size({"width": 390, "height": 844})

    assert wide + serious(page) == []


def test_tables_menus_forms_and_refusals_have_no_serious_barrier(window, case):
    page = window.open("/")
    for region in ("map", "timeline"):
        part = page.locator(f"[data-region={region}]")
        part.get_by_role("button", name="Vis som tabel").click()
        part.get_by_role("button", name="Vis som billede").hover()
    page.locator("summary.asof").last.click()
    found = serious(page)
    window.open(case.address)
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
    page.get_by_role("button", name="Gem notat").click()
    page.wait_for_selector("#note-text-problem")

    assert found + serious(page) == []


@pytest.mark.parametrize("path", ["/findes/ikke", "/kommune?k=atlantis"])
def test_an_error_page_has_no_serious_barrier(window, path):
    window.expected = "status of 404"
    window.page.goto(window.server.url + path)

    assert serious(window.page) == []
