"""Lists of applications: read, shown with what they would bring, and taken in whole or not at all.

What the columns mean is sent along each time, so that what is done is what was shown.
"""

import re
from collections.abc import Mapping
from functools import partial

from markupsafe import Markup

from .. import imports
from ..domain.errors import Refused
from ..imports import intake
from ..store import application_import
from ..ui import application_import as views
from ..ui import shell
from .uploads import AttendanceReport

_COLUMN = re.compile(rf"{views.FIELD}([0-9]{{1,4}})")


class ApplicationList(AttendanceReport):
    """Reads a list for the cohort `hold`; writes only without `proev`, and without a problem.

    `felt_3=motivation` says what the fourth column means. `fortryd` takes an operation back.
    """

    action = "application.import"

    async def _read(self, visit: shell.Visit, query: dict[str, str]) -> Markup:
        view, store = visit.view, visit.view.store
        if store.read_only:
            raise Refused("read_only_date", date=store.today())
        if operation := query.get("fortryd"):
            store.revert(operation)
            return views.undone(view)
        name, cohort = query.get("navn", ""), query.get("hold", "")
        read = partial(imports.read_applications_safely, bytes(self._content), name)
        table = await self._apart(read)
        chosen, language = _chosen(query), view.text.language
        reading = intake.look(store, table, chosen, cohort=cohort, language=language)
        if reading.problems and not query.get("proev"):
            self.set_status(409)  # it was shown without a problem, and has one now
        elif not query.get("proev"):
            came = application_import.take_in(store, reading.found.rows, reading.learns)
            return views.taken(view, came)
        return views.preview(view, reading, name=name, cohort=cohort, chosen=bool(chosen))


def _chosen(query: Mapping[str, str]) -> dict[int, str]:
    """Column -> field, for the columns that the address says something about."""
    found = ((_COLUMN.fullmatch(name), value) for name, value in query.items())
    return {int(column[1]): value for column, value in found if column}
