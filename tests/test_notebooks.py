"""The notebooks run from top to bottom, on the invented data and with no output kept in them."""

import html
import re
import shutil
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from advisory import frames, open_store
from advisory.domain.scenario import Scenario, play
from advisory.frames.standing import standing_of
from advisory.store import demo, seed
from advisory.texts import translator

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


@pytest.fixture
def run(tmp_path, monkeypatch, subprocess_env):
    """`run(path, db)` gives the cells of a notebook after a run on the database `db`."""

    def run_on(path: Path, db: Path) -> list:
        monkeypatch.setenv("ADVISORY_DB", str(db))
        monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
        monkeypatch.setenv("PYTHONPATH", subprocess_env["PYTHONPATH"])
        notebook = nbformat.read(path, as_version=4)
        where = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, kernel_name="python3", timeout=100, resources=where).execute()
        return notebook.cells

    return run_on


def printed(cell) -> str:
    return "".join(one.text for one in cell.outputs if one.output_type == "stream")


def shown(cells) -> str:
    """All the HTML that the cells show."""
    return "".join(
        one.data.get("text/html", "")
        for cell in cells
        if cell.cell_type == "code"
        for one in cell.outputs
        if one.output_type in ("display_data", "execute_result")
    )


def test_there_is_a_notebook():
    assert [path.name for path in NOTEBOOKS] == [
        "01_overblik.ipynb",
        "02_optag.ipynb",
        "03_infomoeder.ipynb",
        "04_aktiviteter.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_that_was_run_is_kept(path):
    cells = nbformat.read(path, as_version=4).cells

    assert [cell.get("outputs") or cell.get("execution_count") for cell in cells] == [None] * len(
        cells
    )


def test_the_overview_shows_what_the_page_shows(demo_path, tmp_path, run):
    db = tmp_path / "demo.db"
    shutil.copyfile(demo_path, db)
    before = db.read_bytes()

    cells = run(NOTEBOOKS[0], db)

    with open_store(db, read_only=True) as store:
        figures, actions = frames.figures(store), frames.actions(store)
    (numbers,) = [cell for cell in cells if '"overview", "--json"' in cell.source]
    said = printed(numbers).splitlines()
    assert said[-1] == f"{len(figures)} nøgletal og {len(actions)} handlinger er de samme"
    assert [line.split()[0] for line in said[:-1]] == figures["figure"].tolist()
    assert db.read_bytes() == before


def test_the_overview_draws_the_site_s_own_pictures_and_asks_no_other_host(
    demo_path, tmp_path, run
):
    db = tmp_path / "demo.db"
    shutil.copyfile(demo_path, db)

    seen = html.unescape(shown(run(NOTEBOOKS[0], db)))

    assert seen.count('class="chart-svg"') == 2
    assert seen.count('class="tile"') == 98
    assert seen.count("<iframe ") == 2
    assert re.findall(r"<(?:script|link|img)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//", seen) == []
    assert re.findall(r"cdn\.(?:holoviz|bokeh)\.org", seen) == []


def test_the_overview_makes_invented_data_where_there_are_none(tmp_path, run):
    run(NOTEBOOKS[0], tmp_path / "new.db")

    with open_store(tmp_path / "new.db", read_only=True) as store:
        assert len(frames.enrolments(store)) >= 20


# --- intake ---------------------------------------------------------------------------------------


def test_the_intake_is_that_of_the_commands(demo_path, tmp_path, run):
    db = tmp_path / "demo.db"
    shutil.copyfile(demo_path, db)
    before = db.read_bytes()

    cells = run(NOTEBOOKS[1], db)

    with open_store(db, read_only=True) as opened:
        store = opened.at(date(2025, 3, 13))
        places, rounds = frames.places(store), frames.rounds(store)
        applications, ledger = frames.applications(store), frames.ledger(store)
        standing, own = standing_of(store, "2025-08")
    said = [printed(cell).splitlines() for cell in cells if "outputs" in cell]
    assert said[0][0].replace("\u00a0", " ") == "torsdag den 13. marts 2025 · demodata"
    assert said[-2][:3] == [
        translator("da")("cli.intake.balance", **places),
        f"{len(applications)} ansøgninger, {len(ledger)} bevægelser",
        f"Tallene er de samme for {len(rounds)} hold",
    ]
    told = play(standing, own, Scenario(withdraw=min(2, own.withdrawable)))
    (tried,) = [lines for lines in said if any(" trækker sig, ledige " in one for one in lines)]
    assert tried[0].endswith(f"ledige {told.free_before} → {told.free_after}")
    assert tried[2] == (
        f"  {told.taken_after} optaget + {told.offered_after} tilbudt + "
        f"{told.free_total_after} ledige = {standing.capacity}"
    )
    assert db.read_bytes() == before


def test_the_places_are_drawn_without_asking_another_host(demo_path, tmp_path, run):
    db = tmp_path / "demo.db"
    shutil.copyfile(demo_path, db)

    seen = html.unescape(shown(run(NOTEBOOKS[1], db)))

    assert seen.count("<iframe ") == 1
    assert "Pladser i brug dag for dag" in seen
    assert re.findall(r"<(?:script|link|img)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//", seen) == []
    assert re.findall(r"cdn\.(?:holoviz|bokeh)\.org", seen) == []


def test_the_applications_can_be_none(tmp_path, run, data_dir):
    path = tmp_path / "facts.db"
    with open_store(path, demo.SYSTEM) as store:
        seed.load_facts(store, data_dir)

    cells = run(NOTEBOOKS[1], path)

    said = "".join(printed(cell) for cell in cells if "outputs" in cell)
    assert "Alle ansøgninger er afgjort." in said
    assert "0 optaget + 0 tilbudt + 20 ledige = 20\n0 ansøgninger, 0 bevægelser" in said
    assert "Ingen pladser er givet endnu" in html.unescape(shown(cells))


# --- info meetings ------------------------------------------------------------------------------


def test_the_funnel_is_the_one_of_the_command(demo_path, tmp_path, run):
    db = tmp_path / "demo.db"
    shutil.copyfile(demo_path, db)
    before = db.read_bytes()

    cells = run(NOTEBOOKS[2], db)

    with open_store(db, read_only=True) as store:
        steps = {one: frames.funnel_steps(store, one) for one in ("2025-01", "2025-08")}
    (numbers,) = [cell for cell in cells if '"funnel", "--json"' in cell.source]
    assert printed(numbers).splitlines() == [
        *(
            " ".join([cohort, *("–" if one is None else str(one) for one in counted)])
            for cohort, counted in (
                (cohort, found["municipalities"].astype(object).replace({pd.NA: None}))
                for cohort, found in steps.items()
            )
        ),
        "Tallene er de samme for 3 hold",
    ]
    assert any("Hold 2024-02: ingen møder" in printed(cell) for cell in cells if "outputs" in cell)
    assert db.read_bytes() == before


def test_the_funnel_is_drawn_without_asking_another_host(demo_path, tmp_path, run):
    db = tmp_path / "demo.db"
    shutil.copyfile(demo_path, db)

    seen = html.unescape(shown(run(NOTEBOOKS[2], db)))

    assert seen.count("<iframe ") == 2
    assert "til plads, hold 2025-08" in seen
    assert re.findall(r"<(?:script|link|img)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//", seen) == []
    assert re.findall(r"cdn\.(?:holoviz|bokeh)\.org", seen) == []


def test_the_funnel_says_that_there_is_none_before_a_meeting_has_a_cohort(tmp_path, run, data_dir):
    path = tmp_path / "facts.db"
    with open_store(path, demo.SYSTEM) as store:
        seed.load_facts(store, data_dir)
        for row in store.rows("activity"):
            with store.write("activity.edit"):
                store.update("activity", row["id"], {"cohort_id": None})

    cells = run(NOTEBOOKS[2], path)

    said = "".join(printed(cell) for cell in cells if "outputs" in cell)
    assert said.count("ingen møder rekrutterer til det") == 3
    assert "Når et møde får et hold, kommer runden med her." in said
    assert "Ingen runder at tegne." in shown(cells)


# --- activities -----------------------------------------------------------------------------------


def test_the_numbers_of_the_activities_are_those_of_the_frames(demo_path, tmp_path, run):
    db = tmp_path / "demo.db"
    shutil.copyfile(demo_path, db)
    before = db.read_bytes()

    cells = run(NOTEBOOKS[3], db)

    with open_store(db, read_only=True) as store:
        programme = frames.activities(store).dropna(subset=["attended"])
        hours, gaps = frames.competence_hours(store)["hours"].sum(), frames.gaps(store)
    said = [printed(cell).splitlines() for cell in cells if "outputs" in cell]
    assert said[-2] == [
        f"{programme['attended'].sum()} deltagelser i {len(programme)} aktiviteter",
        f"{hours:,.0f} deltagertimer".replace(",", "."),
        f"{len(gaps)} huller i balancen",
        "Tallene er de samme",
    ]
    (words,) = [lines for lines in said if any(": ingen borgere i 2 af 3" in one for one in lines)]
    assert [line.split(":")[0] for line in words] == gaps["municipality"].tolist()
    assert db.read_bytes() == before


def test_the_activities_are_drawn_without_asking_another_host(demo_path, tmp_path, run):
    db = tmp_path / "demo.db"
    shutil.copyfile(demo_path, db)

    seen = html.unescape(shown(run(NOTEBOOKS[3], db)))

    assert seen.count("<iframe ") == 3
    assert "Kompetenceudvikling:" in seen
    assert re.findall(r"<(?:script|link|img)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//", seen) == []
    assert re.findall(r"cdn\.(?:holoviz|bokeh)\.org", seen) == []


def test_the_activities_can_be_none(tmp_path, run, data_dir):
    path = tmp_path / "facts.db"
    with open_store(path, demo.SYSTEM) as store:
        seed.load_facts(store, data_dir)

    cells = run(NOTEBOOKS[3], path)

    said = "".join(printed(cell) for cell in cells if "outputs" in cell)
    assert "Alle målgrupper er med." in said
    assert "0 deltagelser i 0 aktiviteter" in said
    assert "Der er ingen aktiviteter endnu." in html.unescape(shown(cells))
