"""Lists and reports that people are counted from: read, shown, and forgotten."""

from functools import partial

from markupsafe import Markup

from .. import imports
from ..domain.errors import NotFound
from ..store import activities
from ..store.instants import instant
from ..ui import shell
from ..ui.activity_report import preview
from .uploads import AttendanceReport


class HeadcountReport(AttendanceReport):
    """Reads a file for the activity `aktivitet` and answers with numbers. It never writes."""

    async def _read(self, visit: shell.Visit, query: dict[str, str]) -> Markup:
        store = visit.base
        visit.view.store.require("headcount.edit")
        asked = query.get("aktivitet", "")
        if not (asked.isascii() and asked.isdigit()):
            raise NotFound("not_found", table="activity", row_id=asked)
        activity = activities.get(store, int(asked))
        name, near = query.get("navn", ""), instant(activity["starts_at"])
        read = partial(imports.read_safely, bytes(self._content), name, near=near)
        report = await self._apart(read)
        return preview(visit.view, activity["id"], report)
