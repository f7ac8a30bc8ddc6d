"""The door of the draft letters: who gets which, and what is answered when there is none."""

import email
from email import policy

import pytest

from advisory.store import demo, open_store

OFFICE, LEADERS, PARTNER = "office", "leadership", "partner"


@pytest.fixture
def case(site) -> int:
    with open_store(site.db, read_only=True) as store:
        return store.rows("enrolment")[0]["id"]


@pytest.fixture
def cookie(site):
    """`cookie("office")` is somebody with that role."""

    def of(role: str) -> str:
        with open_store(site.db, read_only=True) as store:
            return site.cookie(store.find("app_user", role=role)["login"])

    return of


@pytest.mark.parametrize("role", ["office", "consultant"])
def test_a_draft_is_a_mail_file_signed_by_who_asks(site, case, cookie, role):
    status, headers, content = site.get(f"/brev/{case}/admitted.eml", Cookie=cookie(role))
    found = email.message_from_bytes(content, policy=policy.default)
    with open_store(site.db, read_only=True) as store:
        home = store.get("enrolment", case)["municipality_id"]
        slug = store.get("municipality", home)["slug"]
        name = store.find("app_user", role=role)["name"]

    assert (status, headers["Content-Type"]) == (200, "message/rfc822")
    assert headers["Content-Disposition"] == (
        f'attachment; filename="peerforloeb-demo-2025-03-13-brev-{slug}-admitted.eml"'
    )
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (found["X-Unsent"], found["Subject"][:15]) == ("1", "DEMO, opdigtet:")
    assert name in found.get_content()


@pytest.mark.parametrize("role", [LEADERS, PARTNER])
def test_who_may_not_see_the_applications_gets_none(site, case, cookie, role):
    status, headers, content = site.get(f"/brev/{case}/admitted.eml", Cookie=cookie(role))

    assert (status, headers["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert "rolle" in content.decode()
    assert "Content-Disposition" not in headers
    assert site.get(f"/brev/{case}/admitted.eml", Cookie=cookie(OFFICE))[0] == 200  # control


@pytest.mark.parametrize(
    "path",
    ["999999/offer", "{case}/other", "0/offer", "x/offer", "{case}/offer.x", "1234567890/offer"],
)
def test_a_case_or_a_letter_that_is_not_there_is_not_found(site, case, path):
    assert site.get(f"/brev/{path.format(case=case)}.eml")[0] == 404


def test_a_letter_is_of_today_whatever_the_address_says(site, case):
    today = site.get(f"/brev/{case}/admitted.eml")

    then = site.get(f"/brev/{case}/admitted.eml?date=2024-01-01")
    assert (then[0], then[2]) == (200, today[2])


def test_looking_writes_nothing_and_sends_nothing(site, case):
    def known() -> tuple[int, int]:
        with open_store(site.db, read_only=True) as store:
            return store.version(), len(store.rows("message"))

    before = known()
    for kind in ("received", "offer", "declined"):
        assert site.get(f"/brev/{case}/{kind}.eml")[0] == 200
    assert known() == before


def test_a_letter_nobody_can_fill_in_is_refused_with_a_sentence(make_site):
    site = make_site()
    with open_store(site.db, demo.SYSTEM) as store:
        case = store.rows("enrolment")[0]["id"]
        letter = store.find("decision_letter", kind="offer")["id"]
        with store.write("setting.edit"):
            store.update("decision_letter", letter, {"body": "Kære {navn}"})

    status, headers, content = site.get(f"/brev/{case}/offer.eml")
    assert (status, headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert "Feltet {navn} findes ikke." in content.decode()


def test_only_reading_is_answered(site, case):
    assert site.ask("POST", f"/brev/{case}/offer.eml", "")[0] in (403, 405)
