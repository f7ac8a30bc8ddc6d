"""What the environment says, and what holds when it says nothing."""

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
    ],
)
def test_a_value_that_cannot_be_read_names_its_variable(name, value):
    with pytest.raises(ValueError, match=name):
        settings.read({name: value})


def test_what_is_shipped_is_found_inside_the_package_before_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "site" / "advisory"
    (package / "data").mkdir(parents=True)
    (tmp_path / "site" / "data").mkdir()
    (tmp_path / "site" / "apps").mkdir()
    monkeypatch.setattr(settings, "_PACKAGE", Path(package))

    assert settings.shipped("data") == package / "data"
    assert settings.shipped("apps") == tmp_path / "site" / "apps"
