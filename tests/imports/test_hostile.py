"""Every file of the corpus ends in people and problems or in one sentence, within its limits."""

import json
import random
import sys
from dataclasses import replace
from datetime import datetime

import pytest

from advisory.domain.attendance import Report, minutes_present
from advisory.domain.errors import AdvisoryError, Refused
from advisory.domain.personal import contains_cpr
from advisory.imports import child, limits, read
from advisory.texts import translator

from . import making
from .cases import Case, Found
from .corpus import CORPUS, MEETING

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a memory limit")
ALONE = [case for case in CORPUS if case.alone]
TOGETHER = [case for case in CORPUS if not case.alone]
MEMORY_MB = 512
HEAD = json.dumps({"name": "a.csv", "near": MEETING.isoformat()}).encode()

# The child, which also tells the most memory it has held; `resource` would tell its parent's.
MEASURED = f"""
import json, runpy, sys
own = runpy.run_path({str(child.CHILD)!r})
own["restrict"](int(sys.argv[1]), int(sys.argv[2]))
said = own["load_child"]().answer(sys.stdin.buffer.readline(), sys.stdin.buffer.read())
kept = open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]
print(json.dumps(json.loads(said) | {{"peak_mb": int(kept) / 1024}}))
"""


def outcome(look) -> str | Found:
    """What came of a file, as the corpus writes it."""
    try:
        report = look()
    except AdvisoryError as error:
        assert_one_sentence(error)
        return error.key
    people = tuple((one.name, one.email, minutes(one)) for one in report.people)
    problems = tuple((one.key, one.row, one.column, one.value) for one in report.problems)
    assert_words(report)
    return Found(people, problems)


def minutes(person) -> float | None:
    ends = (
        datetime.min.replace(tzinfo=MEETING.tzinfo),
        datetime.max.replace(tzinfo=MEETING.tzinfo),
    )
    found = minutes_present(person.spans, *ends) if person.spans else person.minutes
    return found and round(found, 2)


def assert_one_sentence(error: AdvisoryError) -> None:
    for language in ("da", "en"):
        said = translator(language).error(error)
        assert said.endswith(".")
        assert "\n" not in said
        assert len(said) < 300


def assert_words(report: Report) -> None:
    """Every problem can be said, in both languages."""
    for problem in report.problems:
        for language in ("da", "en"):
            values = {"row": problem.row, "column": problem.column, "value": problem.value}
            assert translator(language)(f"import_problem.{problem.key}", **values)


def read_here(case: Case) -> Report:
    content = case.make()
    limits.check(content)
    return read(content, case.file_name, near=MEETING)


@pytest.mark.parametrize("case", TOGETHER, ids=lambda case: case.name)
def test_a_nasty_file_ends_as_it_should(case):
    assert outcome(lambda: read_here(case)) == case.outcome


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.name)
def test_a_dangerous_file_ends_as_it_should_within_its_limits(case, monkeypatch):
    if sys.platform == "linux":
        monkeypatch.setattr(child, "COMMAND", (sys.executable, "-P", "-s", "-B", "-c", MEASURED))
    content, ask, answers = case.make(), child.ask, []

    def heard(*args, **how):
        answers.append(ask(*args, **how))
        return answers[-1]

    monkeypatch.setattr(child, "ask", heard)

    assert outcome(lambda: child.read_safely(content, case.file_name, near=MEETING)) == case.outcome
    assert all(answer.get("peak_mb", 0) < MEMORY_MB for answer in answers)


def test_the_corpus_is_as_large_and_as_various_as_promised():
    names = [case.name for case in CORPUS]
    keys = {case.outcome for case in CORPUS if isinstance(case.outcome, str)}

    assert len(names) == len(set(names)) >= 60
    assert keys >= {
        "file_bomb", "file_damaged", "file_empty", "file_locked", "file_macros", "file_too_big",
        "file_too_many_rows", "file_too_much_memory", "file_too_scattered", "file_type_wrong",
        "file_unsafe",
    }  # fmt: skip


@LINUX
def test_control_the_file_that_needs_too_much_memory_is_only_stopped_by_the_limit():
    content = making.one_string_many_times(rows=4_000)

    def ended(memory_mb: int) -> str | None:
        said = child.ask(content, "a.xlsx", near=None, memory_mb=memory_mb, seconds=30)
        return said.get("refused")

    assert ended(200) == "file_too_much_memory"
    assert ended(4_000) != "file_too_much_memory"


@pytest.mark.parametrize(
    ("guard", "case"),
    [
        ("MAX_RATIO", "bomb: one part, 50 MB of blanks"),
        ("MAX_PARTS", "bomb: 2,001 parts"),
        ("MAX_UNZIPPED", "bomb: 101 parts of 1 MB"),
        ("MAX_CELLS", "values in A1 and XFD1048576"),
        ("MAX_ROWS", "100,000 rows"),
        ("MAX_BYTES", "11 MB"),
    ],
)
def test_control_without_its_guard_a_file_is_let_through(monkeypatch, guard, case):
    content = next(one for one in ALONE if one.name == case).make()
    with pytest.raises(Refused):
        limits.check(content)

    monkeypatch.setattr(limits, guard, 10**15)

    limits.check(content)


def test_control_a_file_that_ends_otherwise_is_noticed():
    listed = next(case for case in TOGETHER if case.name == "a text called .xlsx")
    fewer = Found(listed.outcome.people[:1], listed.outcome.problems)

    assert outcome(lambda: read_here(listed)) != fewer
    assert outcome(lambda: read_here(replace(listed, make=lambda: b"%PDF"))) == "file_type_wrong"


def test_what_a_zip_says_of_itself_is_not_believed():
    honest = making.sheet(making.LIST) + b" " * 5_000_000
    with pytest.raises(Refused, match="file_bomb"):
        limits.check(making.lying(honest, 1_000))

    limits.check(making.book(sheet=making.sheet(making.LIST) + b" " * 5_000))


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (making.teams(making.ADA, making.BO), "\t"),
        (making.table(*making.PLAIN), ";"),
        (making.zoom(making.ZOOM_ADA, making.ZOOM_ADA.replace("da", "sa")), ","),
    ],
    ids=["teams", "table", "zoom"],
)
@pytest.mark.parametrize("number", ["010190-1234", "Bo 0101901234", "010190 1234", "010190–1234"])
def test_a_cpr_number_anywhere_is_not_repeated(text, mark, number):
    rows = [line.split(mark) for line in text.split("\r\n")]
    spots = [(row, cell) for row, cells in enumerate(rows) for cell in range(len(cells))]
    for row, cell in spots:
        cells = [list(cells) for cells in rows]
        cells[row][cell] = number
        said = child.answer(HEAD, "\r\n".join(map(mark.join, cells)).encode())

        assert not contains_cpr(json.dumps(json.loads(said), ensure_ascii=False)), (row, cell)


def test_control_a_cpr_number_that_is_repeated_would_be_seen():
    assert contains_cpr(json.dumps({"people": [{"name": "Bo 0101901234"}]}))


def test_files_with_changed_bytes_end_in_a_report_or_in_one_sentence(draw):
    small = [content for case in TOGETHER if 0 < len(content := case.make()) < 6_000]
    for _ in range(1_000):
        said = json.loads(child.answer(HEAD, mutated(draw.choice(small), draw)))

        assert "failed" not in said, said
        if "refused" in said:
            assert_one_sentence(Refused(said["refused"], **said["values"]))


def mutated(content: bytes, draw: random.Random) -> bytes:
    """`content` with up to eight bytes or runs of bytes changed, doubled or left out."""
    changed = bytearray(content)
    for _ in range(draw.randrange(1, 9)):
        at, length = draw.randrange(len(changed) + 1), draw.randrange(40)
        match draw.randrange(3):
            case 0:
                changed[at : at + 1] = draw.randbytes(1)
            case 1:
                del changed[at : at + length]
            case _:
                changed[at:at] = changed[at // 2 : at // 2 + length]
    return bytes(changed)
