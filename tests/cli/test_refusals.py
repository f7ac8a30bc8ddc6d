"""Whatever is wrong: one sentence on stderr, a code that is not 0, nothing changed."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from advisory.cli import cli
from advisory.store import demo, open_store
from advisory.store.backup import copy_to

READING = [
    ["facts"],
    ["facts", "--json"],
    ["overview"],
    ["case", "Aalborg"],
    ["history", "Aalborg"],
    ["match", "Aalborg"],
    ["doctor"],
    ["backup"],
    ["export", "out.xlsx"],
    ["export", "out", "--format", "csv"],
    ["user", "list"],
    ["serve", "--port", "0"],
]
WRITING = [
    ["done", "Aalborg", "startmøde"],
    ["note", "Aalborg", "Ringede op"],
]
MAKING = [["init"], ["demo"]]
ADDING = ["init", "--admin", "Lene", "--email", "lene@x.example"]


def refused(result, code=1) -> str:
    """The one sentence a command ended with."""
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == code
    assert "Traceback" not in result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].endswith((".", "?"))
    return lines[0]


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def missing(path: Path) -> None:
    pass


def folder(path: Path) -> None:
    path.mkdir()


def nothing_in_it(path: Path) -> None:
    path.touch()


def words(path: Path) -> None:
    path.write_text("Referat af mødet\n" * 300, encoding="utf-8")


def of_another_program(path: Path) -> None:
    Database(path).table("bog").insert({"titel": "Kongens Fald"})


def cut_off(path: Path) -> None:
    whole = path.with_name("whole.db")
    open_store(whole, demo.SYSTEM).close()
    path.write_bytes(whole.read_bytes()[:5000])
    whole.unlink()


def without_facts(path: Path) -> None:
    open_store(path, demo.SYSTEM).close()


PLACES = [missing, folder, nothing_in_it, words, of_another_program, cut_off]


@pytest.mark.parametrize("args", READING + WRITING, ids=" ".join)
@pytest.mark.parametrize("make", PLACES, ids=lambda make: make.__name__)
def test_something_else_than_our_database_is_refused_and_left_alone(run, tmp_path, make, args):
    path = tmp_path / "peers.db"
    make(path)
    before = contents(tmp_path)

    sentence = refused(run(path, *args))

    assert str(path) in sentence
    assert contents(tmp_path) == before


@pytest.mark.parametrize("args", MAKING, ids=" ".join)
@pytest.mark.parametrize(
    "make", [folder, words, of_another_program], ids=lambda make: make.__name__
)
def test_a_database_is_not_made_in_the_place_of_something_else(run, tmp_path, make, args):
    path = tmp_path / "peers.db"
    make(path)
    before = contents(tmp_path)

    assert str(path) in refused(run(path, *args))
    assert contents(tmp_path) == before


def contents(place: Path) -> dict[str, bytes | None]:
    """Every file of a folder with what is in it, but for those that the engine reads with."""
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in place.rglob("*")
        if not path.name.endswith(("-wal", "-shm"))
    }


@pytest.mark.parametrize("args", [["facts"], ["case", "Aalborg"], ["note", "Aalborg", "x"]])
def test_a_database_without_facts_or_cases_is_refused(run, tmp_path, args):
    without_facts(tmp_path / "peers.db")

    refused(run(tmp_path / "peers.db", *args))


BAD_VALUES = [
    (["overview", "--as-of", "31/2"], "Datoen ”31/2” findes ikke"),
    (["overview", "--as-of", "snart"], "”snart” kan ikke læses som en dato"),
    (["overview", "--as-of", "1/1 9999"], "”1/1 9999” kan ikke læses"),
    (["case", "Aalborg", "--as-of", "x\ny"], "”x y” kan ikke læses"),
    (["case", "Atlantis"], "Vi fandt ikke ”Atlantis”"),
    (["case", ""], "Vi fandt ikke ””"),
    (["case", "Vejlen"], "Vi fandt ikke ”Vejlen”. Mente du"),
    (["case", "KÃ¸benhavn"], "Vi fandt ikke"),
    (["case", "a\u202e\x1b[2J{0.__class__}"], "Vi fandt ikke"),
    (["case", "Aalborg", "--as-of", "1/1 2020"], "Der var ikke registreret noget"),
    (["history", "Atlantis"], "Vi fandt ikke"),
    (["match", "x" * 5000], "Vi fandt ikke"),
    (["done", "Atlantis", "x"], "Vi fandt ikke"),
    (["done", "{case}", "ringning"], "Der er ikke nogen milepæl"),
    (["done", "{case}", ""], "Der er ikke nogen milepæl"),
    (["done", "{case}", "99999999999999999999"], "Der er ikke nogen milepæl"),
    (["done", "{case}", "workshop"], "”workshop” passer på flere"),
    (["done", "{case}", "startmøde", "--on", "1/1 2150"], "Noget kan først være gennemført"),
    (["done", "{case}", "startmøde", "--on", "1/1 1999"], "1. januar 1999 ligger for længe"),
    (["done", "{case}", "startmøde", "--on", "32/1"], "Datoen ”32/1” findes ikke"),
    (["note", "{case}", "  "], "Skriv en tekst"),
    (["note", "{case}", "010190-1234 ringede"], "Det ligner et CPR-nummer"),
    (["note", "{case}", "x" * 10_001], "Teksten er for lang"),
    (["note", "{case}", "x", "--kind", "fax"], "Valget ”fax” findes ikke"),
    (["note", "{case}", "x", "--on", "1/1 2150"], "Et notat kan ikke have en dato"),
    (["--user", "nobody@x.example", "note", "{case}", "x"], "Brugeren nobody@x.example findes"),
    (["--user", "nobody@x.example", "overview"], "Brugeren nobody@x.example findes"),
    (["demo"], "Der er allerede data"),
    (["restore", "not-there.backup"], "Der er ingen database i"),
    (["restore", "own.db"], "Filen"),
    (["backup", "own.db"], "Filen own.db findes allerede"),
    (["backup", "/proc/nowhere/x.backup"], "Der kan ikke skrives til"),
    (["export", "own.db/x.xlsx"], "Der kan ikke skrives til"),
    (["export", "/proc/x.csv", "--report", "notes"], "Der kan ikke skrives til"),
    (["serve", "--today", "1/1 2024"], "Demodata går frem til"),
    (["serve", "--today", "31/2"], "Datoen ”31/2” findes ikke"),
    (["init", "--admin", " ", "--email", "x@y.example"], "Skriv et navn"),
]


@pytest.mark.parametrize(("args", "start"), BAD_VALUES, ids=lambda value: " ".join(value)[:40])
def test_a_value_that_cannot_be_right_is_refused(run, db, args, start):
    with open_store(db, read_only=True) as store:
        first = store.rows("milestone")[0]["enrolment_id"]
        code = store.get("enrolment", first)["municipality_id"]
        before = store.version()

    sentence = refused(run(db, *(one.replace("{case}", str(code)) for one in args)))

    assert sentence.startswith(start)
    with open_store(db, read_only=True) as store:
        assert store.version() == before


MISUSE = [
    (["fly"], "Der er ikke nogen kommando, der hedder fly."),
    (["case"], "Der mangler 'MUNICIPALITY'."),
    (["done", "Aalborg"], "Der mangler 'MILESTONE'."),
    (["match"], "Der mangler"),
    (["overview", "--asof", "x"], "Valgmuligheden --asof findes ikke."),
    (["history", "Aalborg", "--limit", "0"], "Værdien til '--limit' kan ikke bruges"),
    (["history", "Aalborg", "--limit", "ti"], "Værdien til '--limit' kan ikke bruges"),
    (["demo", "--split", "7;7"], "Værdien til '--split' kan ikke bruges"),
    (["demo", "--split", ""], "Værdien til '--split' kan ikke bruges"),
    (["demo", "--seed", "x"], "Værdien til '--seed' kan ikke bruges"),
    (["export", "x", "--format", "pdf"], "Værdien til '--format' kan ikke bruges"),
    (["export", "x", "--report", "all"], "Værdien til '--report' kan ikke bruges"),
    (["export", "x.csv"], "Kommandoen kan ikke læses"),
    (["export", "x.csv", "--format", "xlsx"], "Kommandoen kan ikke læses"),
    (["serve", "--port", "99999"], "Værdien til '--port' kan ikke bruges"),
    (["init", "--admin", "Lene"], "Kommandoen kan ikke læses"),
    (["--lang", "sv", "facts"], "Værdien til '--lang' kan ikke bruges"),
    (["facts", "too", "much"], "Kommandoen kan ikke læses"),
    (["match", "K\udcf8benhavn"], "Det skrevne kan ikke læses som tekst."),
]


@pytest.mark.parametrize(("args", "start"), MISUSE, ids=lambda value: repr(value)[:40])
def test_a_command_that_is_not_understood_ends_with_two(run, db, args, start):
    assert refused(run(db, *args), code=2).startswith(start)


def test_a_refusal_is_in_the_language_asked_for(run, db):
    sentence = refused(run(db, "--lang", "en", "case", "Atlantis"))
    misuse = refused(run(db, "--lang", "en", "fly"), code=2)

    assert sentence == "We did not find “Atlantis”. Write a municipality’s name or its code."
    assert misuse == "There is no command called fly. See advisory --help."


@pytest.mark.parametrize("args", READING[:-1], ids=" ".join)
def test_one_flipped_byte_is_harmless_or_told_in_one_sentence(run, db, draw, args):
    whole = db.read_bytes()
    for _ in range(4):
        at = draw.randrange(100, len(whole))
        db.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << draw.randrange(8)]) + whole[at + 1 :])
        result = run(db, *args)
        assert isinstance(result.exception, SystemExit | None)
        assert "Traceback" not in result.output
        assert len(result.stderr.splitlines()) == (result.exit_code if args != ["doctor"] else 0)
        for made in (Path("out.xlsx"), Path("out")):
            shutil.rmtree(made, ignore_errors=True)
            made.unlink(missing_ok=True)


@pytest.fixture
def locked_place(demo_path) -> Iterator[Path]:
    """The invented data where they may be read and not written, also when the tests run as root."""
    place = Path(tempfile.mkdtemp())
    path = place / "peers.db"
    with open_store(demo_path, read_only=True) as store:
        copy_to(store.db, path)
    path.chmod(0o444)
    place.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield path
    finally:
        if root:
            os.seteuid(0)
        place.chmod(stat.S_IRWXU)
        shutil.rmtree(place)


@pytest.mark.skipif(os.name == "nt", reason="file modes are those of POSIX")
@pytest.mark.parametrize("args", READING[:6], ids=" ".join)
def test_what_may_only_be_read_is_read(run, locked_place, args):
    result = run(locked_place, *_with_a_case(locked_place, args))

    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="file modes are those of POSIX")
@pytest.mark.parametrize("args", [*WRITING, ADDING, ["backup"]], ids=" ".join)
def test_what_may_only_be_read_is_not_written(run, locked_place, args):
    sentence = refused(run(locked_place, *_with_a_case(locked_place, args)))

    assert str(locked_place.parent) in sentence


def _with_a_case(path: Path, args: list[str]) -> list[str]:
    """`args` about a municipality that takes part."""
    with open_store(path, read_only=True) as store:
        code = str(store.rows("enrolment")[0]["municipality_id"])
    return [code if one == "Aalborg" else one for one in args]


def test_every_command_has_an_example():
    assert {name for name, one in cli.commands.items() if "Example:" not in (one.help or "")} == (
        set()
    )
    assert set(cli.commands) == {
        "init", "demo", "serve", "facts", "overview", "case", "history", "match", "done", "note",
        "doctor", "backup", "restore", "export", "meetings", "funnel", "attendance", "erase",
        "mail", "replan", "apply", "admit", "wait", "decline", "offer", "withdraw", "free",
        "move-cohort", "places", "ledger", "waiting", "intake", "import-applications",
        "user",
    }  # fmt: skip
