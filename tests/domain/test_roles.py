import pytest

from advisory.domain.roles import ACTIONS, ROLES, TABLES, allowed, readings

CASE_WORK = {
    "milestone.done",
    "milestone.undone",
    "milestone.move",
    "milestone.not_applicable",
    "milestone.add",
    "note.add",
    "note.edit",
    "task.add",
    "task.done",
    "task.edit",
    "contact.add",
    "contact.end",
    "person.edit",
    "enrolment.edit",
    "operation.revert",
}
SIGNING_UP = {"signup.create", "signup.withdraw", "signup.answer", "signup.settle"}
MEETING_WORK = SIGNING_UP | {
    "activity.edit",
    "mail_rule.edit",
    "signup.edit",
    "attendance.import",
    "attendance.edit",
    "message.edit",
}
ACTIVITY_WORK = {
    "contact.register",
    "headcount.edit",
    "plan.replan",
    "sheet.make",
    "sheet.receive",
    "sheet.decide",
    "feed.edit",
}
OFFICE_WORK = {"cohort.replan", "target.edit", "order.edit"}
OFFICE_WORK |= {"person.erase", "enrolment.create", "enrolment.status", "setting.edit"}
OFFICE_WORK |= {"application.edit", "application.import", "places.edit", "privacy.read"}
MACHINE_WORK = {"facts.load", "demo.load", "schema.migrate", "store.restore", "message.send"}
READ = {"page.overview", "page.municipalities", "page.about", "page.activities", "page.activity"}
ALL_PAGES = READ | {"page.case", "page.meetings", "page.replan", "page.deliveries", "page.intake"}
PARTNERS = {"page.about", "page.deliveries", "sheet.make", "sheet.receive", "feed.edit"}
ADMINISTRATION = {"page.about", "page.history", "user.edit", "user.password"}
ADMINISTRATION |= {"privacy.read"}
READINGS = {  # what each role may read
    "public": {"facts", "announced"},
    "administrator": {"facts", "users", "changes", "sessions"},
    "partner": {"facts", "providers", "deliveries"},
    "leadership": {"facts", "programme", "providers"},
}
READINGS["consultant"] = READINGS["leadership"] | READINGS["public"]
READINGS["consultant"] |= {"heads", "case", "applications", "people", "deliveries", "sheets"}
READINGS["consultant"] |= {"users", "changes"}
READINGS["office"] = READINGS["consultant"] | {"readings"}
READINGS["administrator"] |= {"readings"}
READINGS["system"] = READINGS["office"] | {"sessions", "secrets"}
ADVISING = ALL_PAGES | CASE_WORK | MEETING_WORK | ACTIVITY_WORK | {"page.history"}
SIGNED_IN = {"password.change"}
OVERSEEING = set()


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("consultant", ADVISING | SIGNED_IN | OVERSEEING),
        ("office", ADVISING | OFFICE_WORK | SIGNED_IN | OVERSEEING),
        ("leadership", READ | {"feed.edit"} | SIGNED_IN | OVERSEEING),
        ("partner", PARTNERS | SIGNED_IN),
        ("administrator", ADMINISTRATION | SIGNED_IN | OVERSEEING),
        ("public", SIGNING_UP),
        ("system", OVERSEEING | SIGNED_IN | ADVISING | OFFICE_WORK | ADMINISTRATION | MACHINE_WORK),
    ],
)
def test_a_role_may_do_and_read_exactly_its_own(role, actions):
    reads = {f"read.{one}" for one in READINGS[role]}

    assert {action for action in ACTIONS if allowed(action, role)} == actions | reads
    assert readings(role) == reads


def test_every_role_in_the_table_is_a_role():
    assert frozenset().union(*ACTIONS.values()) == frozenset(ROLES)


def test_every_table_is_read_under_an_action_that_there_is():
    assert set(TABLES.values()) <= {action for action in ACTIONS if action.startswith("read.")}


@pytest.mark.parametrize(
    ("action", "role"),
    [
        *(("note.add", role) for role in ("", "admin", "Office")),
        *(("read.facts", role) for role in ("", "admin", "Office")),
        *(("note.eat", "system"), ("read.minds", "system"), ("", "system")),
    ],
)
def test_nobody_unknown_may_do_anything_and_nobody_may_do_the_unknown(action, role):
    assert allowed(action, role) is False
