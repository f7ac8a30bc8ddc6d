"""A file is read in a process of its own: its answer is exact, and its end is one sentence."""

import json
import logging
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory.domain.attendance import Person, Problem, Report
from advisory.domain.errors import NotFound, Refused
from advisory.imports import child, limits, read

from .making import ADA, BO, OLE, book, teams

NEAR = datetime(2024, 6, 13, 12, 30, tzinfo=UTC)
CONTENT = teams(ADA, BO).encode("utf-16")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a memory limit")
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals and no limits")

instants = st.datetimes(timezones=st.just(UTC))
persons = st.builds(
    Person,
    name=st.text(),
    email=st.none() | st.text(),
    spans=st.lists(st.tuples(instants, instants), max_size=3).map(tuple),
    minutes=st.none() | st.floats(allow_nan=False),
    joins=st.integers(0, 99),
    rows=st.lists(st.integers(1, 50_000), max_size=3).map(tuple),
)
problems = st.builds(
    Problem,
    key=st.text(),
    row=st.none() | st.integers(),
    column=st.none() | st.text(),
    value=st.none() | st.text(),
)
reports = st.builds(
    Report,
    format=st.text(),
    title=st.none() | st.text(),
    started_at=st.none() | instants,
    ended_at=st.none() | instants,
    rows=st.integers(0, 50_000),
    people=st.lists(persons, max_size=3).map(tuple),
    problems=st.lists(problems, max_size=3).map(tuple),
)


def answered(reader, content: bytes = CONTENT, name: str = "a.csv") -> dict:
    """What the child would say with another reader."""
    head = json.dumps({"name": name, "near": NEAR.isoformat()}).encode()
    return json.loads(child.answer(head, content, reader))


def start_as_child(monkeypatch, source: str) -> None:
    """Let the child be another program; it still gets the file and its limits."""
    monkeypatch.setattr(child, "COMMAND", (sys.executable, "-c", source))


def refusal(content: bytes = CONTENT, **most) -> tuple[str, dict]:
    with pytest.raises(Refused) as refused:
        child.read_safely(content, "a.csv", **most)
    return refused.value.key, refused.value.values


@given(reports)
@settings(max_examples=200, deadline=None)
def test_a_report_comes_through_unchanged(report):
    assert child.report_from(json.loads(child.as_json(report))) == report


def test_control_an_instant_without_its_zone_is_another_report():
    report = Report("zoom", None, NEAR, None, 0, (), ())
    found = json.loads(child.as_json(report))
    found["started_at"] = found["started_at"].removesuffix("+00:00")

    assert child.report_from(found) != report


def test_the_child_reads_what_the_reader_reads():
    there = child.read_safely(CONTENT, "møde.csv", near=NEAR)

    assert there == read(CONTENT, "møde.csv", near=NEAR)
    assert [person.name for person in there.people] == ["Ada Test", "Bo Prøve"]


@pytest.mark.parametrize("near", [NEAR, NEAR.astimezone(timezone(timedelta(hours=2))), None])
def test_the_reader_gets_the_name_the_bytes_and_the_instant_it_was_given(near):
    got = []

    def reader(content, name, *, near):
        got.append((content, name, near))
        return Report("zoom", None, None, None, 0, (), ())

    head = json.dumps({"name": "a\n\0\ud800.csv", "near": near and near.isoformat()}).encode()
    child.answer(head, CONTENT, reader)

    assert got == [(CONTENT, "a\n\0\ud800.csv", near)]


def test_a_refusal_of_the_reader_comes_out_as_it_was(monkeypatch):
    values = {"n": 7, "x": 1.5, "text": "é”", "day": date(2024, 2, 29), "at": NEAR, "none": None}

    def reader(*_, **__):
        raise NotFound("some_key", **values)

    said = answered(reader)
    monkeypatch.setattr(child, "ask", lambda *_, **__: said)

    assert refusal() == ("some_key", values)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ("file_empty", {})),
        (b"%PDF-1.7", ("file_type_wrong", {"what": "pdf"})),
        (b"x" * (limits.MAX_BYTES + 1), ("file_too_big", {"limit": 10})),
        (OLE + "EncryptedPackage".encode("utf-16-le"), ("file_locked", {})),
    ],
)
def test_what_may_not_be_read_is_refused_by_its_own_name(content, expected):
    assert refusal(content) == expected


def test_a_file_that_is_too_big_starts_no_child(monkeypatch):
    start_as_child(monkeypatch, "raise SystemExit(3)")

    assert refusal(b"x" * (limits.MAX_BYTES + 1))[0] == "file_too_big"


def test_a_reader_that_fails_is_one_sentence_and_a_place_in_the_log(monkeypatch, caplog):
    def reader(content, name, *, near):
        raise ValueError("Ada Test 010190-1234")

    said = answered(reader)
    monkeypatch.setattr(child, "ask", lambda *_, **__: said)

    assert refusal() == ("file_not_readable", {})
    line = reader.__code__.co_firstlineno + 1
    assert caplog.messages == [f"A reader failed: ValueError at test_child.py:{line}"]


@pytest.mark.parametrize("error", [MemoryError(), MemoryError("Ada")])
def test_no_memory_for_the_reader_is_said_as_that(error):
    def reader(*_, **__):
        raise error

    assert answered(reader) == {"refused": "file_too_much_memory", "values": {}, "kinds": {}}


def test_a_panic_of_a_library_is_caught_although_it_is_no_exception():
    class Panic(BaseException):
        pass

    def reader(*_, **__):
        raise Panic("Ada Test")

    assert answered(reader)["failed"].startswith("Panic at test_child.py:")


def test_an_answer_that_is_too_long_is_not_given(monkeypatch):
    monkeypatch.setattr(child, "MAX_ANSWER", 500)
    long = Report("zoom", "x" * 500, None, None, 0, (), ())

    assert answered(lambda *_, **__: long)["refused"] == "file_too_much_memory"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("raise SystemExit(3)", "exit 3"),
        ("raise ValueError('Ada Test')", "exit 1"),
        ("print('{')", "no answer"),
        ("pass", "no answer"),
        pytest.param("import os; os.kill(os.getpid(), 11)", "SIGSEGV", marks=UNIX),
    ],
)
def test_a_child_that_breaks_off_is_one_sentence(monkeypatch, caplog, capfd, source, expected):
    start_as_child(monkeypatch, source)

    assert refusal() == ("file_not_readable", {})
    assert caplog.messages == [f"A reader failed: {expected}"]
    assert capfd.readouterr() == ("", "")


@UNIX
@pytest.mark.parametrize(
    ("number", "key"),
    [(6, "file_too_much_memory"), (9, "file_too_much_memory"), (24, "file_took_too_long")],
)
def test_how_the_system_ended_the_child_is_said(monkeypatch, number, key):
    start_as_child(monkeypatch, f"import os; os.kill(os.getpid(), {number})")

    assert refusal()[0] == key


def test_a_child_that_sleeps_is_ended_by_the_clock_on_the_wall(monkeypatch, tmp_path):
    mark = tmp_path / "awake"
    source = f"import time; time.sleep(100); open({str(mark)!r}, 'w')"
    start_as_child(monkeypatch, source)

    # The test's own time limit would end it if the child were waited for.
    assert refusal(seconds=1) == ("file_took_too_long", {"seconds": 1})
    assert not mark.exists()


def test_control_a_child_that_sleeps_less_is_not_ended(monkeypatch):
    start_as_child(monkeypatch, "import time; time.sleep(0.2); raise SystemExit(3)")

    assert refusal(seconds=10)[0] == "file_not_readable"


def in_limits(source: str, memory_mb: int = 512, seconds: int = 30) -> subprocess.CompletedProcess:
    """A program run in the limits of the child."""
    start = (
        f"import runpy; runpy.run_path({str(child.CHILD)!r})['restrict']({memory_mb}, {seconds})"
    )
    return subprocess.run(
        [sys.executable, "-c", f"{start}\n{source}"], capture_output=True, text=True, check=False
    )


@LINUX
def test_the_limits_hold(tmp_path):
    writing = f"print('x', file=open({str(tmp_path / 'written')!r}, 'w'), flush=True)"

    assert "MemoryError" in in_limits("bytearray(600 << 20)").stderr
    assert "File too large" in in_limits(writing).stderr
    assert "Too many open files" in in_limits("[open('/dev/null') for _ in range(40)]; x").stderr
    assert in_limits("while True: pass", seconds=1).returncode == -24


@LINUX
def test_control_less_than_the_limits_is_let_through():
    assert in_limits("bytearray(300 << 20); open('/dev/null')").returncode == 0


def test_a_system_without_limits_is_told_as_such(monkeypatch):
    program = f"""
import sys, runpy
sys.modules["resource"] = None
print(runpy.run_path({str(child.CHILD)!r})["restrict"](512, 30))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def run_child(content: bytes, *command: str) -> subprocess.CompletedProcess:
    """The child, or another program in its place, with its stderr to be seen."""
    return subprocess.run(
        [*(command or child.COMMAND), "512", "30"],
        input=b'{"name": "a.csv", "near": null}\n' + content,
        capture_output=True,
        check=False,
    )


def test_the_child_has_neither_the_database_nor_the_screen_at_hand():
    program = f"""
import runpy, sys
runpy.run_path({str(child.CHILD)!r}, run_name="__main__")
print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""
    loaded = set(run_child(CONTENT, sys.executable, "-c", program).stderr.decode().split())

    assert "python_calamine" in loaded
    assert loaded & {"pandas", "numpy", "sqlite_utils", "sqlite3", "panel", "babel", "ssl"} == set()


def test_the_child_gets_no_secret_of_its_parent(monkeypatch):
    monkeypatch.setenv("ADVISORY_SECRET", "hemmelig")
    start_as_child(monkeypatch, "import os; raise SystemExit('ADVISORY_SECRET' in os.environ)")

    assert child.ask(CONTENT, "a", near=None, memory_mb=512, seconds=9) == {"failed": "no answer"}


def test_the_child_says_nothing_on_stderr_also_when_its_reader_fails():
    for content in (CONTENT, book(), book()[:900], b"Ada Test;\xff\xfe\0", b""):
        done = run_child(content)

        assert (done.returncode, done.stderr) == (0, b"")


def test_nothing_is_written_to_a_log_about_a_file_that_is_read(caplog):
    caplog.set_level(logging.DEBUG)

    child.read_safely(CONTENT, "a.csv", near=NEAR)

    assert caplog.messages == []


def test_the_command_names_a_file_that_is_there():
    assert Path(child.COMMAND[-1]).is_file()
