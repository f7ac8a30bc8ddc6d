"""A list of applications handed in: looked at, taken in whole or not at all, and taken back."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from advisory.store import demo, enrolments, open_store

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
TYPE = {"Content_Type": "application/octet-stream"}
HEAD = "Kommune;Modtaget;Kontaktperson;E-mail;Begrundelse;Bemærkning\r\n"


@pytest.fixture
def store(site):
    """The server's database; what a test has imported is taken back when it ends."""
    now = datetime(2025, 3, 13, 9, tzinfo=UTC)
    with open_store(site.db, demo.SYSTEM, clock=lambda: now) as opened:
        before = opened.version()
        yield opened
        done = opened.rows("history", "id > ?", [before], order="id DESC")
        made = [row for row in done if row["table_name"] == "enrolment" and not row["before"]]
        for operation in dict.fromkeys(row["operation"] for row in made):
            number = next(row["row_id"] for row in made if row["operation"] == operation)
            if opened.rows("enrolment", "id = ?", [number]):
                opened.revert(operation)


@pytest.fixture
def homes(store) -> list[str]:
    """Municipalities without a case."""
    taken = {row["municipality_id"] for row in store.rows("enrolment")}
    return [row["name"] for row in store.rows("municipality") if row["id"] not in taken]


@pytest.fixture
def listed(homes):
    """`listed(3)`: a list of so many applications."""

    def made(count=3, head=HEAD) -> str:
        rows = (
            f"{home};{1 + at % 12}-03-2025;Ada {chr(65 + at)};ada{at}@demo.example;Vi vil;Ring\r\n"
            for at, home in enumerate(homes[:count])
        )
        return head + "".join(rows)

    return made


@pytest.fixture
def hand_in(site, store, listed):
    """`hand_in(content)` gives status and HTML of the answer; `trying` only looks."""
    office = store.find("app_user", role="office")["login"]

    def hand(content=None, *, trying=False, name="ansøgninger.csv", headers=None, **query):
        content = listed() if content is None else content
        asked = {"hold": "2025-08", "navn": name, **({"proev": "1"} if trying else {}), **query}
        address = "/modtag/ansoegninger?" + "&".join(f"{k}={quote(v)}" for k, v in asked.items())
        body = content.encode() if isinstance(content, str) else content
        sent = {**TYPE, "Cookie": site.cookie(office), **(headers or {})}
        status, _, html = site.ask("POST", address, body, **sent)
        return status, html.decode().replace("\u00a0", " ")

    return hand


def cases(store) -> list[int]:
    return [row["id"] for row in store.rows("enrolment")]


def test_looking_shows_what_a_list_would_bring_and_writes_nothing(hand_in, store, homes):
    before = store.version()

    status, html = hand_in(trying=True)

    assert (status, store.version()) == (200, before)
    assert "<b>ansøgninger.csv</b>: 3 rækker" in html
    assert "Overskrifterne står i række 1." in html
    assert "Bruges ikke: Bemærkning" in html
    assert re.findall(r"<td><b>(.*?)</b> <span class=\"m nb\">(.*?)</span>", html) == [
        (home, f"række {at}") for at, home in enumerate(homes[:3], 2)
    ]
    assert html.count("Oprettes</span>") == 3
    assert '<button type="button" class="btn p" data-upload-confirm>Opret 3 ansøgninger' in html
    chosen = re.findall(r'name="felt_(\d)" data-upload-field>.*?value="(\w+)" selected', html)
    assert chosen == [
        *[("0", "municipality"), ("1", "received"), ("2", "contact_name")],
        *[("3", "contact_email"), ("4", "motivation")],
    ]


def test_forty_are_taken_in_and_again_changes_nothing(hand_in, store, listed):
    before = cases(store)
    first = hand_in(listed(40))
    version = store.version()

    again, looked = hand_in(listed(40)), hand_in(listed(40), trying=True)

    assert (first[0], again[0]) == (200, 200)
    assert "40 ansøgninger er oprettet." in first[1]
    assert "Alle ansøgninger i filen findes i forvejen. Intet er ændret." in again[1]
    assert len(cases(store)) - len(before) == 40
    assert store.version() == version
    assert "data-upload-confirm" not in looked[1]
    assert looked[1].count("Findes</span>") == 40


def test_the_way_back_takes_all_of_it_back_and_only_once(hand_in, store):
    before = cases(store)
    html = hand_in()[1]
    operation = re.search(r'name="fortryd" value="(\w+)" data-upload-field', html)[1]
    assert len(cases(store)) == len(before) + 3

    undone = hand_in(fortryd=operation)

    assert (undone[0], "Importen er fortrudt" in undone[1]) == (200, True)
    assert cases(store) == before
    assert hand_in(fortryd=operation)[0] == 400
    assert hand_in(fortryd="ffff")[0] == 400
    assert cases(store) == before


def test_a_column_is_chosen_and_remembered_the_second_time(hand_in, store, listed, homes):
    head = HEAD.replace("Begrundelse", "Hvorfor nu")
    before = listed(1, head)
    guessed = hand_in(before, trying=True)[1]
    assert re.search(r'name="felt_4" data-upload-field>.*?"motivation" selected', guessed)

    chosen = hand_in(before, trying=True, felt_4="goal", felt_5="motivation", felt_2="")[1]
    done = hand_in(before, felt_4="goal", felt_5="motivation", felt_2="")

    assert "Bruges ikke: Kontaktperson" in chosen
    assert done[0] == 200
    case = store.rows("enrolment", order="id DESC")[0]
    assert (case["goal"], case["motivation"]) == ("Vi vil", "Ring")
    later = hand_in(f"{head}{homes[5]};4-03-2025;Bo;bo@demo.example;Fordi;Nu\r\n", trying=True)[1]
    assert "valgt som sidst" in later
    assert '<details class="columns-of"><summary>' in later
    assert "Bruges ikke: Kontaktperson" in later
    assert re.search(r'name="felt_4" data-upload-field>.*?value="goal" selected', later)
    assert "valgt som sidst" not in guessed  # the control: it was not there before


def test_problems_come_first_and_nothing_can_be_taken_in(hand_in, store, homes):
    content = (
        f"{HEAD}{homes[0]};3-03-2025;Ada;ada@demo.example;Vi vil;\r\n"
        f"Langtbortistan;3-03-2025;Bo;bo@;Ring til 010190-1234;\r\n"
        f"{homes[1]};3-13-2025x;<b>Bo</b>;;;\r\n"
    )
    before = store.version()

    (seen, html), (status, again) = hand_in(content, trying=True), hand_in(content)

    assert (seen, status, store.version()) == (200, 409, before)
    assert html.index("ting skal rettes") < html.index("<select") < html.index("<table")
    assert "Ret i filen, og vælg den igen. Intet er gemt." in html
    assert "Række 3, Begrundelse: feltet ligner et CPR-nummer" in html
    assert "Række 4, Modtaget: ”3-13-2025x” er ikke en dato." in html
    for one in (html, again):
        assert "data-upload-confirm" not in one
        assert "010190" not in one
        assert "<b>Bo</b>" not in one
    assert "Intet er gemt" in again


def test_a_column_that_is_needed_can_be_chosen_where_nobody_guesses_it(hand_in, homes):
    content = f"Sted;Hvornår\r\n{homes[0]};3-03-2025\r\n{homes[1]};4-03-2025\r\n"

    html = hand_in(content, trying=True)[1]
    chosen = hand_in(content, trying=True, felt_0="municipality", felt_1="received")[1]
    twice = hand_in(content, trying=True, felt_0="municipality", felt_1="municipality")[1]

    assert "Ingen kolonne er valgt som Kommune." in html
    assert "Vælg kolonnerne herunder, eller ret i filen" in html
    assert '<details class="columns-of" open>' in html
    assert "Opret 2 ansøgninger" in chosen
    assert "Kolonnen Hvornår er også valgt som Kommune." in twice
    assert hand_in(content, trying=True, felt_99="goal", felt_1="nonsense")[0] == 200


def test_a_row_that_became_impossible_is_named_and_nothing_is_written(hand_in, store, homes):
    assert "Opret 3 ansøgninger" in hand_in(trying=True)[1]
    earlier = store.find("cohort", code="2025-01")["id"]
    home = store.find("municipality", name=homes[1])["id"]
    enrolments.create(store, earlier, home, received_on=datetime(2024, 9, 1).date())
    before = store.version()

    status, html = hand_in()

    assert (status, store.version()) == (409, before)
    assert f"Række 3, {homes[1]}: {homes[1]} har allerede et forløb på hold januar 2025" in html
    assert "Intet er gemt" in html


def test_two_at_once_make_it_once(hand_in, store, listed):
    before, content = cases(store), listed(20)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: hand_in(content), range(2)))

    assert sorted(status for status, _ in answers) == [200, 200]
    assert sorted("20 ansøgninger er oprettet." in html for _, html in answers) == [False, True]
    assert sum("Intet er ændret." in html for _, html in answers) == 1
    assert len(cases(store)) == len(before) + 20


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "tom"),
        (b"%PDF-1.7 \x00\x01\x02", "kan ikke læses som en liste over ansøgninger"),
        (b"PK\x03\x04" + b"\x00" * 400, "Filen er beskadiget"),
        ("Der var en gang en mand, som gik en tur.\r\n", "ingen liste over ansøgninger"),
        (HEAD + "Odense;3-03-2025;A;;;\r\n" * 2001, "mere end 2.000 ansøgninger"),
    ],
)
def test_what_is_no_list_is_refused_with_one_sentence(hand_in, store, content, sentence):
    before = store.version()

    for trying in (True, False):
        status, html = hand_in(content, trying=trying)
        assert status == 400
        assert sentence in html
        assert "Traceback" not in html
        assert "<select" not in html
    assert store.version() == before


def test_only_the_office_can_and_a_page_elsewhere_cannot(site, hand_in, store):
    before = store.version()

    for role in ("consultant", "leadership", "partner"):
        login = store.find("app_user", role=role)["login"]
        for query in ({}, {"trying": True}, {"fortryd": "ffff"}):
            status, html = hand_in(headers={"Cookie": site.cookie(login)}, **query)
            assert (status, "Det giver din rolle ikke adgang til" in html) == (400, True)
    assert hand_in(headers={"Origin": "https://elsewhere.example"})[0] == 403
    assert hand_in(headers={"Sec_Fetch_Site": "cross-site"})[0] == 403
    assert store.version() == before


@pytest.mark.parametrize("day", ["2025-03-01", "2025-04-01"])
def test_another_date_is_refused(hand_in, day):
    for trying in (True, False):
        status, html = hand_in(trying=trying, date=day)
        assert (status, "Gå tilbage til i dag" in html) == (400, True)


def test_an_unknown_round_is_refused(hand_in):
    status, html = hand_in(trying=True, hold="2031-01")

    assert (status, "Der er intet hold 2031-01" in html) == (400, True)


def test_it_can_be_had_in_english(hand_in):
    assert "Create 3 applications" in hand_in(trying=True, lang="en")[1]


# --- in a browser ---------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_a_person_drops_a_list_changes_a_column_takes_it_in_and_back(
    browser, site, store, listed, tmp_path, width
):
    file, wrong, before = tmp_path / "ansøgninger.csv", tmp_path / "fejl.csv", cases(store)
    file.write_text(listed(3), encoding="utf-8")
    login, troubles = store.find("app_user", role="office")["login"], []
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="da-DK")
    name, _, word = site.cookie(login).partition("=")
    own = {"name": name, "value": word, "domain": "127.0.0.1", "path": "/", "secure": True}
    context.add_cookies([own])
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{site.url}/optag?hold=2025-08")
    page.wait_for_selector("html[data-live]")
    card = page.locator("#importer")
    assert not card.is_visible()
    page.locator("a[href='#importer']").first.click()
    wrong.write_text(listed(9) + "Langtbortistan;3-03-2025;;;;\r\n" * 20, encoding="utf-8")
    page.set_input_files("#applications-file", wrong)
    page.get_by_text("20 ting skal rettes.").wait_for()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate("axe.run('#importer').then(found => found.violations)") == []
    page.set_input_files("#applications-file", file)
    page.get_by_role("button", name="Opret 3 ansøgninger").wait_for()
    page.locator("#felt_4").focus()
    page.locator("#felt_4").select_option("goal")
    page.wait_for_selector("[data-upload-result]:not([aria-busy]) [name=felt_4]:focus")
    assert page.get_by_label("Begrundelse", exact=True).input_value() == "goal"

    page.get_by_role("button", name="Opret 3 ansøgninger").click()
    page.get_by_text("3 ansøgninger er oprettet.").wait_for()
    made = [row for row in store.rows("enrolment") if row["id"] not in before]
    assert [row["goal"] for row in made] == ["Vi vil"] * 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Fortryd importen").click()
    page.get_by_text("Importen er fortrudt.").wait_for()
    assert cases(store) == before

    page.evaluate(DROP, file.read_text(encoding="utf-8"))
    page.get_by_role("button", name="Opret 3 ansøgninger").wait_for()
    card.get_by_role("link", name="Luk", exact=True).click()
    card.wait_for(state="hidden")
    assert troubles == []
    context.close()


DROP = """text => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], "trukket.csv", {type: "text/csv"}));
  const over = new DragEvent("dragover", {bubbles: true, cancelable: true, dataTransfer: carried});
  const drop = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: carried});
  const form = document.querySelector("#importer form label");
  if (form.dispatchEvent(over)) throw new Error("not taken");
  form.dispatchEvent(drop);
}"""
