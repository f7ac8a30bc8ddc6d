"""What stands in the calendar already, as `domain.scheduling` asks for it."""

from datetime import date

import pandas as pd

from ..domain import activities as rules
from ..domain.scheduling import Booking
from ..store import Store
from .activities import activities
from .enrolments import enrolments
from .typed import reads


@reads("read.programme")
def bookings(store: Store) -> tuple[Booking, ...]:
    """Every activity of every kind that is not cancelled, by its start; instants in UTC.

    The agency is nobody's provider here: its consultants can be busy, it cannot.
    """
    found = activities(store)
    found = found[found["state"] != "cancelled"]
    agency = {row["id"] for row in store.rows("organisation", "kind = 'agency'")}
    found["provider_id"] = found["provider_id"].mask(found["provider_id"].isin(agency))
    return tuple(
        Booking(
            id=activity_id,
            kind=kind,
            title=title,
            starts_at=starts_at.to_pydatetime(),
            ends_at=ends_at.to_pydatetime(),
            consultant_id=consultant_id,
            provider_id=provider_id,
            enrolments=frozenset(served),
        )
        for activity_id, kind, title, starts_at, ends_at, consultant_id, provider_id, served in zip(
            *(found[name] for name in ("activity_id", "kind", "title", "starts_at", "ends_at")),
            *(_known(found[name]) for name in ("consultant_id", "provider_id")),
            found["enrolments"],
        )
    )


@reads("read.programme")
def periods(store: Store) -> dict[int, tuple[date, date]]:
    """The first and the last day on which an activity can belong to a case, by its enrolment id."""
    found = enrolments(store)
    return {
        enrolment_id: rules.span(starts_on.date(), ends_on.date())
        for enrolment_id, starts_on, ends_on in zip(
            found["enrolment_id"], found["starts_on"], found["ends_on"]
        )
    }


def _known(ids: pd.Series) -> pd.Series:
    """Ids as plain numbers, None where there is none."""
    return ids.astype(object).where(ids.notna(), None)
