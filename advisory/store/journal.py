"""What was said and what must be done: notes and tasks of a case."""

from datetime import date

from ..domain.errors import Refused
from . import Row, Store, codes

LONGEST_TEXT = 10_000
LONGEST_CONTACT = 24 * 60  # minutes


def add_note(
    store: Store,
    enrolment_id: int,
    text: str,
    *,
    kind: str,
    noted_on: date,
    author_id: int | None = None,
) -> int:
    """Write a note in the journal and return its id.

    Refuses with `text_needed`, `text_too_long`, `note_in_future`, `code_unknown`, `cpr_refused`.
    """
    with store.write("note.add"):
        store.get("enrolment", enrolment_id)
        row = _note(store, text, kind, noted_on)
        return store.insert("note", {"enrolment_id": enrolment_id, "author_id": author_id, **row})


def register_contact(
    store: Store,
    enrolment_id: int,
    text: str,
    *,
    noted_on: date,
    minutes: int | None = None,
    kind: str = "guidance",
    next_step: str = "",
    next_step_by: date | None = None,
    author_id: int | None = None,
) -> int:
    """Write a contact down: a note, and a task when there is a next step; returns the note's id.

    `minutes` is how long it took, None when not known. The task is its author's. Refuses as
    `add_note`, with `number_out_of_range`, and with `next_step_needed` for a day without a step.
    """
    with store.write("contact.register"):
        if minutes is not None and not 1 <= minutes <= LONGEST_CONTACT:
            raise Refused("number_out_of_range", number=minutes, lowest=1, highest=LONGEST_CONTACT)
        if next_step_by and not next_step.strip():
            raise Refused("next_step_needed")
        store.get("enrolment", enrolment_id)
        row = _note(store, text, kind, noted_on) | {"minutes": minutes}
        own = {"enrolment_id": enrolment_id, "author_id": author_id}
        note_id = store.insert("note", own | row)
        if next_step.strip():
            add_task(
                store,
                enrolment_id,
                next_step,
                due_on=next_step_by,
                assignee_id=author_id,
                note_id=note_id,
            )
        return note_id


def edit_note(
    store: Store,
    note_id: int,
    text: str,
    *,
    kind: str,
    noted_on: date,
    version: int | None = None,
) -> Row:
    """Correct a note and return it as it now is; what it said before stays in the history."""
    with store.write("note.edit"):
        return store.update("note", note_id, _note(store, text, kind, noted_on), version=version)


def _note(store: Store, text: str, kind: str, noted_on: date) -> Row:
    text = _text(text)
    if noted_on > store.today():
        raise Refused("note_in_future", date=noted_on)
    codes.refuse_unknown(store, "note_kind", kind)
    return {"kind": kind, "noted_on": noted_on.isoformat(), "text": text}


def _text(text: str) -> str:
    text = text.strip()
    if not text:
        raise Refused("text_needed")
    if len(text) > LONGEST_TEXT:
        raise Refused("text_too_long", limit=LONGEST_TEXT)
    return text


def add_task(
    store: Store,
    enrolment_id: int | None,
    title: str,
    *,
    due_on: date | None = None,
    assignee_id: int | None = None,
    note_id: int | None = None,
) -> int:
    """Add something to do, in a case or in none, and return its id.

    Refuses with `not_found`, `text_needed`, `text_too_long`.
    """
    with store.write("task.add"):
        if enrolment_id is not None:
            store.get("enrolment", enrolment_id)
        return store.insert(
            "task",
            {
                "enrolment_id": enrolment_id,
                "title": _text(title),
                "due_on": due_on.isoformat() if due_on else None,
                "assignee_id": assignee_id,
                "note_id": note_id,
            },
        )


def finish_task(
    store: Store, task_id: int, done_on: date | None, *, version: int | None = None
) -> Row:
    """Tick a task off with its day, or open it again with None."""
    with store.write("task.done"):
        if done_on and done_on > store.today():
            raise Refused("done_in_future", date=done_on)
        changes = {"done_on": done_on.isoformat() if done_on else None}
        return store.update("task", task_id, changes, version=version)
