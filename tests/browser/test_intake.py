"""The page Optag while others work: what is being typed stays where it is."""

import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.store import decisions, demo, open_store

from .conftest import NOW, sign_in

pytestmark = pytest.mark.browser

OFFICE = "lene@styrelsen.example"


@pytest.fixture
def office(window):
    """A window of somebody in the programme office."""
    sign_in(window, OFFICE)
    return window


def test_who_types_a_reason_goes_on_typing_when_another_decides(office, server):
    with server.data() as store:
        case = frames.applications(store, "2025-08").query("stage == 'offered'").iloc[0]
    page = office.open(f"/optag?hold=2025-08&valgt={case['slug']}")
    panel = page.locator("#afgoerelse")
    panel.get_by_label("Takkede nej").check()
    panel.get_by_label("Begrundelse").click()
    page.keyboard.type("De har ikke")

    with open_store(server.db, demo.SYSTEM, clock=lambda: NOW) as store:
        number = int(case["enrolment_id"])
        decisions.decide(store, number, Status.ADMITTED, on_date=store.today())
    panel.get_by_text("Optaget").first.wait_for()
    page.keyboard.type(" folk nok")

    assert panel.get_by_label("Begrundelse").input_value() == "De har ikke folk nok"
