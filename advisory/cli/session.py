"""Who asks, in which language, of which database; and how a command that cannot goes out."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from .. import frames
from ..domain import calendar
from ..domain.errors import NotFound, Refused
from ..reports import records
from ..store import Store, municipalities, open_store, users
from ..store.connection import connect, tables
from ..texts import Text
from .output import say

OWN_TABLES = {"enrolment", "milestone", "municipality"}

as_of_option = click.option("--as-of", metavar="DATE", help="See the data as known that day.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@dataclass
class Session:
    """What the options before the command's name say, and what opens the database by them."""

    db: Path
    text: Text
    user: str | None
    debug: bool = False

    @contextmanager
    def reader(self, as_of: str | None = None) -> Iterator[Store]:
        """The database for reading, on the date `as_of` as a person types it.

        Refuses with `database_not_made`, `not_our_database`, `user_unknown` and what
        `open_store` and `parse_date` refuse with.
        """
        self.require_database()
        with open_store(self.db, read_only=True) as store:
            if self.user:
                store.actor = users.actor_for(store, self.user)
            yield store.at(self.day(store, as_of)) if as_of else store

    @contextmanager
    def writer(self) -> Iterator[Store]:
        """The database for writing, as the person that --user names.

        On demo data nobody has to say who they are: the first consultant writes, and
        `tell_who` says so. Refuses as `reader`, and with `user_needed`.
        """
        self.require_database()
        with open_store(self.db) as store:
            store.actor = users.actor_for(store, self.user or first_consultant(store))
            yield store

    def require_database(self) -> None:
        """Refuse with `database_not_made` or `not_our_database` unless there is one to open."""
        if not self.has_database():
            raise NotFound("database_not_made", path=str(self.db))

    def has_database(self) -> bool:
        """Whether there is a database of ours; anything else in its place is refused.

        Asked before the file is opened for writing, which would lay our tables in it.
        """
        if not self.db.exists():
            return False
        if not self.db.is_file():
            raise Refused("not_our_database", path=str(self.db))
        if not self.db.stat().st_size:
            return False
        with closing(connect(self.db, read_only=True)) as db:
            found = set(tables(db))
        if found and not found >= OWN_TABLES:
            raise Refused("not_our_database", path=str(self.db))
        return bool(found)

    def tell_who(self, store: Store) -> None:
        """Say on stderr who wrote, when the person did not."""
        if not self.user:
            say(self.text("cli.user_is_first_consultant", name=store.actor.name), err=True)

    def day(self, store: Store, typed: str | None) -> date:
        """The day a person typed, or today."""
        return calendar.parse_date(typed, store.today()) if typed else store.today()


pass_session: Callable[[Callable[..., Any]], Callable[..., Any]] = click.make_pass_decorator(
    Session
)


def first_consultant(store: Store) -> str:
    """The login of the first consultant of invented data; real data refuse with `user_needed`."""
    found = store.rows("app_user", "role = ? AND active = 1", ["consultant"])
    if not found or not store.is_demo:
        raise Refused("user_needed")
    return found[0]["login"]


def municipality_of(store: Store, typed: str) -> tuple[int, str]:
    """Code and name of the municipality a person typed.

    Refuses with `municipality_near`, naming what was perhaps meant, `municipality_unknown`, and
    with `nothing_known` on a day before the first record.
    """
    known = municipalities.known(store)
    if not known:
        raise NotFound("nothing_known", date=store.today())
    found = municipalities.match(store, typed)
    if found.code is not None:
        return found.code, found.name
    if found.suggestions:
        names = {one.code: one.names[0] for one in known}
        near = " / ".join(names[code] for code in found.suggestions)
        raise Refused("municipality_near", text=typed, name=near)
    raise NotFound("municipality_unknown", text=typed)


def case_id(store: Store, typed: str) -> tuple[int, str]:
    """The case of the municipality a person typed, and the municipality's name.

    Of several it is the one the map shows: with a place before without, later before earlier.
    Refuses as `municipality_of`, and with `no_case`.
    """
    code, name = municipality_of(store, typed)
    for place in records(frames.map_places(store)):
        if place["municipality_id"] == code and place["enrolment_id"] is not None:
            return place["enrolment_id"], name
    raise NotFound("no_case", municipality=name)
