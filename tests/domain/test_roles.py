import pytest

from advisory.domain.roles import ACTIONS, ROLES, allowed

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
OFFICE_WORK |= {"person.erase", "enrolment.create", "enrolment.status", "user.edit", "setting.edit"}
OFFICE_WORK |= {"application.edit", "application.import", "places.edit"}
MACHINE_WORK = {"facts.load", "demo.load", "schema.migrate", "store.restore", "message.send"}
READ = {"page.overview", "page.municipalities", "page.about", "page.activities", "page.activity"}
ALL_PAGES = READ | {"page.case", "page.meetings", "page.replan", "page.deliveries", "page.intake"}
PARTNERS = {"page.about", "page.deliveries", "sheet.make", "sheet.receive", "feed.edit"}


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("consultant", ALL_PAGES | CASE_WORK | MEETING_WORK | ACTIVITY_WORK),
        ("office", ALL_PAGES | CASE_WORK | MEETING_WORK | ACTIVITY_WORK | OFFICE_WORK),
        ("leadership", READ | {"feed.edit"}),
        ("partner", PARTNERS),
        ("public", SIGNING_UP),
        (
            "system",
            ALL_PAGES | CASE_WORK | MEETING_WORK | ACTIVITY_WORK | OFFICE_WORK | MACHINE_WORK,
        ),
    ],
)
def test_a_role_may_do_exactly_its_own_actions(role, actions):
    assert {action for action in ACTIONS if allowed(action, role)} == actions


def test_every_role_in_the_table_is_a_role():
    assert frozenset().union(*ACTIONS.values()) == frozenset(ROLES)


@pytest.mark.parametrize(
    ("action", "role"),
    [("note.add", ""), ("note.add", "admin"), ("note.add", "Office"), ("note.eat", "system")],
)
def test_nobody_unknown_may_do_anything_and_nobody_may_do_the_unknown(action, role):
    assert allowed(action, role) is False
