"""The tables, as numbered steps. A change is a new step at the end, never an edit of an old one.

Dates are ISO text, instants UTC ISO text, truth values 0 or 1. Every table but `history` and those
named in `connection.OPERATIONAL` has `id` and `version`; `version` counts the changes of a row. An
`id` is never given again (AUTOINCREMENT), except to a municipality, whose id is its public code. A
step that changes rows writes their `history` too, because the past is rebuilt from it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database, Migrations

from . import sealing

migrations = Migrations("advisory")

FIRST_TABLES = """
CREATE TABLE setting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    key TEXT NOT NULL UNIQUE, value TEXT NOT NULL, source TEXT NOT NULL
) STRICT;
CREATE TABLE code_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    list TEXT NOT NULL, code TEXT NOT NULL, position INTEGER NOT NULL,
    da TEXT NOT NULL, en TEXT NOT NULL, source TEXT NOT NULL,
    UNIQUE (list, code)
) STRICT;
CREATE TABLE initiative (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    code TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity >= 0),
    period_from TEXT NOT NULL, period_to TEXT NOT NULL,
    months INTEGER NOT NULL CHECK (months > 0), source TEXT NOT NULL
) STRICT;
CREATE TABLE cohort (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    initiative_id INTEGER NOT NULL REFERENCES initiative (id),
    code TEXT NOT NULL UNIQUE, starts_on TEXT NOT NULL,
    months INTEGER NOT NULL CHECK (months > 0),
    apply_by TEXT, places INTEGER CHECK (places >= 0), source TEXT NOT NULL
) STRICT;
CREATE TABLE municipality (
    id INTEGER PRIMARY KEY, version INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL UNIQUE, official_name TEXT NOT NULL, slug TEXT NOT NULL UNIQUE,
    short TEXT NOT NULL UNIQUE, part TEXT NOT NULL, nuts3 TEXT NOT NULL, kind TEXT NOT NULL,
    population INTEGER, tile_row INTEGER NOT NULL, tile_col INTEGER NOT NULL,
    aliases TEXT NOT NULL, source TEXT NOT NULL, UNIQUE (tile_row, tile_col)
) STRICT;
CREATE TABLE region_membership (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    municipality_id INTEGER NOT NULL REFERENCES municipality (id),
    region TEXT NOT NULL, region_code TEXT,
    valid_from TEXT NOT NULL, valid_to TEXT, source TEXT NOT NULL,
    UNIQUE (municipality_id, valid_from)
) STRICT;
CREATE TABLE organisation (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    kind TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    municipality_id INTEGER REFERENCES municipality (id), source TEXT NOT NULL
) STRICT;
CREATE TABLE app_user (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, initials TEXT NOT NULL,
    role TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE enrolment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    cohort_id INTEGER NOT NULL REFERENCES cohort (id),
    municipality_id INTEGER NOT NULL REFERENCES municipality (id),
    consultant_id INTEGER REFERENCES app_user (id),
    prior_experience TEXT, goal TEXT, starts_on TEXT,
    UNIQUE (cohort_id, municipality_id)
) STRICT;
CREATE TABLE enrolment_status (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    enrolment_id INTEGER NOT NULL REFERENCES enrolment (id),
    status TEXT NOT NULL, on_date TEXT NOT NULL, reason TEXT, actor TEXT NOT NULL
) STRICT;
CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL, email TEXT, phone TEXT, no_mail INTEGER NOT NULL DEFAULT 0,
    purpose TEXT NOT NULL, delete_after TEXT NOT NULL
) STRICT;
CREATE TABLE contact (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    person_id INTEGER NOT NULL REFERENCES person (id),
    organisation_id INTEGER REFERENCES organisation (id),
    enrolment_id INTEGER REFERENCES enrolment (id),
    role TEXT NOT NULL, audience TEXT, valid_from TEXT NOT NULL, valid_to TEXT
) STRICT;
CREATE TABLE milestone_template (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    initiative_id INTEGER NOT NULL REFERENCES initiative (id),
    code TEXT NOT NULL, position INTEGER NOT NULL, phase TEXT NOT NULL,
    name_da TEXT NOT NULL, name_en TEXT NOT NULL, short_da TEXT NOT NULL, short_en TEXT NOT NULL,
    kind TEXT NOT NULL, anchor TEXT NOT NULL CHECK (anchor IN ('start', 'end', 'milestone')),
    anchor_code TEXT, offset INTEGER NOT NULL,
    unit TEXT NOT NULL CHECK (unit IN ('months', 'days', 'working_days')), source TEXT NOT NULL,
    UNIQUE (initiative_id, code)
) STRICT;
CREATE TABLE milestone (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    enrolment_id INTEGER NOT NULL REFERENCES enrolment (id),
    template_id INTEGER REFERENCES milestone_template (id),
    position INTEGER NOT NULL, phase TEXT NOT NULL, name TEXT NOT NULL, name_en TEXT,
    kind TEXT NOT NULL, anchor TEXT NOT NULL CHECK (anchor IN ('start', 'end', 'milestone')),
    anchor_id INTEGER REFERENCES milestone (id), offset INTEGER NOT NULL,
    unit TEXT NOT NULL CHECK (unit IN ('months', 'days', 'working_days')),
    override_on TEXT, pinned INTEGER NOT NULL DEFAULT 0, override_reason TEXT,
    done_on TEXT, not_applicable INTEGER NOT NULL DEFAULT 0, na_reason TEXT,
    CHECK (pinned = 0 OR override_on IS NOT NULL),
    CHECK (anchor <> 'milestone' OR anchor_id IS NOT NULL)
) STRICT;
CREATE TABLE note (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    enrolment_id INTEGER NOT NULL REFERENCES enrolment (id),
    kind TEXT NOT NULL, noted_on TEXT NOT NULL, text TEXT NOT NULL,
    author_id INTEGER REFERENCES app_user (id)
) STRICT;
CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    enrolment_id INTEGER REFERENCES enrolment (id), title TEXT NOT NULL,
    due_on TEXT, assignee_id INTEGER REFERENCES app_user (id), done_on TEXT,
    note_id INTEGER REFERENCES note (id)
) STRICT;
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL,
    action TEXT NOT NULL, operation TEXT NOT NULL,
    table_name TEXT NOT NULL, row_id INTEGER NOT NULL, before TEXT, after TEXT
) STRICT;
CREATE INDEX enrolment_status_enrolment ON enrolment_status (enrolment_id);
CREATE INDEX milestone_enrolment ON milestone (enrolment_id);
CREATE INDEX note_enrolment ON note (enrolment_id, noted_on);
CREATE INDEX task_enrolment ON task (enrolment_id);
CREATE INDEX contact_enrolment ON contact (enrolment_id);
CREATE INDEX history_row ON history (table_name, row_id, id);
CREATE INDEX history_at ON history (at);
CREATE INDEX history_operation ON history (operation);
CREATE INDEX history_case ON history (json_extract(coalesce(after, before), '$.enrolment_id'));
"""

MEETING_TABLES = """
CREATE TABLE activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    kind TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL DEFAULT '',
    starts_at TEXT NOT NULL, ends_at TEXT NOT NULL, place TEXT, link TEXT, link_at TEXT,
    capacity INTEGER CHECK (capacity > 0), signup_by TEXT, for_whom TEXT NOT NULL DEFAULT '',
    cohort_id INTEGER REFERENCES cohort (id),
    organiser TEXT NOT NULL DEFAULT '', contact_email TEXT,
    uid TEXT NOT NULL UNIQUE, sequence INTEGER NOT NULL DEFAULT 0,
    moved_at TEXT, cancelled_at TEXT, cancel_reason TEXT,
    answer_hours INTEGER NOT NULL DEFAULT 24 CHECK (answer_hours > 0),
    keep_months INTEGER NOT NULL DEFAULT 3 CHECK (keep_months >= 0),
    public INTEGER NOT NULL DEFAULT 1,
    copied_from_id INTEGER REFERENCES activity (id), source TEXT NOT NULL,
    CHECK (ends_at > starts_at)
) STRICT;
CREATE TABLE signup (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    activity_id INTEGER NOT NULL REFERENCES activity (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    email_key TEXT, state TEXT NOT NULL, since_at TEXT NOT NULL, created_at TEXT NOT NULL,
    queue INTEGER NOT NULL, answer_by TEXT, asked_at TEXT,
    municipality_id INTEGER REFERENCES municipality (id), municipality_text TEXT NOT NULL,
    workplace TEXT NOT NULL, role TEXT NOT NULL, question TEXT NOT NULL,
    language TEXT NOT NULL, token TEXT NOT NULL UNIQUE, form_key TEXT UNIQUE,
    source TEXT NOT NULL, present INTEGER,
    UNIQUE (activity_id, email_key), UNIQUE (activity_id, queue),
    CHECK ((state = 'offered') = (answer_by IS NOT NULL))
) STRICT;
CREATE TABLE mail_template (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    kind TEXT NOT NULL UNIQUE, position INTEGER NOT NULL,
    anchor TEXT NOT NULL CHECK (anchor IN ('event', 'start', 'end')),
    days INTEGER NOT NULL, at TEXT, minutes INTEGER NOT NULL,
    subject_da TEXT NOT NULL, body_da TEXT NOT NULL,
    subject_en TEXT NOT NULL, body_en TEXT NOT NULL, source TEXT NOT NULL
) STRICT;
CREATE TABLE mail_rule (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    activity_id INTEGER NOT NULL REFERENCES activity (id),
    kind TEXT NOT NULL, position INTEGER NOT NULL,
    anchor TEXT NOT NULL CHECK (anchor IN ('event', 'start', 'end')),
    days INTEGER NOT NULL DEFAULT 0, at TEXT, minutes INTEGER NOT NULL DEFAULT 0,
    active INTEGER NOT NULL DEFAULT 1,
    subject_da TEXT NOT NULL, body_da TEXT NOT NULL,
    subject_en TEXT NOT NULL, body_en TEXT NOT NULL,
    UNIQUE (activity_id, kind)
) STRICT;
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    activity_id INTEGER NOT NULL REFERENCES activity (id),
    signup_id INTEGER NOT NULL REFERENCES signup (id),
    kind TEXT NOT NULL, occasion TEXT NOT NULL, due_at TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('due', 'sending', 'sent', 'failed', 'skipped', 'uncertain')),
    reason TEXT, detail TEXT, attempts INTEGER NOT NULL DEFAULT 0, next_at TEXT,
    message_id TEXT UNIQUE, sent_at TEXT,
    UNIQUE (signup_id, kind, occasion)
) STRICT;
CREATE TABLE attendance_import (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    activity_id INTEGER NOT NULL REFERENCES activity (id),
    file_name TEXT NOT NULL, sha256 TEXT NOT NULL, format TEXT NOT NULL,
    rows INTEGER NOT NULL, people INTEGER NOT NULL, started_at TEXT, ended_at TEXT,
    UNIQUE (activity_id, sha256)
) STRICT;
CREATE TABLE attendee (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    activity_id INTEGER NOT NULL REFERENCES activity (id),
    import_id INTEGER NOT NULL REFERENCES attendance_import (id),
    name TEXT NOT NULL, email TEXT, spans TEXT NOT NULL, minutes REAL, joins INTEGER NOT NULL,
    signup_id INTEGER REFERENCES signup (id),
    decision TEXT NOT NULL
        CHECK (decision IN ('open', 'address', 'hand', 'walk_in', 'set_aside')),
    CHECK ((signup_id IS NOT NULL) = (decision IN ('address', 'hand', 'walk_in')))
) STRICT;
CREATE INDEX activity_starts ON activity (starts_at);
CREATE INDEX signup_state ON signup (activity_id, state, queue);
CREATE INDEX message_due ON message (state, due_at);
CREATE INDEX message_activity ON message (activity_id);
CREATE INDEX attendee_activity ON attendee (activity_id);
CREATE INDEX attendee_signup ON attendee (signup_id);
"""

ACTIVITY_TABLES = """
ALTER TABLE activity ADD COLUMN provider_id INTEGER REFERENCES organisation (id);
ALTER TABLE activity ADD COLUMN consultant_id INTEGER REFERENCES app_user (id);
ALTER TABLE activity ADD COLUMN first_starts_at TEXT;
ALTER TABLE activity ADD COLUMN held_at TEXT;
ALTER TABLE activity ADD COLUMN agreed TEXT NOT NULL DEFAULT '';
ALTER TABLE activity ADD COLUMN next_step TEXT NOT NULL DEFAULT '';
ALTER TABLE activity ADD COLUMN next_step_by TEXT;
ALTER TABLE activity ADD COLUMN materials TEXT NOT NULL DEFAULT '';
ALTER TABLE note ADD COLUMN minutes INTEGER CHECK (minutes > 0);
ALTER TABLE app_user ADD COLUMN organisation_id INTEGER REFERENCES organisation (id);
CREATE TABLE milestone_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    enrolment_id INTEGER NOT NULL REFERENCES enrolment (id),
    template_id INTEGER REFERENCES milestone_template (id),
    position INTEGER NOT NULL, phase TEXT NOT NULL, name TEXT NOT NULL, name_en TEXT,
    kind TEXT NOT NULL,
    anchor TEXT NOT NULL CHECK (anchor IN ('start', 'end', 'milestone', 'activity')),
    anchor_id INTEGER REFERENCES milestone (id), offset INTEGER NOT NULL,
    unit TEXT NOT NULL CHECK (unit IN ('months', 'days', 'working_days')),
    override_on TEXT, pinned INTEGER NOT NULL DEFAULT 0, override_reason TEXT,
    done_on TEXT, not_applicable INTEGER NOT NULL DEFAULT 0, na_reason TEXT,
    anchor_activity_id INTEGER REFERENCES activity (id),
    CHECK (pinned = 0 OR override_on IS NOT NULL),
    CHECK (anchor <> 'milestone' OR anchor_id IS NOT NULL),
    CHECK (anchor <> 'activity' OR anchor_activity_id IS NOT NULL)
) STRICT;
INSERT INTO milestone_new SELECT *, NULL FROM milestone;
DELETE FROM sqlite_sequence WHERE name = 'milestone_new';
INSERT INTO sqlite_sequence SELECT 'milestone_new', seq FROM sqlite_sequence
    WHERE name = 'milestone';
DROP TABLE milestone;
ALTER TABLE milestone_new RENAME TO milestone;
CREATE TABLE activity_enrolment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    activity_id INTEGER NOT NULL REFERENCES activity (id),
    enrolment_id INTEGER NOT NULL REFERENCES enrolment (id),
    milestone_id INTEGER REFERENCES milestone (id),
    UNIQUE (activity_id, enrolment_id)
) STRICT;
CREATE TABLE headcount (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    activity_id INTEGER NOT NULL REFERENCES activity (id),
    enrolment_id INTEGER NOT NULL REFERENCES enrolment (id),
    audience TEXT NOT NULL,
    planned INTEGER CHECK (planned >= 0), attended INTEGER CHECK (attended >= 0),
    UNIQUE (activity_id, enrolment_id, audience)
) STRICT;
CREATE TABLE audience_target (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    initiative_id INTEGER NOT NULL REFERENCES initiative (id), audience TEXT NOT NULL,
    low INTEGER NOT NULL CHECK (low >= 0), high INTEGER NOT NULL, source TEXT NOT NULL,
    UNIQUE (initiative_id, audience), CHECK (high >= low)
) STRICT;
CREATE TABLE partner_order (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    provider_id INTEGER NOT NULL REFERENCES organisation (id),
    cohort_id INTEGER NOT NULL REFERENCES cohort (id),
    sessions INTEGER NOT NULL CHECK (sessions >= 0), seats INTEGER CHECK (seats >= 0),
    source TEXT NOT NULL, UNIQUE (provider_id, cohort_id)
) STRICT;
CREATE TABLE delivery_sheet (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    provider_id INTEGER NOT NULL REFERENCES organisation (id),
    made_at TEXT NOT NULL, rows TEXT NOT NULL
) STRICT;
CREATE TABLE delivery_reply (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    sheet_id INTEGER NOT NULL REFERENCES delivery_sheet (id),
    file_name TEXT NOT NULL, sha256 TEXT NOT NULL, received_at TEXT NOT NULL,
    UNIQUE (sheet_id, sha256)
) STRICT;
CREATE TABLE delivery_cell (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    reply_id INTEGER NOT NULL REFERENCES delivery_reply (id),
    activity_id INTEGER NOT NULL REFERENCES activity (id),
    field TEXT NOT NULL, base TEXT, theirs TEXT,
    decision TEXT NOT NULL CHECK (decision IN ('open', 'theirs', 'ours')),
    UNIQUE (reply_id, activity_id, field)
) STRICT;
CREATE TABLE calendar_feed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    user_id INTEGER NOT NULL REFERENCES app_user (id),
    sha256 TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, revoked_at TEXT
) STRICT;
CREATE INDEX milestone_enrolment ON milestone (enrolment_id);
CREATE INDEX activity_enrolment_enrolment ON activity_enrolment (enrolment_id);
CREATE INDEX headcount_enrolment ON headcount (enrolment_id);
CREATE INDEX delivery_cell_activity ON delivery_cell (activity_id);
"""

INTAKE_TABLES = """
ALTER TABLE enrolment ADD COLUMN received_at TEXT;
ALTER TABLE enrolment ADD COLUMN motivation TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolment ADD COLUMN attachments TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolment ADD COLUMN commitment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE enrolment ADD COLUMN reviewed_on TEXT;
ALTER TABLE enrolment ADD COLUMN priority INTEGER CHECK (priority > 0);
ALTER TABLE enrolment ADD COLUMN priority_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolment ADD COLUMN contact_id INTEGER REFERENCES contact (id);
ALTER TABLE enrolment_status ADD COLUMN answer_by TEXT;
ALTER TABLE enrolment_status ADD COLUMN recorded_at TEXT;
CREATE TABLE place_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    initiative_id INTEGER NOT NULL REFERENCES initiative (id),
    enrolment_id INTEGER REFERENCES enrolment (id), cohort_id INTEGER REFERENCES cohort (id),
    kind TEXT NOT NULL CHECK (kind IN ('capacity', 'places', 'freed', 'moved')),
    before INTEGER, after INTEGER, on_date TEXT NOT NULL, recorded_at TEXT NOT NULL,
    reason TEXT NOT NULL, actor TEXT NOT NULL,
    CHECK ((kind IN ('freed', 'moved')) = (enrolment_id IS NOT NULL)),
    CHECK (kind <> 'places' OR cohort_id IS NOT NULL)
) STRICT;
CREATE TABLE column_mapping (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    list TEXT NOT NULL, header TEXT NOT NULL, field TEXT NOT NULL, UNIQUE (list, header)
) STRICT;
CREATE TABLE decision_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL DEFAULT 1,
    kind TEXT NOT NULL UNIQUE, position INTEGER NOT NULL,
    subject TEXT NOT NULL, body TEXT NOT NULL, source TEXT NOT NULL
) STRICT;
CREATE INDEX place_change_enrolment ON place_change (enrolment_id);
"""

ACCESS_TABLES = """
ALTER TABLE app_user ADD COLUMN subject TEXT;
ALTER TABLE app_user ADD COLUMN password_at TEXT;
ALTER TABLE history ADD COLUMN before_salt TEXT;
ALTER TABLE history ADD COLUMN after_salt TEXT;
ALTER TABLE history ADD COLUMN before_hash TEXT;
ALTER TABLE history ADD COLUMN after_hash TEXT;
ALTER TABLE history ADD COLUMN link TEXT;
CREATE TABLE credential (
    user_id INTEGER PRIMARY KEY REFERENCES app_user (id), password TEXT NOT NULL
) STRICT;
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE,
    user_id INTEGER NOT NULL REFERENCES app_user (id),
    method TEXT NOT NULL CHECK (method IN ('password', 'oidc', 'demo')),
    started_at TEXT NOT NULL, seen_at TEXT NOT NULL, ended_at TEXT
) STRICT;
CREATE TABLE sign_in_try (
    id INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL UNIQUE,
    tries INTEGER NOT NULL CHECK (tries > 0), last_at TEXT NOT NULL
) STRICT;
CREATE TABLE read_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,
    login TEXT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, page TEXT NOT NULL,
    enrolment_id INTEGER NOT NULL, notes INTEGER NOT NULL
) STRICT;
CREATE INDEX history_actor ON history (actor, id);
CREATE INDEX session_user ON session (user_id);
CREATE INDEX read_log_case ON read_log (enrolment_id, at);
"""

READ_ONLY_ONCE_WRITTEN = tuple(
    f"CREATE TRIGGER read_log_no_{verb.lower()} BEFORE {verb} ON read_log"
    " BEGIN SELECT RAISE(ABORT, 'the log of readings is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)

APPEND_ONLY = {
    verb: f"CREATE TRIGGER history_no_{verb.lower()} BEFORE {verb} ON history"
    " BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"
    for verb in ("UPDATE", "DELETE")
}


@contextmanager
def let_history_change(db: Database) -> Iterator[None]:
    """Take the guard of the history off for a moment, inside a transaction.

    Only erasure may, and what seals a history that came without seals.
    """
    if not db.conn.in_transaction:
        raise RuntimeError("outside store.write")
    db.execute("DROP TRIGGER history_no_update")
    yield
    db.execute(APPEND_ONLY["UPDATE"])


@migrations()
def m001_first_tables(db: Database) -> None:
    """Everything the programmes, their plans and their journals need."""
    _run(db, FIRST_TABLES)
    for trigger in APPEND_ONLY.values():
        db.execute(trigger)


@migrations()
def m002_meetings(db: Database) -> None:
    """Info meetings and webinars: sign-ups, mails, and who was there."""
    _run(db, MEETING_TABLES)


@migrations()
def m003_activities(db: Database) -> None:
    """The programme's activities: whom they serve, who came, who delivers, and the plan by them.

    A milestone may count from an activity now. A condition cannot be altered, so its table is
    made anew, with its rows and the number of the last id that was given.
    """
    _run(db, ACTIVITY_TABLES)


@migrations()
def m004_intake(db: Database) -> None:
    """What applications hold, when offers end, what changes the number of places, and letters."""
    _run(db, INTAKE_TABLES)


@migrations()
def m005_access(db: Database) -> None:
    """Passwords, sessions, what has been read, and the chain that the history hangs on."""
    _run(db, ACCESS_TABLES)
    with let_history_change(db):
        sealing.seal_rest(db)
    for trigger in READ_ONLY_ONCE_WRITTEN:
        db.execute(trigger)


def _run(db: Database, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)


def altered(db: Database) -> list[str]:
    """Names of what `db` defines otherwise than the steps taken on it: damage, or another hand.

    A changed letter in a definition passes the engine's own checks, and rows read through it look
    whole.
    """
    taken = {step.name for step in migrations.applied(db)}
    fresh = Database(memory=True)
    try:
        rest = [step.name for step in migrations._migrations if step.name not in taken]
        migrations.apply(fresh, stop_before=rest)
        wanted, found = _definitions(fresh), _definitions(db)
    finally:
        fresh.close()
    return sorted({name for name, _ in wanted.items() ^ found.items()})


def _definitions(db: Database) -> dict[str, str]:
    rows = db.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {name: sql for name, sql in rows if not name.startswith(("sqlite_", "_"))}
