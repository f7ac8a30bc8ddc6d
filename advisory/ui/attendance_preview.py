"""What a report would bring, shown before anything is written; and what it brought."""

from datetime import datetime

from markupsafe import Markup

from ..domain import attendance as rules
from ..domain.errors import AdvisoryError
from ..store import Row, Store, attendance
from ..texts import Text
from .safe import render

PREVIEW = "upload_preview.html"


def preview(store: Store, text: Text, activity: Row, report: rules.Report, sha256: str) -> Markup:
    """The people in a report with the sign-up each belongs to, and what could not be read.

    Refuses as `store.attendance.refuse`.
    """
    attendance.refuse(store, activity, report)
    start, end = (datetime.fromisoformat(activity[name]) for name in ("starts_at", "ends_at"))
    signed = attendance.signed_up(store, activity["id"])
    names = {signup_id: name for signup_id, name, _ in signed}
    found = rules.matches(report.people, signed)
    rows = [
        {
            "name": person.name,
            "email": person.email,
            "joins": person.joins,
            "minutes": rules.attended([person], start, end),
            "signed": names.get(signup_id, ""),
        }
        for person, signup_id in zip(report.people, found)
    ]
    same = store.find("attendance_import", activity_id=activity["id"], sha256=sha256)
    return render(
        PREVIEW,
        text,
        error="",
        done=False,
        again=same is not None,
        report=report,
        rows=rows,
        matched=sum(bool(row["signed"]) for row in rows),
        unknown=sum(not row["signed"] for row in rows),
    )


def taken(text: Text, report: rules.Report, came: attendance.Taken) -> Markup:
    """What taking the report in came to."""
    return render(
        PREVIEW,
        text,
        error="",
        done=True,
        again=not came.changed,
        report=report,
        matched=came.matched,
        unknown=came.open,
    )


def refused(text: Text, error: AdvisoryError) -> Markup:
    """Why a file cannot be used."""
    return render(PREVIEW, text, error=text.error(error), done=False, again=False)
