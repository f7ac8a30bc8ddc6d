"""Commands that look after the database file: doctor, backup, restore."""

import importlib
import shlex
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from .. import frames
from ..domain.errors import Refused
from ..reports import records
from ..settings import settings
from ..store import READER, Store, backup, heads, open_store, sessions, utc_now
from ..store.checks import RUNNING, Check, checks, copy_path
from ..store.connection import connect
from ..texts import Text
from .output import aligned, say, say_json
from .session import Session, json_option, pass_session

SOUND = ("schema", "definitions", "integrity")  # what must hold for the rows to be asked


@click.command()
@click.option("--deploy", is_flag=True, help="Also whether it may be put before others.")
@click.option(
    "--start", is_flag=True, help="Leave with 1 only for what a site must not start with."
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, deploy: bool, start: bool, as_json: bool) -> None:
    """Check the database, its history, its backups and the disk; leave with 1 if any fails.

    JSON: a list of check, ok, detail and mend (null when ok).

    \b
    Example:
        advisory doctor --deploy
    """
    session: Session = ctx.obj
    session.require_database()
    # Opened without `open_store`, which refuses an old schema: here that is a finding.
    with closing(connect(session.db, read_only=True)) as db:
        store = Store(db, session.db, READER, utc_now, read_only=True)
        found = list(checks(store))
        if all(check.ok for check in found if check.key in SOUND):
            found.append(_places(store))
            found += _of_deployment(store, session) if deploy else ()
    lines = [line(session.text, check) for check in found]
    if as_json:
        say_json([{"check": check.key} | said for said, check in zip(lines, found)])
    else:
        marks = {True: session.text("cli.ok"), False: session.text("cli.fails")}
        rows = [(marks[one["ok"]], f"{one['detail']} {one['mend'] or ''}") for one in lines]
        say(aligned(rows, indent=""))
    counted = [check for check in found if not (start and check.key in RUNNING)]
    ctx.exit(0 if all(check.ok for check in counted) else 1)


def _places(store: Store) -> Check:
    """The places held, and those given to the cohorts, are no more than the initiative has."""
    places = frames.places(store)
    held = places["taken"] + places["offered"]
    planned = sum(row["places"] or 0 for row in records(frames.capacity(store)))
    values = {"held": held, "planned": planned, "capacity": places["capacity"]}
    return Check("places", max(held, planned) <= places["capacity"], values)


def _of_deployment(store: Store, session: Session) -> Iterator[Check]:
    """What more must hold before the site is put before others."""
    # It asks Panel, which takes over a second to import: every other command would pay for that.
    web = importlib.import_module("advisory.web.deploy")
    own = replace(settings(), db=session.db)
    return web.beyond_the_file(store, web.as_it_is(own, own.address, own.port))


def line(text: Text, check: Check) -> dict[str, Any]:
    """What a check found in words: ok, detail (what is so), and mend, None when there is nothing.

    A check that does not hold has a sentence of its own, never that of one that does.
    """
    found = _in_words(text, check.found)
    if case := check.found.get("case"):
        found = {"detail": text(f"cli.backup.{case}", **found)}
    table = "check" if check.ok else "unmet"
    return {
        "ok": check.ok,
        "detail": text(f"cli.{table}.{check.key}", **found) + ".",
        "mend": None if check.ok else text(f"cli.mend.{check.key}", **found),
    }


def _in_words(text: Text, found: Mapping[str, Any]) -> dict[str, Any]:
    """What a check found, with shares, instants, waits, sizes and paths as they are said."""
    said = dict(found)
    if "share" in said:
        said["share"] = text.percent(said["share"], 1)
    if "since" in said:
        said["since"] = text.instant(datetime.fromisoformat(said["since"]))
    if "hours" in said:
        said["waited"] = _waited(text, said["hours"])
    if "age" in said:
        said["waited"] = text.count("cli.unit.days", said["age"])
    if "bytes" in said:
        said["size"] = f"{text.number(round(said['bytes'] / 1_000_000, 1))}\u00a0MB"
    if "paths" in said:
        said["paths"] = shlex.join(said["paths"])
    return said


def _waited(text: Text, hours: int) -> str:
    """`5 timer`, and from two days on `620 dage`."""
    unit, n = ("hours", hours) if hours < 48 else ("days", hours // 24)
    return text.count(f"cli.unit.{unit}", n)


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path), required=False)
@pass_session
def backup_(session: Session, target: Path | None) -> None:
    """Take a whole, checked copy, also while others write; beside the database if not told.

    \b
    Example:
        advisory backup
    """
    beside = copy_path(session.db, utc_now())
    target = target or beside
    if target.is_dir():
        target = target / beside.name
    with session.reader() as store:
        backup.copy_to(store.db, target)
        kept = _keep_head(store)
    rows = sum(backup.verify(target).values())
    size = target.stat().st_size // 1024
    say(session.text("cli.backup_made", path=str(target), rows=rows, size=size))
    if not kept:
        say(session.text("cli.history.not_kept", path=str(heads.beside(session.db))), err=True)


def _keep_head(store: Store) -> bool:
    """Add a witness of the history, unless the folder of the database is not for writing."""
    try:
        heads.keep_head(store)
    except Refused:
        return False
    return True


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def restore(session: Session, file: Path, yes: bool) -> None:
    """Put the backup FILE in the place of the database, which is kept beside it.

    Stop the server first. The backup is checked before anything is touched.

    \b
    Example:
        advisory restore advisory.db.20250313T020000.backup
    """
    backup.verify(file)
    existed = session.db.exists()
    if session.db.resolve() == file.resolve():
        raise Refused("backup_exists", path=str(file))
    if existed and not yes:
        question = session.text("cli.restore_ask", path=str(session.db), backup=str(file))
        click.confirm(question, abort=True, err=True)
    aside = backup.aside(session.db)
    rows = sum(backup.restore(file, session.db).values())
    with open_store(session.db) as store:  # a copy from an older version is brought up to this one
        sessions.end_all(store)  # one that has been ended since the copy must not go on
    values = {"path": str(session.db), "rows": rows, "aside": str(aside)}
    say(session.text("cli.restored" if existed else "cli.restored_new", **values))


COMMANDS = (doctor, backup_, restore)
