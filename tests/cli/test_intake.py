"""Applications, decisions, places and the ledger by command: what is done, said and refused."""

import json
import shlex
import shutil
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from advisory import frames, open_store, reports
from advisory.domain.enrolments import Status
from advisory.domain.intake import ITEMS
from advisory.store import decisions, demo, enrolments, seed, users
from advisory.texts import translator

LENE = ("--user", "lene@styrelsen.example")
JONAS = ("--user", "jonas@styrelsen.example")
PETER = ("--user", "peter@styrelsen.example")
PEOPLE = (
    ("lene@styrelsen.example", "Lene Kjærgaard", "LK", "office"),
    ("jonas@styrelsen.example", "Jonas Bruun", "JB", "consultant"),
    ("peter@styrelsen.example", "Peter Holm", "PH", "leadership"),
)
DAY = date(2025, 3, 13)
UNDO = "Fortryd på kommunens side under Ændret."


def at_nine() -> datetime:
    """The instant at which the clock of the tests stands still."""
    return datetime(2025, 3, 13, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def office_path(tmp_path_factory, data_dir):
    """A database without demo data: a cohort that runs with Aarhus in it, two that are coming.

    August 2025 takes applications until 1 March 2025; Aarhus withdrew after its start and still
    holds its place. Closed, so that it may be copied.
    """
    path = tmp_path_factory.mktemp("office") / "office.db"
    with open_store(path, demo.SYSTEM, clock=at_nine) as store:
        seed.load_facts(store, data_dir)
        for login, name, initials, role in PEOPLE:
            users.add(store, login, name, initials, role)
        store.actor = users.actor_for(store, LENE[1])
        coming = store.find("cohort", code="2025-08")
        with store.write("places.edit"):
            store.update("cohort", coming["id"], {"apply_by": "2025-03-01"})
            later = {**coming, "code": "2026-01", "starts_on": "2026-01-01"}
            store.insert("cohort", {k: v for k, v in later.items() if k not in ("id", "version")})
        running = store.find("cohort", code="2025-01")["id"]
        aarhus = enrolments.create(store, running, 751, received_on=date(2024, 9, 1))
        for status, day in (("admitted", date(2024, 11, 4)), ("withdrawn", date(2025, 2, 3))):
            decisions.decide(store, aarhus, Status(status), on_date=day, reason="Ny organisering")
    return path


@pytest.fixture
def office(office_path, tmp_path, clock, monkeypatch):
    """A copy of it for one test, in which the command reads the test's own clock."""
    monkeypatch.setattr("advisory.cli.session.open_store", partial(open_store, clock=clock))
    return Path(shutil.copyfile(office_path, tmp_path / "office.db"))


@pytest.fixture
def said(run, office):
    """`said("wait", "Aalborg")` gives the lines of a command of Lene's that succeeded."""

    def lines(*args: str) -> list[str]:
        result = run(office, *LENE, *args)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout.splitlines()

    return lines


def read(path, frame, *args):
    with open_store(path, read_only=True, clock=at_nine) as store:
        return frame(store, *args)


def version(path):
    with open_store(path, read_only=True) as store:
        return store.version()


def apply(said, name, received="1/2-25", cohort="2025-08"):
    return said("apply", name, "--cohort", cohort, "--received", received)


# --- applications ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "day", "sentence"),
    [
        ("28/2-25", "28. februar 2025", "Den er rettidig; fristen er 1. marts 2025."),
        ("1/3-25", "1. marts 2025", "Den er rettidig; fristen er 1. marts 2025."),
        ("2. marts 2025", "2. marts 2025", "Den er for sen; fristen var 1. marts 2025."),
    ],
)
def test_an_application_is_in_time_through_the_whole_last_day(said, received, day, sentence):
    assert apply(said, "Aalborg", received) == [
        f"Ansøgning 2 er registreret: Aalborg til hold august 2025, modtaget {day}.",
        sentence,
        "Ansøgningen mangler: kontaktperson, motivation, erfaring med peers, lokalt mål, "
        "ledelsens tilsagn.",
        UNDO,
    ]


@pytest.mark.parametrize("typed", ["2026-01", "januar 2026", "jan. 2026", "January 2026"])
def test_without_a_last_day_nobody_is_late(said, office, typed):
    with open_store(office, demo.SYSTEM, clock=at_nine) as store, store.write("places.edit"):
        cohort = store.find("cohort", code="2026-01")["id"]
        store.update("cohort", cohort, {"apply_by": None})

    assert apply(said, "Aalborg", "13/3-25", typed)[:2] == [
        "Ansøgning 2 er registreret: Aalborg til hold januar 2026, modtaget 13. marts 2025.",
        "Der er ikke oplyst nogen frist for holdet, så ingen er for sen.",
    ]


def test_an_application_holds_everything_that_was_typed(said, office):
    lines = said(
        *("apply", "aalborg kommune", "--cohort", "august 2025", "--received", "26/2-25"),
        *("--at", "kl. 14.30", "--contact", "Bo Friis", "--contact-role", "Leder"),
        *("--email", "bo@aalborg.example", "--phone", "11 22 33 44", "--experience", "some"),
        *("--motivation", "Vi vil i gang", "--goal", "To peers i botilbud", "--commitment"),
        *("--attachment", "https://aalborg.example/a", "--attachment", "https://b.example/c"),
    )

    (row,) = reports.records(read(office, frames.applications, "2025-08"))
    assert lines == [
        "Ansøgning 2 er registreret: Aalborg til hold august 2025, modtaget 26. februar 2025.",
        "Den er rettidig; fristen er 1. marts 2025.",
        UNDO,
    ]
    told = {
        "municipality": "Aalborg", "received_at": "2025-02-26T13:30:00+00:00", "late": False,
        "prior_experience": "some", "motivation": "Vi vil i gang", "goal": "To peers i botilbud",
        "attachments": ("https://aalborg.example/a", "https://b.example/c"), "commitment": True,
        "contact": "Bo Friis", "contact_role": "Leder", "contact_email": "bo@aalborg.example",
        "contact_phone": "11 22 33 44", "lacking": (), "stage": "new", "decided_by": PEOPLE[0][1],
    }  # fmt: skip
    row["received_at"] = row["received_at"].isoformat()
    assert {name: row[name] for name in told} == told


# --- decisions ------------------------------------------------------------------------------------


def test_from_the_waiting_list_to_a_place(said, office):
    apply(said, "Aalborg")

    assert said("wait", "Aalborg", "--on", "1/3-25") == [
        "Aalborg er på venteliste til hold august 2025 med datoen 1. marts 2025, nu som nr. 1.",
        "1 optaget + 0 tilbudt + 19 ledige = 20",
        UNDO,
    ]
    assert said("offer", "Aalborg", "--answer-by", "20/3-25") == [
        "Aalborg er tilbudt en plads på hold august 2025 med datoen 13. marts 2025. "
        "Sidste dag at svare er 20. marts 2025.",
        "1 optaget + 1 tilbudt + 18 ledige = 20",
        UNDO,
    ]
    assert said("admit", "Aalborg") == [
        "Aalborg tog imod tilbuddet og er optaget på hold august 2025 med datoen 13. marts 2025.",
        "2 optaget + 0 tilbudt + 18 ledige = 20",
        UNDO,
    ]
    with open_store(office, read_only=True) as store:
        rows = store.rows("enrolment_status", "enrolment_id = 2")
    assert [(row["status"], row["on_date"], row["answer_by"], row["actor"]) for row in rows] == [
        ("applied", "2025-02-01", None, "Lene Kjærgaard"),
        ("waitlisted", "2025-03-01", None, "Lene Kjærgaard"),
        ("offered", "2025-03-13", "2025-03-20", "Lene Kjærgaard"),
        ("admitted", "2025-03-13", None, "Lene Kjærgaard"),
    ]


def test_an_offer_can_be_answered_for_ten_working_days(said):
    apply(said, "Aalborg")
    said("wait", "Aalborg")

    assert said("offer", "Aalborg")[0].endswith("Sidste dag at svare er 27. marts 2025.")


def test_who_withdraws_with_an_open_offer_has_said_no(said):
    apply(said, "Aalborg")
    said("wait", "Aalborg")
    said("offer", "Aalborg")

    assert said("withdraw", "Aalborg", "--reason", "Ingen penge") == [
        "Aalborg takkede nej til tilbuddet på hold august 2025 med datoen 13. marts 2025.",
        "1 optaget + 0 tilbudt + 19 ledige = 20",
        UNDO,
    ]


def test_admitted_declined_and_withdrawn_before_the_start(said):
    apply(said, "Aalborg")
    apply(said, "Varde")

    assert said("admit", "0851", "--cohort", "aug 2025") == [
        "Aalborg er optaget på hold august 2025 med datoen 13. marts 2025.",
        "2 optaget + 0 tilbudt + 18 ledige = 20",
        UNDO,
    ]
    assert said("decline", "Varde", "--reason", "Ingen botilbud") == [
        "Varde har fået afslag til hold august 2025 med datoen 13. marts 2025.",
        "2 optaget + 0 tilbudt + 18 ledige = 20",
        UNDO,
    ]
    assert said("withdraw", "Aalborg", "--reason", "Ny ledelse") == [
        "Aalborg har trukket sig fra hold august 2025 med datoen 13. marts 2025.",
        "1 optaget + 0 tilbudt + 19 ledige = 20",
        UNDO,
    ]


def test_who_withdraws_after_the_start_holds_the_place_until_it_is_freed(said, office, clock, run):
    apply(said, "Aalborg")
    said("admit", "Aalborg")
    clock.on(date(2025, 9, 1))

    lines = said("withdraw", "Aalborg", "--reason", "Ny ledelse")

    assert lines == [
        "Aalborg har trukket sig fra hold august 2025 med datoen 1. september 2025.",
        "Forløbet var begyndt, så pladsen er stadig optaget. Giv den fri med: "
        "advisory free Aalborg --reason GRUND",
        "2 optaget + 0 tilbudt + 18 ledige = 20",
        UNDO,
    ]
    assert said(*shlex.split(lines[1].partition(": advisory ")[2])) == [
        "Pladsen efter Aalborg på hold august 2025 er givet fri.",
        "1 optaget + 0 tilbudt + 19 ledige = 20",
        UNDO,
    ]


def test_an_application_and_its_place_move_to_another_cohort(said, office):
    apply(said, "Aalborg")
    said("admit", "Aalborg")

    assert said("move-cohort", "Aalborg", "--to", "januar 2026", "--reason", "Senere") == [
        "Aalborg er flyttet fra hold august 2025 til hold januar 2026.",
        "2 optaget + 0 tilbudt + 18 ledige = 20",
        UNDO,
    ]
    (row,) = reports.records(read(office, frames.applications, "2026-01"))
    assert (row["municipality"], row["moved_from"], row["stage"]) == (
        "Aalborg", "2025-08", "admitted",
    )  # fmt: skip


def test_of_two_applications_it_is_the_one_that_is_open(said):
    apply(said, "Aalborg")
    said("decline", "Aalborg", "--reason", "For sent")
    apply(said, "Aalborg", cohort="2026-01")

    assert said("wait", "Aalborg")[0].startswith("Aalborg er på venteliste til hold januar 2026 ")


# --- numbers of places ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "first", "left", "undo"),
    [
        (
            ("--capacity", "22"),
            "Der er nu 22 pladser i alt, før 20.",
            "1 optaget + 0 tilbudt + 21 ledige = 22",
            "--capacity 20",
        ),
        (
            ("--cohort", "august 2025", "--number", "6"),
            "Hold august 2025 har nu 6 pladser, før 5.",
            "1 optaget + 0 tilbudt + 19 ledige = 20",
            "--cohort 2025-08 --number 5",
        ),
        (
            ("--cohort", "2024-02", "--number", "1"),
            "Hold februar 2024 har nu 1 plads, før –.",
            "1 optaget + 0 tilbudt + 19 ledige = 20",
            "--cohort 2024-02 --number none",
        ),
        (
            ("--cohort", "2025-08", "--number", "ingen"),
            "Hold august 2025 har ikke længere sit eget antal pladser, før 5, og deler de ledige "
            "med de andre.",
            "1 optaget + 0 tilbudt + 19 ledige = 20",
            "--cohort 2025-08 --number 5",
        ),
        (
            ("--from", "2025-01", "--to", "august 2025"),
            "En plads er flyttet: hold januar 2025 har nu 4 pladser, hold august 2025 har 6 "
            "pladser.",
            "1 optaget + 0 tilbudt + 19 ledige = 20",
            "--from 2025-08 --to 2025-01",
        ),
    ],
)
def test_the_number_changes_and_the_undo_it_names_gives_it_back(
    said, office, args, first, left, undo
):
    for cohort in ("2025-01", "2025-08"):
        said("places", "--cohort", cohort, "--number", "5", "--reason", "Fordeling")
    before = numbers(office)

    lines = said("places", *args, "--reason", "Aftalt med ministeriet")

    assert lines == [first, left, f"Fortryd med: advisory places {undo} --reason Fortrudt"]
    assert numbers(office) != before
    said(*shlex.split(lines[-1].partition(": advisory ")[2]))
    assert numbers(office) == before


def numbers(path):
    with open_store(path, read_only=True) as store:
        own = [row["places"] for row in store.rows("cohort")]
        return store.rows("initiative")[0]["capacity"], *own


@pytest.mark.parametrize(
    "args", [("--capacity", "20"), ("--cohort", "2025-08", "--number", "none")]
)
def test_the_number_it_had_is_no_change(said, office, args):
    before = version(office)

    assert said("places", *args, "--reason", "Som før") == [
        "Antallet var det samme i forvejen. Intet er ændret.",
        "1 optaget + 0 tilbudt + 19 ledige = 20",
    ]
    assert version(office) == before


# --- what is shown --------------------------------------------------------------------------------


@pytest.fixture
def moved(said):
    """Two admitted in August, one of them withdrew; a place moved between two cohorts."""
    apply(said, "Aalborg")
    apply(said, "Varde")
    said("wait", "Varde", "--on", "2/2-25")
    said("admit", "Aalborg", "--on", "3/2-25", "--reason", "Aftalt")
    said("offer", "Varde", "--on", "4/2-25", "--answer-by", "7/2-25")
    said("places", "--cohort", "2025-08", "--number", "6", "--reason", "Fordeling")


def test_the_ledger_of_all(said, moved):
    assert said("ledger") == [
        "Peerforløb pr. 13. marts 2025",
        "",
        "  dato           bevægelse                           hold     optaget  tilbudt  ledige  "
        "i alt  af  begrundelse",
        "  4. nov. 2024   Aarhus optaget                      2025-01   +1  1        0    −1 19  "
        "= 20   LK  Ny organisering",
        "  3. feb. 2025   Aalborg optaget                     2025-08   +1  2        0    −1 18  "
        "= 20   LK  Aftalt",
        "  4. feb. 2025   Varde fik tilbud                    2025-08       2    +1  1    −1 17  "
        "= 20   LK",
        "  8. feb. 2025   Tilbuddet til Varde udløb           2025-08       2    −1  0    +1 18  "
        "= 20   –",
        "  13. mar. 2025  Holdets pladser ændret fra – til 6  2025-08       2        0       18  "
        "= 20   LK  Fordeling",
        "",
        "2 optaget + 0 tilbudt + 18 ledige = 20",
    ]


def test_the_ledger_of_a_cohort_holds_its_own_numbers(said, moved):
    said("move-cohort", "Aalborg", "--to", "2026-01", "--reason", "Senere")

    assert said("ledger", "--cohort", "august 2025")[2:] == [
        "  dato           bevægelse                           hold     optaget  tilbudt  ledige  "
        "i alt  på holdet  af  begrundelse",
        "  3. feb. 2025   Aalborg optaget                     2025-08   +1  2        0    −1 18  "
        "= 20   1 + 0      LK  Aftalt",
        "  4. feb. 2025   Varde fik tilbud                    2025-08       2    +1  1    −1 17  "
        "= 20   1 + 1      LK",
        "  8. feb. 2025   Tilbuddet til Varde udløb           2025-08       2    −1  0    +1 18  "
        "= 20   1 + 0      –",
        "  13. mar. 2025  Holdets pladser ændret fra – til 6  2025-08       2        0       18  "
        "= 20   1 + 0      LK  Fordeling",
        "  13. mar. 2025  Aalborg flyttet fra august 2025     2026-01       2        0       18  "
        "= 20   0 + 0      LK  Senere",
        "",
        "Hold august 2025: 0 optaget + 0 tilbudt; ledige til holdet: 6",
        "",
        "2 optaget + 0 tilbudt + 18 ledige = 20",
    ]


def test_the_ledger_is_seen_from_any_day(said, moved, clock):
    before = said("ledger")
    clock.on(date(2025, 3, 20))
    said("withdraw", "Aalborg", "--reason", "Ny ledelse")

    assert said("ledger", "--as-of", "13/3-25") == before
    assert said("ledger") != before


def test_the_ledger_as_json_is_the_frame(answer, moved, office):
    found = answer(office, "ledger", "--cohort", "2025-08")

    assert {name: found[name] for name in ("as_of", "demo", "cohort", "places")} == {
        "as_of": "2025-03-13",
        "demo": False,
        "cohort": "2025-08",
        "places": {"capacity": 20, "taken": 2, "offered": 0, "free": 18},
    }
    assert_same(found["movements"], read(office, frames.ledger, "2025-08"))
    assert len(answer(office, "ledger")["movements"]) == len(found["movements"]) + 1


def assert_same(rows, frame):
    assert len(rows) > 0
    assert rows == json.loads(reports.as_json(frame))


def test_without_a_movement_the_ledger_says_so(run, tmp_path, clock, data_dir):
    path = tmp_path / "facts.db"
    with open_store(path, demo.SYSTEM, clock=clock) as store:
        seed.load_facts(store, data_dir)

    found = run(path, "ledger")

    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout.splitlines()[2:] == [
        "Der er ingen bevægelser endnu.",
        "",
        "0 optaget + 0 tilbudt + 20 ledige = 20",
    ]


@pytest.fixture
def queue(said, office):
    """Seven that wait for August 2025: three of one day, one after them, three that are late."""
    for name, received in (
        ("Aalborg", "1/2-25"), ("Varde", "1/2-25"), ("Odense", "1/2-25"), ("Vejle", "3/2-25"),
        ("Ærø", "5/3-25"), ("Samsø", "7/3-25"), ("Læsø", "7/3-25"),
    ):  # fmt: skip
        apply(said, name, received)
        said("wait", name)
    with open_store(office, demo.SYSTEM, clock=at_nine) as store:
        varde = store.find("enrolment", municipality_id=573)["id"]
        enrolments.prioritise(store, varde, 1, "Har ventet længst")
    said("places", "--cohort", "2025-08", "--number", "2", "--reason", "Fordeling")


def test_the_waiting_list_says_why_each_stands_where_it_stands(said, office, queue, answer):
    assert said("waiting", "--cohort", "august 2025") == [
        "Peerforløb pr. 13. marts 2025",
        "",
        "Venteliste til hold august 2025",
        "  nr.  kommune  modtaget      hvorfor her",
        "  1    Varde    1. feb. 2025  samme dag som andre, prioritet 1: Har ventet længst",
        "  2    Aalborg  1. feb. 2025  samme dag som andre, efter dem med prioritet",
        "  3    Odense   1. feb. 2025  samme dag som andre, efter dem med prioritet",
        "  4    Vejle    3. feb. 2025  modtaget efter nr. 3",
        "  5    Ærø      5. mar. 2025  for sen, derfor efter de rettidige",
        "  6    Samsø    7. mar. 2025  for sen, derfor efter de rettidige; samme dag som andre, "
        "i den orden de blev registreret",
        "  7    Læsø     7. mar. 2025  for sen, derfor efter de rettidige; samme dag som andre, "
        "i den orden de blev registreret",
        "",
        "Holdet kan give 2 pladser nu.",
    ]
    found = answer(office, "waiting", "--cohort", "2025-08")
    assert (found["as_of"], found["cohort"], found["free"]) == ("2025-03-13", "2025-08", 2)
    assert_same(found["waiting"], read(office, frames.waiting, "2025-08"))


def test_a_cohort_that_has_begun_gives_no_place(said, queue, clock):
    clock.on(date(2025, 8, 1))

    assert said("waiting", "--cohort", "2025-08")[-1] == (
        "Hold august 2025 er begyndt og kan ikke give flere pladser."
    )


def test_nobody_waits(said):
    assert said("waiting", "--cohort", "2025-08")[2:] == [
        "Ingen venter på en plads på hold august 2025."
    ]


def test_the_rounds(said, office, answer, moved):
    assert said("intake") == [
        "Peerforløb pr. 13. marts 2025",
        "",
        "  hold     begynder      ansøgningsfrist               ansøgninger  for sene  til svar  "
        "pladser  optaget  tilbudt  ledige  venter",
        "  2024-02  1. feb. 2024  ikke oplyst                   0            0         0         "
        "–        0        0        18      0",
        "  2025-01  1. jan. 2025  1. okt. 2024, 163 dage siden  1            0         0         "
        "–        1        0        18      0",
        "  2025-08  1. aug. 2025  1. mar. 2025, 12 dage siden   2            0         0         "
        "6        1        0        5       0",
        "  2026-01  1. jan. 2026  ikke oplyst                   0            0         0         "
        "–        0        0        18      0",
        "",
        "2 optaget + 0 tilbudt + 18 ledige = 20",
    ]
    found = answer(office, "intake")
    assert found["places"] == {"capacity": 20, "taken": 2, "offered": 0, "free": 18}
    assert_same(found["rounds"], read(office, frames.rounds))


def test_on_a_day_before_the_first_record_there_is_nothing(run, office):
    assert run(office, "intake", "--as-of", "1/1-20").stdout.splitlines()[2:] == [
        "Der er ingen hold endnu. Kør advisory init."
    ]
    found = run(office, "waiting", "--cohort", "2025-08", "--as-of", "1/1-20")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith("Der var ikke registreret noget")


def test_everything_is_said_in_english_too(run, office):
    def english(*args):
        result = run(office, *LENE, "--lang", "en", *args)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout.splitlines()

    assert english("apply", "Aalborg", "--cohort", "August 2025", "--received", "5 March 2025") == [
        "Application 2 is recorded: Aalborg to cohort August 2025, received 5 March 2025.",
        "It is late; the last day was 1 March 2025.",
        "The application lacks: " + ", ".join(
            translator("en")(f"application_item.{item}") for item in ITEMS
        ) + ".",
        "Undo on the municipality’s page under Changed.",
    ]  # fmt: skip
    assert english("wait", "Aalborg")[:2] == [
        "Aalborg is on the waiting list of cohort August 2025 as of 13 March 2025, now as number "
        "1.",
        "1 admitted + 0 offered + 19 free = 20",
    ]
    assert english("waiting", "--cohort", "2025-08")[2:] == [
        "Waiting list of cohort August 2025",
        "  no.  municipality  received    why here",
        "  1    Aalborg       5 Mar 2025  late, so after those in time; received first",
        "",
        "The cohort can give 19 places now.",
    ]
    assert english("ledger")[2].split() == [
        *("date", "movement", "cohort", "admitted", "offered", "free", "in", "all", "by", "reason")
    ]


# --- what is refused ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cases_path(office_path):
    """Aalborg applied, Varde waits, Odense withdrew, Vejle let its offer lapse, Samsø has one.

    All of them for August 2025, and Læsø came too late for it.
    """
    path = Path(shutil.copyfile(office_path, office_path.with_name("cases.db")))
    with open_store(path, clock=at_nine) as store:
        store.actor = users.actor_for(store, LENE[1])
        cohort = store.find("cohort", code="2025-08")["id"]
        code = {row["name"]: row["id"] for row in store.rows("municipality")}
        for name, received_on, moves in (
            ("Aalborg", date(2025, 2, 1), ()),
            ("Varde", date(2025, 2, 1), (("waitlisted", 2, None),)),
            ("Odense", date(2025, 2, 1), (("withdrawn", 5, None),)),
            ("Vejle", date(2025, 1, 1), (("waitlisted", 2, None), ("offered", 3, 10))),
            ("Samsø", date(2025, 1, 1), (("waitlisted", 2, None), ("offered", 4, 20))),
            ("Læsø", date(2025, 3, 2), ()),
        ):
            case = enrolments.create(store, cohort, code[name], received_on=received_on)
            for status, day, last in moves:
                decisions.decide(
                    store,
                    case,
                    Status(status),
                    on_date=date(2025, 2, day),
                    reason="Aftalt",
                    answer_by=date(2025, 3, last) if last else None,
                )
    return path


@pytest.fixture
def cases(cases_path, office):
    """The cases in the database of the test."""
    shutil.copyfile(cases_path, office)


REFUSED = [
    (["apply", "Aalborg", "--cohort", "2026-01"], "Aalborg har allerede et forløb på hold august"),
    (["apply", "Aalborg", "--cohort", "2025-08"], "Aalborg har allerede en ansøgning til hold"),
    (["apply", "Aarhus", "--cohort", "2025-08"], "Aarhus har allerede et forløb på hold januar"),
    (["apply", "Ærø", "--cohort", "2025-01"], "Hold januar 2025 begyndte 1. januar 2025."),
    (["apply", "Ærø", "--cohort", "2027-01"], "Der er intet hold 2027-01. Skriv et af disse: 2024"),
    (["apply", "Ærø", "--cohort", "juni 2025"], "Der er intet hold juni 2025."),
    (["apply", "Ærø", "--cohort", "8"], "Der er intet hold 8."),
    (["apply", "Atlantis", "--cohort", "2025-08"], "Vi fandt ikke ”Atlantis”"),
    (
        ["apply", "Ærø", "--cohort", "2025-08", "--received", "14/3-25"],
        "14. marts 2025 er ikke kommet endnu",
    ),
    (["apply", "Ærø", "--cohort", "2025-08", "--at", "11.00"], "Klokken er ikke 11.00 endnu"),
    (["apply", "Ærø", "--cohort", "2025-08", "--at", "halv to"], "”halv to” kan ikke læses"),
    (["apply", "Ærø", "--cohort", "2025-08", "--received", "31/2"], "Datoen ”31/2” findes ikke"),
    (["apply", "Ærø", "--cohort", "2025-08", "--experience", "lots"], "Valget ”lots” findes ikke"),
    (["apply", "Ærø", "--cohort", "2025-08", "--goal", "010190-1234"], "Det ligner et CPR-nummer"),
    (["apply", "Ærø", "--cohort", "2025-08", "--contact", " "], "Skriv et navn"),
    (
        ["apply", "Ærø", "--cohort", "2025-08", "--contact", "Bo", "--email", "bo"],
        "”bo” er ikke en mailadresse",
    ),
    (["admit", "Ærø"], "Ærø har ingen ansøgning. Registrér den med advisory apply."),
    (["admit", "Aalborg", "--cohort", "2026-01"], "Aalborg har ingen ansøgning til hold januar"),
    (["admit", "Læsø"], "Skriv en kort begrundelse."),
    (["admit", "Aalborg", "--on", "14/3-25"], "14. marts 2025 er ikke kommet endnu"),
    (["admit", "Aalborg", "--on", "1/1-25"], "Den seneste status er fra 1. februar 2025."),
    (["admit", "Varde"], "Forløbet kan ikke skifte status fra Venteliste til Optaget."),
    (["admit", "Vejle"], "Tilbuddet kunne besvares til og med 10. marts 2025 og er udløbet."),
    (["withdraw", "Odense", "--reason", "Igen"], "Odense trak sig allerede 5. februar 2025."),
    (["withdraw", "Varde"], "Skriv en kort begrundelse."),
    (["decline", "Aalborg"], "Skriv en kort begrundelse."),
    (["decline", "Aalborg", "--reason", "x" * 1_001], "Teksten er for lang."),
    (["offer", "Aalborg", "--reason", "x"], "Forløbet kan ikke skifte status fra Ansøger til"),
    (["offer", "Varde", "--answer-by", "1/8-25"], "Svarfristen 1. august 2025 skal ligge før"),
    (["offer", "Varde", "--answer-by", "12/3-25"], "Svarfristen 12. marts 2025 ligger før"),
    (["offer", "Varde", "--answer-by", "snart"], "”snart” kan ikke læses som en dato"),
    (["free", "Varde", "--reason", "x"], "Kommunen holder ikke en plads"),
    (["free", "Aarhus"], "Skriv en kort begrundelse."),
    (["move-cohort", "Varde", "--to", "2026-01"], "Skriv en kort begrundelse."),
    (["move-cohort", "Varde", "--to", "2025-01", "--reason", "x"], "Hold januar 2025 begyndte"),
    (["move-cohort", "Odense", "--to", "2026-01", "--reason", "x"], "Ansøgningen har status"),
    (["places", "--capacity", "1", "--reason", "x"], "2 pladser er optaget eller tilbudt"),
    (["places", "--capacity", "21"], "Skriv en kort begrundelse."),
    (["places", "--capacity", "-1", "--reason", "x"], "−1 kan ikke bruges her. Skriv et tal fra 0"),
    (["places", "--cohort", "2025-01", "--number", "0", "--reason", "x"], "Hold januar 2025 har 1"),
    (["places", "--cohort", "2025-08", "--number", "21", "--reason", "x"], "Holdene ville tilsamm"),
    (["places", "--cohort", "2025-08", "--number", "seks", "--reason", "x"], "”seks” er ikke et"),
    (["places", "--from", "2025-01", "--to", "2025-08", "--reason", "x"], "Hold januar 2025 har"),
    (["places", "--from", "2025-01", "--to", "2025-01", "--reason", "x"], "Vælg to forskellige"),
    (["ledger", "--cohort", ""], "Der er intet hold ."),
    (["waiting", "--cohort", "2019-01"], "Der er intet hold 2019-01."),
]


@pytest.mark.parametrize(
    ("args", "start"), [pytest.param(*one, id=" ".join(one[0])[:50]) for one in REFUSED]
)
def test_what_cannot_be_is_one_sentence_and_nothing_changes(run, office, cases, args, start):
    before = version(office)

    result = run(office, *LENE, *args)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(start)
    assert result.stderr.count("\n") == 1
    assert version(office) == before


def test_when_the_last_place_is_taken_nobody_gets_one(run, said, office, cases):
    said("places", "--cohort", "2025-08", "--number", "1", "--reason", "Fordeling")
    before = version(office)

    result = run(office, *LENE, "offer", "Varde")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Hold august 2025 har 1 plads, og alle er optaget eller tilbudt. Flyt en plads fra et "
        "andet hold, eller lad kommunen stå på venteliste.\n"
    )
    assert version(office) == before
    said("withdraw", "Samsø", "--reason", "Nej tak")
    said("offer", "Varde")


def test_of_several_open_applications_one_must_be_named(run, said, office, cases):
    with open_store(office, demo.SYSTEM, clock=at_nine) as store, store.write("enrolment.create"):
        cohort = store.find("cohort", code="2026-01")["id"]
        other = store.insert("enrolment", {"cohort_id": cohort, "municipality_id": 851})
        enrolments.record(store, other, Status.APPLIED, date(2025, 2, 1), None)

    result = run(office, *LENE, "wait", "Aalborg")

    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        "Aalborg har flere ansøgninger: 2025-08, 2026-01. Skriv med --cohort, hvilken det er.\n",
    )
    assert said("wait", "Aalborg", "--cohort", "jan 2026")[0].startswith("Aalborg er på venteliste")


@pytest.mark.parametrize(
    "args",
    [
        ["apply", "Ærø"],
        ["apply", "--cohort", "2025-08"],
        ["apply", "Ærø", "--cohort", "2025-08", "--email", "bo@aeroe.example"],
        ["admit"],
        ["move-cohort", "Varde"],
        ["waiting"],
        ["places", "--reason", "x"],
        ["places", "--cohort", "2025-08"],
        ["places", "--from", "2025-01"],
        ["places", "--number", "4"],
        ["places", "--capacity", "mange"],
        ["places", "--capacity", "20", "--cohort", "2025-08", "--number", "4"],
    ],
    ids=" ".join,
)
def test_a_command_that_says_too_little_or_too_much_is_not_understood(run, office, args):
    result = run(office, *LENE, *args)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1


WRITING = [
    ["apply", "Ærø", "--cohort", "2025-08"],
    ["wait", "Aalborg"],
    ["admit", "Aalborg", "--reason", "x"],
    ["decline", "Aalborg", "--reason", "x"],
    ["offer", "Varde"],
    ["withdraw", "Varde", "--reason", "x"],
    ["free", "Aarhus", "--reason", "x"],
    ["move-cohort", "Varde", "--to", "2026-01", "--reason", "x"],
    ["places", "--capacity", "21", "--reason", "x"],
]
READING = [["ledger"], ["waiting", "--cohort", "2025-08"], ["intake"]]


@pytest.mark.parametrize("args", WRITING, ids=" ".join)
@pytest.mark.parametrize("who", [JONAS, PETER], ids=lambda who: who[1])
def test_only_the_office_decides(run, said, office, cases, who, args):
    before = version(office)

    result = run(office, *who, *args)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Det giver din rolle ikke adgang til.")
    assert version(office) == before
    said(*args)


@pytest.mark.parametrize("args", READING, ids=" ".join)
def test_consultants_read_and_leadership_does_not(run, office, args):
    assert run(office, *JONAS, *args).exit_code == 0
    result = run(office, *PETER, *args)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Det giver din rolle ikke adgang til.")


def test_nobody_decides_without_a_name(run, office):
    result = run(office, "places", "--capacity", "21", "--reason", "x")

    assert (result.exit_code, result.stdout, result.stderr) == (
        1, "", "Skriv, hvem du er, med --user MAIL eller ADVISORY_USER.\n",
    )  # fmt: skip


@pytest.mark.parametrize("args", READING, ids=" ".join)
def test_the_invented_data_are_read_and_left_alone(run, answer, db, args):
    before = version(db)

    assert answer(db, *args, "--as-of", "13/3-25")["demo"] is True
    said = run(db, *args, "--as-of", "13/3-25")

    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines()[1].startswith("Demodata: ")
    assert version(db) == before


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_kind_of_last_day_has_words(language):
    text = translator(language)

    for kind in ("apply", "answer", "end", "period"):
        assert text(f"deadline.{kind}", cohort="august 2025")
        assert text(f"cli.deadline.{kind}", on=DAY, relative="i dag", cohort="2025-08")


def test_the_next_last_day_can_be_that_of_an_offer(said, cases):
    assert "20. marts 2025, om 7 dage: svar på tilbud, hold 2025-08" in "\n".join(said("overview"))
