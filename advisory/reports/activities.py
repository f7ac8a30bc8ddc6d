"""The reports about activities: what was planned with whom, and how many came."""

from .. import frames
from .columns import Report, clock, code, columns, several, word

ACTIVITIES: dict[str, Report] = {
    "activities": Report(
        "page.case",  # whole numbers of few people: not for everybody who may see the calendar
        frames.activities,
        ("activity_id",),
        columns(
            "week", ("activity_on", "day", None), ("starts", "starts_at", clock),
            ("ends", "ends_at", clock), ("kind", word("activity_kind")), "title",
            ("municipalities", several), "provider", "consultant",
            ("state", word("report.activity_state")), ("expected", "planned", None), "attended",
            "capacity",
        ),
    ),
    "headcounts": Report(
        "page.case",
        frames.headcounts,
        ("activity_id", "enrolment_id", "audience"),
        columns(
            ("activity_on", "day", None), "title", ("kind", word("activity_kind")),
            "municipality", "cohort", ("audience", code("audience")),
            ("expected", "planned", None), "attended",
        ),
    ),
}  # fmt: skip
