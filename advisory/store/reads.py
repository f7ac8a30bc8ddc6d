"""Who has read what: one row when somebody opens a case with notes, beside the records.

Readings are no records: they have no history, and `version` stands. They cannot be changed.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

from ..domain.errors import Refused
from . import Store, open_store

INSERT = """
INSERT INTO read_log (at, login, actor, role, page, enrolment_id, notes)
SELECT ?, ?, ?, ?, ?, id, ? FROM enrolment WHERE id = ?"""

log = logging.getLogger(__name__)


def note_reading(store: Store, enrolment_id: int, page: str, *, notes: int | None = None) -> bool:
    """Note that this person sees notes of a case on `page`, and return whether it was noted.

    `notes` is how many they see, by default all that the case has on the store's date. Nothing is
    noted of a case without notes, or of one that is no more. A file that can only be read, that is
    busy or on a full disk keeps nobody from reading: it is logged, without names, and gives False.
    """
    present = store.present
    if notes is None:
        mine = "SELECT count(*) FROM note WHERE enrolment_id = ?"
        notes = store.db.execute(mine, [enrolment_id]).fetchone()[0]
    if not notes:
        return False
    at = present.now().astimezone(UTC).isoformat(timespec="microseconds")
    actor = store.actor
    row = [at, actor.login, actor.name, actor.role, page, notes, enrolment_id]
    try:
        with _writable(present) as writing, writing.unrecorded():
            return writing.db.execute(INSERT, row).rowcount > 0
    except Refused as error:
        log.warning("a reading of notes on %r was not noted: %s", page, error.key)
        return False


@contextmanager
def _writable(store: Store) -> Iterator[Store]:
    """The store itself, or one beside it when its own connection is for reading only."""
    if not store.read_only:
        yield store
        return
    with open_store(store.path, store.actor, clock=store._clock) as own:
        yield own
