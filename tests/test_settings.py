"""What the environment says, and what holds when it says nothing."""

from dataclasses import fields
from pathlib import Path

import pytest

from advisory import settings


def test_nothing_set_gives_the_defaults():
    found = settings.read({})

    assert found.db.name == "advisory.db"
    assert (found.language, found.user, found.address, found.port) == (
        "da",
        None,
        "127.0.0.1",
        5006,
    )
    assert (found.data_dir / "texts" / "da.toml").is_file()
    assert found.apps_dir.name == "apps"
    assert (found.mail_host, found.mail_port, found.mail_user, found.mail_password_file) == (
        None,
        587,
        None,
        None,
    )
    assert (found.mail_tls, found.mail_from, found.mail_allow, found.mail_production) == (
        "starttls",
        None,
        (),
        False,
    )
    assert found.public_url == "http://127.0.0.1:5006"
    assert (found.hosts, found.proxies) == ((), ())
    assert (found.oidc_issuer, found.oidc_client_id, found.oidc_client_secret_file) == (
        None,
        None,
        None,
    )
    assert (found.oidc_login_claim, found.oidc_group_claim, found.oidc_roles) == (
        "email",
        "groups",
        (),
    )


def test_every_setting_is_read_from_its_variable(tmp_path):
    found = settings.read(
        {
            "ADVISORY_DB": str(tmp_path / "peers.db"),
            "ADVISORY_LANGUAGE": "en",
            "ADVISORY_USER": "jonas",
            "ADVISORY_ADDRESS": "0.0.0.0",
            "ADVISORY_PORT": "8000",
            "ADVISORY_DATA_DIR": str(tmp_path),
            "ADVISORY_APPS_DIR": str(tmp_path / "pages"),
            "ADVISORY_MAIL_HOST": "mail.styrelsen.example",
            "ADVISORY_MAIL_PORT": "465",
            "ADVISORY_MAIL_USER": "kurser",
            "ADVISORY_MAIL_PASSWORD_FILE": str(tmp_path / "password"),
            "ADVISORY_MAIL_TLS": "tls",
            "ADVISORY_MAIL_FROM": "Kurser og møder <kurser@styrelsen.example>",
            "ADVISORY_MAIL_ALLOW": "Lene@styrelsen.example, @proeve.example,",
            "ADVISORY_MAIL_PRODUCTION": "yes",
            "ADVISORY_PUBLIC_URL": "https://tilmelding.example/",
            "ADVISORY_HOSTS": "Kurser.example, intern,",
            "ADVISORY_PROXIES": "10.0.0.2, 2001:DB8::2",
            "ADVISORY_OIDC_ISSUER": "https://login.styrelsen.example/realm/",
            "ADVISORY_OIDC_CLIENT_ID": "peer",
            "ADVISORY_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
            "ADVISORY_OIDC_LOGIN_CLAIM": "upn",
            "ADVISORY_OIDC_GROUP_CLAIM": "roles",
            "ADVISORY_OIDC_ROLES": "Peer-konsulenter=consultant, a=b=leadership,",
        }
    )

    assert found == settings.Settings(
        db=tmp_path / "peers.db",
        language="en",
        user="jonas",
        address="0.0.0.0",
        port=8000,
        data_dir=tmp_path,
        apps_dir=tmp_path / "pages",
        mail_host="mail.styrelsen.example",
        mail_port=465,
        mail_user="kurser",
        mail_password_file=tmp_path / "password",
        mail_tls="tls",
        mail_from="Kurser og møder <kurser@styrelsen.example>",
        mail_allow=("lene@styrelsen.example", "proeve.example"),
        mail_production=True,
        public_url="https://tilmelding.example",
        hosts=("kurser.example", "intern"),
        proxies=("10.0.0.2", "2001:db8::2"),
        oidc_issuer="https://login.styrelsen.example/realm/",
        oidc_client_id="peer",
        oidc_client_secret_file=tmp_path / "secret",
        oidc_login_claim="upn",
        oidc_group_claim="roles",
        oidc_roles=(("Peer-konsulenter", "consultant"), ("a=b", "leadership")),
    )


def test_an_empty_variable_is_as_good_as_none():
    assert settings.read({"ADVISORY_LANGUAGE": " "}) == settings.read({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ADVISORY_LANGUAGE", "sv"),
        ("ADVISORY_PORT", "http"),
        ("ADVISORY_PORT", "65536"),
        ("ADVISORY_PORT", "-1"),
        ("ADVISORY_MAIL_TLS", "ssl"),
        ("ADVISORY_MAIL_FROM", "kurser"),
        ("ADVISORY_MAIL_FROM", "a@b.example, c@d.example"),
        ("ADVISORY_MAIL_FROM", "a@b.example\nBcc: c@d.example"),
        ("ADVISORY_MAIL_PRODUCTION", "ja"),
        ("ADVISORY_PUBLIC_URL", "tilmelding.example"),
        ("ADVISORY_PUBLIC_URL", "ftp://tilmelding.example"),
        ("ADVISORY_HOSTS", "*"),
        ("ADVISORY_HOSTS", "kurser.example:443"),
        ("ADVISORY_HOSTS", "https://kurser.example"),
        ("ADVISORY_PROXIES", "10.0.0.0/8"),
        ("ADVISORY_PROXIES", "proxy.example"),
        ("ADVISORY_OIDC_ISSUER", "login.styrelsen.example"),
        ("ADVISORY_OIDC_ISSUER", "http://login.styrelsen.example"),
        ("ADVISORY_OIDC_ISSUER", "http://127.0.0.1.styrelsen.example"),
        ("ADVISORY_OIDC_ISSUER", "https://login.styrelsen.example?tenant=1"),
        ("ADVISORY_OIDC_ISSUER", "https://us@login.styrelsen.example"),
        ("ADVISORY_OIDC_ROLES", "Peer-konsulenter"),
        ("ADVISORY_OIDC_ROLES", "=consultant"),
        ("ADVISORY_OIDC_ROLES", "Peer-drift=system"),
        ("ADVISORY_OIDC_ROLES", "Alle=public"),
        ("ADVISORY_OIDC_ROLES", "Peer-konsulenter=konsulent"),
    ],
)
def test_a_value_that_cannot_be_read_names_its_variable(name, value):
    with pytest.raises(ValueError, match=name):
        settings.read({name: value})


@pytest.mark.parametrize("host", ["127.0.0.1:9400", "localhost:9400", "[::1]:9400"])
def test_a_provider_on_this_machine_needs_no_certificate(host):
    found = settings.read({"ADVISORY_OIDC_ISSUER": f"http://{host}"})

    assert found.oidc_issuer == f"http://{host}"


def test_every_variable_stands_in_the_readme():
    readme = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
    variables = [settings.variable(field.name) for field in fields(settings.Settings)]

    assert [name for name in variables if f"`{name}`" not in readme] == []


def test_what_is_shipped_is_found_inside_the_package_before_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "site" / "advisory"
    (package / "data").mkdir(parents=True)
    (tmp_path / "site" / "data").mkdir()
    (tmp_path / "site" / "apps").mkdir()
    monkeypatch.setattr(settings, "_PACKAGE", Path(package))

    assert settings.shipped("data") == package / "data"
    assert settings.shipped("apps") == tmp_path / "site" / "apps"
