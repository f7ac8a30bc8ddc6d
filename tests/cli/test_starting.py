"""init and demo: a database that was not there, once and again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advisory import frames, open_store
from advisory.cli import starting
from advisory.domain.errors import Refused
from advisory.store import credentials, demo, users

DAY = "2025-03-13"
LENE = "lene@styrelsen.example"
SECRET = "gulerod trompet havnefoged 47"


def test_init_makes_a_database_with_the_facts(run, tmp_path):
    result = run(tmp_path / "new" / "peers.db", "init")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "3 hold, 98 kommuner, 18 trin i planen" in result.stdout


def test_init_twice_changes_nothing(run, tmp_path):
    path = tmp_path / "peers.db"
    admin = ("--admin", "Lene Kjærgaard", "--email", LENE)
    first = run(path, "init", *admin)
    with open_store(path, read_only=True) as store:
        before = store.version()

    second = run(path, "init", *admin)

    with open_store(path, read_only=True) as store:
        assert store.version() == before
        known = [(row["login"], row["initials"], row["role"]) for row in store.rows("app_user")]
    assert known == [(LENE, "LK", "administrator")]
    assert "Lene Kjærgaard (lene@styrelsen.example) har adgang som Administrator." in first.stdout
    assert second.exit_code == 0
    assert "0 oplysninger er tilføjet eller ændret." in second.stdout


@pytest.mark.parametrize(
    "args",
    [("--admin", "Lene"), ("--email", LENE), ("--password",), ("--email", LENE, "--password")],
    ids=" ".join,
)
def test_init_needs_both_the_name_and_the_address(run, tmp_path, args):
    result = run(tmp_path / "peers.db", "init", *args)

    assert result.exit_code == 2
    assert not (tmp_path / "peers.db").exists()


def test_init_asks_for_the_password_of_a_new_administrator_only(run, tmp_path):
    path = tmp_path / "peers.db"
    admin = ("--admin", "Lene Kjærgaard", "--email", LENE, "--password")

    first = run(path, "init", *admin, stdin=f"{SECRET}\n{SECRET}\n")
    again = run(path, "init", *admin, stdin="")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert SECRET not in first.stdout + first.stderr
    with open_store(path, read_only=True) as store:
        (user,) = store.rows("app_user")
        assert credentials.is_right(credentials.hash_of(store, user["id"]), SECRET)


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("kort\nkort\n", "Adgangskoden skal have mindst 12 tegn."),
        (f"{SECRET}\nx\n", "De to nye adgangskoder er ikke ens."),
    ],
)
def test_a_password_that_will_not_do_leaves_no_administrator_and_no_facts(
    run, tmp_path, typed, start
):
    path = tmp_path / "peers.db"

    result = run(path, "init", "--admin", "Lene", "--email", LENE, "--password", stdin=typed)

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(start)
    with open_store(path, read_only=True) as store:
        assert store.version() == 0


def test_somebody_with_another_role_does_not_become_the_administrator(run, tmp_path):
    path = tmp_path / "peers.db"
    with open_store(path, demo.SYSTEM) as store:
        users.add(store, LENE, "Lene Kjærgaard", "LK", "office")
        before = store.version()

    refused = run(path, "init", "--admin", "Lene Kjærgaard", "--email", LENE)
    with open_store(path, read_only=True) as store:
        assert store.version() == before
    other = run(path, "init", "--admin", "Bo Lund", "--email", "bo@styrelsen.example")
    after = run(path, "init", "--admin", "Lene Kjærgaard", "--email", LENE)

    assert refused.exit_code == 1
    assert refused.stderr.startswith("lene@styrelsen.example har rollen Programkontor")
    assert (other.exit_code, after.exit_code) == (0, 0)
    with open_store(path, read_only=True) as store:
        assert [row["role"] for row in store.rows("app_user")] == ["office", "administrator"]


def test_demo_says_what_it_made_and_that_it_is_invented(run, tmp_path):
    path = tmp_path / "demo.db"

    result = run(path, "demo", "--date", DAY, "--split", "1,2", "--seed", "7")

    assert (result.exit_code, result.stderr) == (0, "")
    with open_store(path, read_only=True) as store:
        cases, notes = len(frames.enrolments(store)), len(frames.notes(store))
    assert "13. marts 2025 (startværdi 7)" in result.stdout
    assert f"{cases} forløb" in result.stdout
    assert f"{notes} notater" in result.stdout
    assert "er opdigtet." in result.stdout


def test_demo_with_the_same_seed_gives_the_same_cases(run, tmp_path):
    found = []
    for name in ("one", "two"):
        assert run(tmp_path / name, "demo", "--date", DAY, "--split", "2").exit_code == 0
        with open_store(tmp_path / name, read_only=True) as store:
            found.append(frames.enrolments(store.at(date(2025, 3, 13))))

    assert found[0].equals(found[1])


def test_demo_refuses_a_database_with_data(run, db):
    before = db.read_bytes()

    result = run(db, "demo", "--date", DAY)

    assert result.exit_code == 1
    assert result.stderr.startswith("Der er allerede data i databasen.")
    assert db.read_bytes() == before


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        ("7,7,7", "Der kan højst være 20 kommuner"),
        ("1,1,1,1", "Demodata har 3 hold"),
    ],
)
def test_a_split_that_does_not_fit_leaves_nothing(run, tmp_path, split, sentence):
    result = run(tmp_path / "demo.db", "demo", "--date", DAY, "--split", split)

    assert result.exit_code == 1
    assert result.stderr.startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_demo_data_can_be_shown_as_if_it_were_a_later_day(db):
    with open_store(db, read_only=True) as store:
        clock = starting.clock_from(store, date(2025, 6, 2))
        with pytest.raises(Refused, match="today_before_demo"):
            starting.clock_from(store, date(2025, 3, 12))

    assert clock().astimezone(UTC).date() in (date(2025, 6, 1), date(2025, 6, 2))
    assert timedelta(0) <= clock() - clock() + timedelta(seconds=1) <= timedelta(seconds=1)
    assert clock() < datetime.now(UTC)


def test_only_demo_data_can_be_shown_on_another_day(facts):
    with pytest.raises(Refused, match="today_not_demo"):
        starting.clock_from(facts, date(2025, 6, 2))
