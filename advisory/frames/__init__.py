"""All reading: one function per question, a DataFrame with promised columns and types.

Every function takes a store and shows it as of `store.today()`; another date is another store
(`store.at(date)`).
"""

from .actions import actions
from .attendance import attendees, imports
from .enrolments import case, enrolments, find_case, rhythm_days
from .figures import capacity, deadlines, figure_rows, figures, places
from .funnel import funnel, funnel_steps, funnel_unmatched, not_applied
from .journal import contacts, history, notes, tasks
from .mails import mail_rules, message_counts, messages
from .meetings import activities
from .milestones import milestones
from .municipalities import map_places, municipalities
from .signups import questions, signups

__all__ = [
    "actions",
    "activities",
    "attendees",
    "capacity",
    "case",
    "contacts",
    "deadlines",
    "enrolments",
    "figure_rows",
    "figures",
    "find_case",
    "funnel",
    "funnel_steps",
    "funnel_unmatched",
    "history",
    "imports",
    "mail_rules",
    "map_places",
    "message_counts",
    "messages",
    "milestones",
    "municipalities",
    "not_applied",
    "notes",
    "places",
    "questions",
    "rhythm_days",
    "signups",
    "tasks",
]
