"""What must be set before people can sign in with an account, and what is said when it is not."""

import pytest

from advisory.domain.errors import Refused
from advisory.settings import read
from advisory.texts import translator
from advisory.web import oidc
from advisory.web.auth import FAULTS
from advisory.web.signing import Signer

CLIENT, SECRET = "peer", "hemmeligt"


@pytest.fixture
def whole(tmp_path) -> dict[str, str]:
    """Settings that are enough."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return {
        "ADVISORY_DB": str(tmp_path / "peers.db"),
        "ADVISORY_PUBLIC_URL": "https://peerforloeb.example",
        "ADVISORY_OIDC_ISSUER": "https://login.styrelsen.example",
        "ADVISORY_OIDC_CLIENT_ID": CLIENT,
        "ADVISORY_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }


def configured(environment: dict[str, str], clock) -> oidc.Oidc | None:
    return oidc.configured(read(environment), Signer(b"k" * 32), clock)


def test_nothing_set_is_nothing_to_sign_in_with(clock):
    assert configured({}, clock) is None
    assert oidc.routes(None, None) == []


def test_control_enough_is_set(whole, clock):
    found = configured(whole, clock)
    found.store.close()

    assert found.issuer.client == oidc.Client(
        "https://login.styrelsen.example",
        CLIENT,
        SECRET,
        "https://peerforloeb.example/log-ind/konto/svar",
    )
    assert (found.login_claim, found.group_claim, found.roles) == ("email", "groups", ())


@pytest.mark.parametrize(
    ("changes", "key", "values"),
    [
        ({"OIDC_ISSUER": ""}, "oidc_incomplete", {"names": "ADVISORY_OIDC_ISSUER"}),
        ({"OIDC_CLIENT_ID": ""}, "oidc_incomplete", {"names": "ADVISORY_OIDC_CLIENT_ID"}),
        (
            {"OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET_FILE": ""},
            "oidc_incomplete",
            {"names": "ADVISORY_OIDC_CLIENT_ID, ADVISORY_OIDC_CLIENT_SECRET_FILE"},
        ),
        (
            {
                "OIDC_ISSUER": "",
                "OIDC_CLIENT_ID": "",
                "OIDC_CLIENT_SECRET_FILE": "",
                "OIDC_ROLES": "a=office",
            },
            "oidc_incomplete",
            {
                "names": "ADVISORY_OIDC_ISSUER, ADVISORY_OIDC_CLIENT_ID,"
                " ADVISORY_OIDC_CLIENT_SECRET_FILE"
            },
        ),
        ({"PUBLIC_URL": "http://a.example"}, "oidc_url_needed", {"url": "http://a.example"}),
        ({"OIDC_CLIENT_SECRET_FILE": "/none"}, "oidc_secret_missing", {"path": "/none"}),
    ],
)
def test_half_a_setting_is_told_in_a_sentence(whole, clock, changes, key, values):
    changed = {f"ADVISORY_{name}": value for name, value in changes.items()}

    with pytest.raises(Refused) as refused:
        configured({**whole, **changed}, clock)

    assert (refused.value.key, refused.value.values) == (key, values)


@pytest.mark.parametrize("content", [b"", b" \n", "æ".encode()])
def test_a_file_without_a_secret_is_told_in_a_sentence(whole, clock, tmp_path, content):
    (tmp_path / "secret").write_bytes(content)

    with pytest.raises(Refused, match="oidc_secret_missing"):
        configured(whole, clock)


def test_every_fault_that_is_told_has_its_sentence():
    text = translator("da")

    assert sorted(FAULTS) == ["cancelled", "expired", "refused", "unknown", "unreachable"]
    assert all(text(f"error.sign_in_account_{fault}") for fault in FAULTS)


def test_without_a_provider_there_is_no_way_to_it(site):
    assert site.get("/log-ind/konto", Cookie="")[0] == 404
    assert site.get("/log-ind/konto/svar", Cookie="")[0] == 404
    assert b"/log-ind/konto" not in site.get("/log-ind", Cookie="")[2]
