"""A mail server, settings that lead to it, meetings with people, and what came of their mails."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from advisory import settings
from advisory.domain import calendar
from advisory.mail import server
from advisory.settings import Settings
from advisory.store import Row, Store, meetings, signups

from .post import Post

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
DAY = date(2025, 3, 25)


@pytest.fixture(autouse=True)
def quiet() -> None:
    """The server of the tests tells of every line that is cut, which here is meant."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stalls is given up on after a moment."""
    monkeypatch.setattr(server, "TIMEOUT_SECONDS", 0.3)


@pytest.fixture
def post() -> Iterator[Post]:
    """A mail server on loopback that does as it is told."""
    started = Post()
    yield started
    started.stop()


@pytest.fixture
def own(post: Post) -> Settings:
    """Settings of a trial that may write to kommune.example."""
    return settings_for(post)


def settings_for(post: Post, **others: object) -> Settings:
    values = {
        "mail_host": "127.0.0.1",
        "mail_port": post.port,
        "mail_tls": "none",
        "mail_from": "Møder <moeder@styrelsen.example>",
        "mail_allow": ("kommune.example",),
        "public_url": "https://tilmelding.example",
    }
    return replace(settings.read({}), **values | others)


@pytest.fixture
def make_meeting(facts: Store) -> Callable[..., int]:
    """`make_meeting(capacity=2)` gives the id of an online meeting on 25 March at 14.30."""

    def make(day: date = DAY, **others: object) -> int:
        starts_at = calendar.to_utc(day, time(14, 30))
        values = {
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=45),
            "signup_by": calendar.to_utc(day - timedelta(days=1), time(12)),
            "link": "https://moede.example/j/1",
            "organiser": "Styrelsen",
            "contact_email": "kontakt@styrelsen.example",
        }
        return meetings.create(facts, "info_meeting", "Om forløbet", **values | others)

    return make


@pytest.fixture
def sign_up(facts: Store) -> Callable[..., int]:
    """`sign_up(meeting, "anne")` gives the id of the sign-up of anne@kommune.example."""

    def up(activity_id: int, who: str, *, email: str = "", **others: str) -> int:
        address = email or f"{who}@kommune.example"
        placed = signups.sign_up(facts, activity_id, name=who.title(), email=address, **others)
        return placed.signup_id

    return up


def standing(store: Store, **values: object) -> list[tuple[str, str, str | None]]:
    """Kind, state and reason of the mails with these values, in the order they were planned."""
    found: list[Row] = store.rows("message")
    return [
        (row["kind"], row["state"], row["reason"])
        for row in found
        if all(row[name] == value for name, value in values.items())
    ]


@pytest.fixture
def mails(facts: Store) -> Callable[..., list[tuple[str, str, str | None]]]:
    """`mails(signup_id=1)` gives kind, state and reason of each mail."""
    return lambda **values: standing(facts, **values)


@pytest.fixture
def here() -> Path:
    return Path(__file__).parent
