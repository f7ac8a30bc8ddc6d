"""All reading: one function per question, a DataFrame with promised columns and types.

Every function takes a store and shows it as of `store.today()`; another date is another store
(`store.at(date)`).
"""

from .actions import actions
from .enrolments import case, enrolments, find_case, rhythm_days
from .figures import capacity, deadlines, figure_rows, figures, places
from .journal import contacts, history, notes, tasks
from .milestones import milestones
from .municipalities import map_places, municipalities

__all__ = [
    "actions",
    "capacity",
    "case",
    "contacts",
    "deadlines",
    "enrolments",
    "figure_rows",
    "figures",
    "find_case",
    "history",
    "map_places",
    "milestones",
    "municipalities",
    "notes",
    "places",
    "rhythm_days",
    "tasks",
]
