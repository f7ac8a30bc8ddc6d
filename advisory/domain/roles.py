"""Who may do what: roles, and one table from action to roles."""

ROLES = ("consultant", "office", "leadership", "partner", "system", "public")

_SYSTEM = frozenset({"system"})
_OFFICE = _SYSTEM | {"office"}
_CASE = _OFFICE | {"consultant"}
_READ = _CASE | {"leadership"}
_PARTNER = frozenset({"partner"})  # sees and answers for its own deliveries only
_ANYONE = _CASE | {"public"}  # the public pages act as this role and can do nothing else

ACTIONS: dict[str, frozenset[str]] = {
    # reading a page
    "page.overview": _READ,
    "page.municipalities": _READ,
    "page.case": _CASE,
    "page.about": _READ | {"partner"},
    "page.meetings": _CASE,
    "page.activities": _READ,
    "page.activity": _READ,
    "page.replan": _CASE,
    "page.deliveries": _CASE | _PARTNER,
    "page.intake": _CASE,
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
    "user.edit": _OFFICE,
    "setting.edit": _OFFICE,
    # running the product
    "person.erase": _OFFICE,
    "facts.load": _SYSTEM,
    "demo.load": _SYSTEM,
    "schema.migrate": _SYSTEM,
    "store.restore": _SYSTEM,
}


def allowed(action: str, role: str) -> bool:
    """Whether `role` may do `action`; an action or a role nobody has heard of may not."""
    return role in ACTIONS.get(action, ())
