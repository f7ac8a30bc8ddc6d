"""All reading: one function per question, a DataFrame with promised columns and types.

Every function takes a store and shows it as of `store.today()`; another date is another store
(`store.at(date)`).
"""

from .actions import actions
from .activities import activities, headcounts, served, targets
from .attendance import attendees, imports
from .balance import balance, gaps
from .changes import (
    changes,
    history_actors,
    history_cases,
    history_head,
    newer_changes,
    put_back,
)
from .deliveries import deliveries, delivery_cells, delivery_cohorts, delivery_sessions
from .enrolments import FOLLOWED, case, enrolments, find_case, rhythm_days
from .figures import capacity, deadlines, figure_rows, figures, places
from .funnel import funnel, funnel_steps, funnel_unmatched, not_applied
from .intake import applications, rounds, waiting
from .journal import contacts, history, notes, tasks
from .ledger import ledger
from .mails import mail_rules, message_counts, messages
from .meetings import meeting_states, meetings
from .milestones import milestones
from .municipalities import map_places, municipalities
from .readings import readings
from .report_counts import report_counts
from .signups import questions, signups
from .sums import attendance_sums, competence_sums
from .trends import activities_by_municipality, attendance_by_month, competence_hours

__all__ = [
    "FOLLOWED",
    "actions",
    "activities",
    "activities_by_municipality",
    "applications",
    "attendance_by_month",
    "attendance_sums",
    "attendees",
    "balance",
    "capacity",
    "case",
    "changes",
    "competence_hours",
    "competence_sums",
    "contacts",
    "deadlines",
    "deliveries",
    "delivery_cells",
    "delivery_cohorts",
    "delivery_sessions",
    "enrolments",
    "figure_rows",
    "figures",
    "find_case",
    "funnel",
    "funnel_steps",
    "funnel_unmatched",
    "gaps",
    "headcounts",
    "history",
    "history_actors",
    "history_cases",
    "history_head",
    "imports",
    "ledger",
    "mail_rules",
    "map_places",
    "meeting_states",
    "meetings",
    "message_counts",
    "messages",
    "milestones",
    "municipalities",
    "newer_changes",
    "not_applied",
    "notes",
    "places",
    "put_back",
    "questions",
    "readings",
    "report_counts",
    "rhythm_days",
    "rounds",
    "served",
    "signups",
    "targets",
    "tasks",
    "waiting",
]
