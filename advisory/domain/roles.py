"""Who may do what: roles, and one table from action to roles."""

from functools import cache

GIVEN = ("consultant", "office", "leadership", "partner", "administrator")  # to people
ROLES = (*GIVEN, "system", "public")

_SYSTEM = frozenset({"system"})
_OFFICE = _SYSTEM | {"office"}
_ADMINISTRATOR = _SYSTEM | {"administrator"}
_CASE = _OFFICE | {"consultant"}
_READ = _CASE | {"leadership"}
_PARTNER = frozenset({"partner"})  # sees and answers for its own deliveries only
_PUBLIC = frozenset({"public"})  # the public pages act as this role and can do nothing else
_ANYONE = _CASE | _PUBLIC
_ALL = frozenset(ROLES)

ACTIONS: dict[str, frozenset[str]] = {
    # reading a page
    "page.overview": _READ,
    "page.municipalities": _READ,
    "page.case": _CASE,
    "page.about": _READ | _PARTNER | _ADMINISTRATOR,
    "page.meetings": _CASE,
    "page.activities": _READ,
    "page.activity": _READ,
    "page.replan": _CASE,
    "page.deliveries": _CASE | _PARTNER,
    "page.intake": _CASE,
    "page.history": _CASE | _ADMINISTRATOR,
    # reading what a page shows: each frame names one of these, and so does each table
    "read.facts": _ALL,
    "read.programme": _READ,  # who takes part, their plans, the places; people only as sums
    "read.heads": _CASE,  # how many came, per activity, and where they were few
    "read.case": _CASE,  # the journal: notes, tasks, reasons, what was agreed, what was changed
    "read.applications": _CASE,
    "read.people": _CASE,  # names and addresses: contacts, who signed up, who was there, mails
    "read.announced": _CASE | _PUBLIC,  # the meetings that anybody can sign up for
    "read.providers": _READ | _PARTNER,  # how far they are; a partner's own
    "read.deliveries": _CASE | _PARTNER,  # sessions, sheets and answers; a partner's own
    "read.sheets": _CASE,
    "read.users": _CASE | _ADMINISTRATOR,
    "read.changes": _CASE | _ADMINISTRATOR,  # who changed which record when
    "read.readings": _OFFICE | _ADMINISTRATOR,  # who has read the notes of which case
    "read.sessions": _ADMINISTRATOR,  # who is signed in
    "read.secrets": _SYSTEM,
    # following a municipality
    "milestone.done": _CASE,
    "milestone.undone": _CASE,
    "milestone.move": _CASE,
    "milestone.not_applicable": _CASE,
    "milestone.add": _CASE,
    "note.add": _CASE,
    "note.edit": _CASE,
    "task.add": _CASE,
    "task.done": _CASE,
    "task.edit": _CASE,
    "contact.add": _CASE,
    "contact.end": _CASE,
    "person.edit": _CASE,
    "enrolment.edit": _CASE,
    "operation.revert": _CASE,
    # info meetings: announcing them, signing up, the mails, who was there
    "activity.edit": _CASE,
    "mail_rule.edit": _CASE,
    "signup.create": _ANYONE,
    "signup.withdraw": _ANYONE,
    "signup.answer": _ANYONE,
    "signup.settle": _ANYONE,
    "signup.edit": _CASE,
    "attendance.import": _CASE,
    "attendance.edit": _CASE,
    "message.send": _SYSTEM,
    "message.edit": _CASE,
    # the programme's activities: who came, what partners deliver, the plan by them
    "contact.register": _CASE,
    "headcount.edit": _CASE,
    "plan.replan": _CASE,
    "cohort.replan": _OFFICE,
    "target.edit": _OFFICE,
    "order.edit": _OFFICE,
    "sheet.make": _CASE | _PARTNER,
    "sheet.receive": _CASE | _PARTNER,
    "sheet.decide": _CASE,
    "feed.edit": _READ | _PARTNER,
    # the places, the users and the settings
    "enrolment.create": _OFFICE,
    "enrolment.status": _OFFICE,
    "application.edit": _OFFICE,
    "application.import": _OFFICE,
    "places.edit": _OFFICE,
    "user.edit": _ADMINISTRATOR,
    "user.password": _ADMINISTRATOR,
    "password.change": _READ | _PARTNER | _ADMINISTRATOR,
    "setting.edit": _OFFICE,
    # running the product
    "person.erase": _OFFICE,
    "privacy.read": _OFFICE | _ADMINISTRATOR,
    "facts.load": _SYSTEM,
    "demo.load": _SYSTEM,
    "schema.migrate": _SYSTEM,
    "store.restore": _SYSTEM,
}

# What one must be allowed to do to read the rows of a table as they are. Pages read frames, which
# ask for themselves; who may not read a table may be told by a frame what is in it.
TABLES: dict[str, str] = {
    **dict.fromkeys(
        (
            *("setting", "code_item", "initiative", "cohort", "municipality", "organisation"),
            *("region_membership", "milestone_template", "audience_target"),
        ),
        "read.facts",
    ),
    **dict.fromkeys(
        (
            *("enrolment", "enrolment_status", "milestone", "place_change", "note", "task"),
            *("activity_enrolment", "history", "mail_template", "decision_letter"),
            "column_mapping",
        ),
        "read.case",
    ),
    **dict.fromkeys(
        ("person", "contact", "signup", "message", "attendee", "attendance_import"), "read.people"
    ),
    **dict.fromkeys(("activity", "mail_rule"), "read.announced"),
    "headcount": "read.heads",
    **dict.fromkeys(
        ("partner_order", "delivery_sheet", "delivery_reply", "delivery_cell"), "read.sheets"
    ),
    "app_user": "read.users",
    "read_log": "read.readings",
    "session": "read.sessions",
    **dict.fromkeys(("credential", "sign_in_try", "calendar_feed"), "read.secrets"),
}


@cache
def readings(role: str) -> frozenset[str]:
    """Everything that `role` may read; two roles with the same see the same."""
    return frozenset(name for name in ACTIONS if name.startswith("read.") and allowed(name, role))


def allowed(action: str, role: str) -> bool:
    """Whether `role` may do `action`; an action or a role nobody has heard of may not."""
    return role in ACTIONS.get(action, ())
