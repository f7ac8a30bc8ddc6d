"""The reports about meetings: who signed up, what they were sent, who came, who then applied."""

import pandas as pd

from .. import frames
from ..store import Store
from .columns import Report, clock, columns, day, tenths, truth, word


def _of_meetings(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with the day, the title and the round of their meeting."""
    own = ["activity_id", "day", "title", "cohort"]
    return rows.merge(frames.meetings(store)[own], on="activity_id", how="left")


def _signups(store: Store) -> pd.DataFrame:
    return _of_meetings(store, frames.signups(store))


def _mails(store: Store) -> pd.DataFrame:
    return _of_meetings(store, frames.messages(store))


def _attendance(store: Store) -> pd.DataFrame:
    return _of_meetings(store, frames.attendees(store))


def _funnel(store: Store) -> pd.DataFrame:
    """Every round, by the start of its cohort."""
    codes = [row["code"] for row in store.rows("cohort", order="starts_on")]
    return pd.concat(
        [frames.funnel(store, code) for code in codes] or [frames.funnel(store, "")],
        ignore_index=True,
    )


MEETINGS: dict[str, Report] = {
    "meetings": Report(
        "page.meetings",
        frames.meetings,
        ("activity_id",),
        columns(
            ("meeting_on", "day", None), ("starts", "starts_at", clock),
            ("ends", "ends_at", clock), ("kind", word("activity_kind")), "title", "place",
            "cohort", ("status", word("report.meeting_status")), "capacity", "seats", "offered",
            "waiting", ("left_list", "withdrawn", None), "walk_ins", "present", "absent",
            "to_decide", "unknown",
            "also_present", "organiser", ("public", truth), "source",
        ),
    ),
    "signups": Report(
        "page.meetings",
        _signups,
        ("signup_id",),
        columns(
            ("meeting_on", "day", None), "title", "cohort", "name", "email", "municipality",
            "municipality_text", "workplace", "role", "question",
            ("signup_state", "state", word("signup_state")), "position",
            ("signed_up_on", "created_at", day), ("signed_up_at", "created_at", clock),
            ("presence", "present", word("report.presence")), ("minutes", tenths),
            ("signup_source", "source", word("report.signup_source")), ("no_mail", truth),
        ),
    ),
    "mails": Report(
        "page.meetings",
        _mails,
        ("message_id",),
        columns(
            ("meeting_on", "day", None), "title", "name", "email",
            ("mail", "kind", word("mail_kind")), ("mail_state", "state", word("mail_state")),
            ("mail_reason", "reason", word("mail_reason")), "detail",
            ("mail_due_on", "due_at", day), ("mail_due_at", "due_at", clock),
            ("sent_on", "sent_at", day), ("sent_at", clock), "attempts",
        ),
    ),
    "attendance": Report(
        "page.meetings",
        _attendance,
        ("attendee_id",),
        columns(
            ("meeting_on", "day", None), "title", ("name_in_report", "name", None), "email",
            ("minutes", tenths), "joins", ("decision", word("report.decision")), "signed_name",
        ),
    ),
    "funnel": Report(
        "page.meetings",
        _funnel,
        ("cohort", "municipality_id"),
        columns(
            "cohort", ("code", "municipality_id", None), "municipality", "region",
            ("invited", truth), ("people_signed_up", "signups", None),
            ("first_signup_on", "signed_up_on", None), ("people_present", "present", None),
            ("first_meeting_on", "present_on", None), ("last_meeting_on", "last_meeting", None),
            "applied_on", ("in_time", truth), "admitted_on", "days_to_apply", "days_to_admit",
            ("without_meeting", truth),
        ),
    ),
}  # fmt: skip
