"""Which region each municipality belongs to: it changes with the date."""

from ..store import Store
from .typed import reads


@reads("read.facts")
def regions(store: Store) -> dict[int, str]:
    """The region of each municipality on the date, by municipality id."""
    today = store.today().isoformat()
    rows = store.db.execute(
        "SELECT municipality_id, region FROM region_membership"
        " WHERE valid_from <= ? AND (valid_to IS NULL OR valid_to >= ?)",
        [today, today],
    )
    return dict(rows.fetchall())
