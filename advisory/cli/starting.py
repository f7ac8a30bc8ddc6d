"""Commands that make a database or put it on the network: init, demo, serve."""

import importlib
import signal
import tempfile
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from .. import frames
from ..domain import calendar
from ..domain.errors import Refused
from ..settings import settings
from ..store import (
    Clock,
    Store,
    backup,
    credentials,
    demo,
    open_store,
    people,
    seed,
    users,
    utc_now,
)
from .output import say
from .session import Session, pass_session
from .users import initials_of, typed_twice

ADMIN = "administrator"


@click.command()
@click.option("--admin", metavar="NAME", help="Also make this person administrator of users.")
@click.option("--email", help="The address that --admin signs in with.")
@click.option("--password", is_flag=True, help="Ask for the password of --admin.")
@pass_session
def init(session: Session, admin: str | None, email: str | None, password: bool) -> None:
    """Make the database or bring it up to date, with the public facts.

    Doing it again changes nothing. The administrator gives the others access, with advisory user.

    \b
    Example:
        advisory init --admin "Lene Kjærgaard" --email lene@styrelsen.example --password
    """
    if (admin is None) != (email is None) or (password and admin is None):
        raise click.UsageError("--admin and --email go together, and --password with them")
    if admin is not None and not admin.strip():
        raise Refused("name_needed")
    email = people.address(email) if email is not None else None
    session.has_database()  # refuses to lay our tables in a file of something else
    with open_store(session.db, demo.SYSTEM) as store:
        is_new = email is not None and _is_new(store, email)
        typed = typed_twice(session.text, email or "") if is_new and password else None
        with store.write("facts.load"):
            changed = seed.load_facts(store, settings().data_dir)
            added = is_new and _add_admin(store, admin or "", email or "", typed)
        say(
            session.text(
                "cli.ready",
                path=str(session.db),
                cohorts=len(store.rows("cohort")),
                municipalities=len(store.rows("municipality")),
                steps=len(store.rows("milestone_template")),
            )
        )
        say(session.text.count("cli.changed", changed))
        if added:
            say(session.text("cli.user_added", name=admin, login=email, role=ADMIN))


def _is_new(store: Store, email: str) -> bool:
    """Whether nobody has this login: somebody who has access already keeps it as it is.

    Refuses with `admin_other_role` when the database would then have no administrator.
    """
    found = store.find("app_user", login=email)
    if found and not store.find("app_user", role=ADMIN, active=1):
        raise Refused("admin_other_role", login=email, role=found["role"])
    return found is None


def _add_admin(store: Store, name: str, email: str, password: str | None) -> bool:
    user_id = users.add(store, email, name.strip(), initials_of(name), ADMIN)
    if password is not None:
        credentials.set_password(store, user_id, password)
    return True


class Split(click.ParamType):
    """Numbers of municipalities, one a cohort: 7,7,6."""

    name = "split"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
            self.fail(f"{value!r} is not numbers such as 7,7,6", param, ctx)
        return tuple(int(part) for part in parts)


@click.command("demo")
@click.option("--date", "until", metavar="DATE", help="The day it goes up to; today if not given.")
@click.option(
    "--split", type=Split(), default=demo.SPLIT, help="Municipalities in each cohort: 7,7,6."
)
@click.option("--seed", "number", type=int, default=demo.SEED, help="What the draw starts from.")
@pass_session
def demo_(session: Session, until: str | None, split: tuple[int, ...], number: int) -> None:
    """Fill a new database with invented participation.

    \b
    Example:
        advisory --db demo.db demo --date 2025-03-13 --split 7,7,6
    """
    today = calendar.local_date(utc_now())
    day = calendar.parse_date(until, today) if until else today
    if session.has_database():
        raise Refused("demo_not_empty")
    _make_demo(session.db, day, split, number)
    with open_store(session.db) as store:
        say(session.text("cli.demo_made", path=str(session.db), date=day, seed=str(number)))
        say(
            session.text(
                "cli.demo_counts",
                cases=len(frames.enrolments(store)),
                milestones=len(frames.milestones(store)),
                notes=len(frames.notes(store)),
                tasks=len(frames.tasks(store)),
                users=len(store.rows("app_user")),
            )
        )
        say(session.text("cli.demo_note"))


def _make_demo(path: Path, until: date, split: tuple[int, ...], number: int) -> None:
    """Make the database beside its place and move it there whole: stopped halfway leaves none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".demo-", dir=path.parent)
    except OSError as error:
        raise Refused("backup_unwritable", path=str(path)) from error
    with folder as name, closing(open_store(Path(name) / "demo.db", demo.SYSTEM)) as store:
        demo.load(store, settings().data_dir, until, split=split, seed_number=number)
        path.unlink(missing_ok=True)  # an empty file is a place, not a database
        backup.copy_to(store.db, path)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="[ADVISORY_PORT, 5006]")
@click.option("--address", help="[ADVISORY_ADDRESS, 127.0.0.1]")
@click.option("--today", metavar="DATE", help="Begin on another day; on demo data only.")
@pass_session
def serve(session: Session, port: int | None, address: str | None, today: str | None) -> None:
    """Show the pages in a browser.

    \b
    Example:
        advisory --db demo.db serve --port 5006 --today 2025-03-13
    """
    with session.reader() as store:
        clock = clock_from(store, session.day(store, today)) if today else utc_now
    # Panel takes over a second to import, which every other command would pay for: so the
    # server is imported here, when it is asked for.
    web = importlib.import_module("advisory.web.server")
    own = replace(settings(), db=session.db, language=session.text.language)
    port = own.port if port is None else port
    address = address or own.address
    try:
        server = web.serve(own, clock=clock, port=port, address=address, start=False)
    except OSError as error:
        raise Refused("address_taken", address=address, port=str(port)) from error
    say(session.text("cli.serving", address=address, port=str(server.port)))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        web.run(server)
    server.stop()


def clock_from(store: Store, day: date) -> Clock:
    """A clock that shows `day` now and goes on from there.

    Refuses with `today_not_demo`, and with `today_before_demo` for a day whose data would
    still be to come.
    """
    if not store.is_demo:
        raise Refused("today_not_demo")
    until = date.fromisoformat((store.find("setting", key="demo") or {})["value"])
    if day < until:
        raise Refused("today_before_demo", date=until)
    started = utc_now()
    ahead = calendar.to_utc(day, calendar.local(started).time()) - started
    return lambda: utc_now() + timedelta(seconds=ahead.total_seconds())


COMMANDS = (init, demo_, serve)
