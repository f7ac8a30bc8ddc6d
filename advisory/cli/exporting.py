"""The command that takes the reports out: export."""

from pathlib import Path

import click

from .. import frames, reports
from ..domain.errors import Refused
from ..store import Store, reads
from .output import say
from .session import Session, as_of_option, pass_session


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["xlsx", "csv"]), help="By the file's name.")
@click.option(
    "--report",
    "names",
    multiple=True,
    type=click.Choice([*reports.REPORTS, *reports.DOCUMENTS]),
    help="Which; every list if not given. May be repeated.",
)
@as_of_option
@pass_session
def export(
    session: Session, target: Path, form: str | None, names: tuple[str, ...], as_of: str | None
) -> None:
    """Write the reports to TARGET: a folder, a file.xlsx, or a file.csv with one report.

    \b
    Example:
        advisory export lists/ --format csv --as-of 13/3-25
        advisory export milestones.csv --report milestones
        advisory export fortegnelse.xlsx --report fortegnelse
    """
    ending = target.suffix.lower().lstrip(".")
    is_file = ending in ("xlsx", "csv") and not target.is_dir()
    if form and is_file and form != ending:
        raise click.UsageError(f"{target.name} is no {form} file")
    form = form or (ending if is_file else "xlsx")
    names = tuple(dict.fromkeys(names)) or tuple(reports.REPORTS)
    if is_file and form == "csv" and len(names) > 1:
        raise click.UsageError("a csv file takes one --report; give a folder for several")
    with session.reader(as_of) as store:
        stem = reports.file_stem(store)
        if form == "xlsx":
            files = {stem: reports.xlsx_bytes(store, session.text, names)}
        else:
            files = {
                f"{stem}-{name}": reports.csv_bytes(store, session.text, name) for name in names
            }
        if "notes" in names:
            _note_readings(store)
    for name, content in files.items():
        path = target if is_file else target / f"{name}.{form}"
        _write_new(path, content)
        say(str(path))


def _note_readings(store: Store) -> None:
    """Notes that go out in a file have been read, in every case that has any."""
    for case, notes in frames.notes(store).groupby("enrolment_id").size().items():
        reads.note_reading(store, int(case), "export", notes=int(notes))


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, whole or not at all.

    Refuses with `backup_exists` and `backup_unwritable`.
    """
    if path.exists():
        raise Refused("backup_exists", path=str(path))
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise Refused("backup_unwritable", path=str(path)) from error
    finally:
        _forget(unfinished)


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # its folder is not one, or may not be written: then it was never made
        return


COMMANDS = (export,)
