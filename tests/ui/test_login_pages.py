"""Signing in and changing one's password: what the pages say, hold, and never hold."""

import re
from html import escape
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from advisory import frames
from advisory.domain.roles import GIVEN
from advisory.store import credentials
from advisory.texts import translator

from .door import ALL, ASSETS, CHANGES, STATES, USERS, Elements, login_page, page, password_page

PAYLOAD = "\"'></script><img src=x onerror=alert(1)><script>alert(1)</script>{{ 7*7 }}"


def controls(markup: str) -> list[tuple[str, ...]]:
    """What can be reached and sent, in order: (tag, type, name or address, value, filled by)."""
    wanted = ("a", "input", "button", "summary")
    return [
        (
            tag,
            attrs.get("type", ""),
            attrs.get("name") or attrs.get("href", ""),
            attrs.get("value", ""),
            attrs.get("autocomplete", ""),
        )
        for tag, attrs, _ in Elements(markup).found
        if tag in wanted
    ]


def shape(markup: str) -> list[tuple[str, list[str]]]:
    """The elements and the names of their attributes, without what stands in them."""
    return [(tag, list(attrs)) for tag, attrs, _ in Elements(markup).found]


def test_the_sign_in_asks_for_an_address_and_a_password():
    assert controls(login_page(email="jonas@styrelsen.example")) == [
        ("a", "", "#main", "", ""),
        ("a", "", "/log-ind?lang=en", "", ""),
        ("input", "hidden", "next", "/", ""),
        ("input", "email", "email", "jonas@styrelsen.example", "username"),
        ("input", "password", "password", "", "current-password"),
        ("button", "button", "", "", ""),
        ("summary", "", "", "", ""),
        ("button", "submit", "", "", ""),
        ("a", "", "/tilmelding", "", ""),
    ]


def test_an_account_of_work_stands_first_and_the_demo_last():
    found = controls(
        login_page("en", **{**STATES["demo and password"], "next": "/kommuner?lang=en"})
    )

    onward = "/kommuner?lang=en"
    assert found[1:4] == [
        ("a", "", "/log-ind?lang=da&next=%2Fkommuner%3Flang%3Den", "", ""),
        ("a", "", "/log-ind/konto?next=%2Fkommuner%3Flang%3Den", "", ""),
        ("input", "hidden", "next", onward, ""),
    ]
    assert found[9:] == [
        ("input", "hidden", "next", onward, ""),
        ("button", "submit", "login", "jonas@styrelsen.example", ""),
        ("button", "submit", "login", "sofie@styrelsen.example", ""),
        ("button", "submit", "login", "lene@styrelsen.example", ""),
        ("button", "submit", "login", "peter@styrelsen.example", ""),
        ("button", "submit", "login", "karim@peer.example", ""),
        ("button", "submit", "login", "toft@styrelsen.example", ""),
        ("a", "", "/tilmelding?lang=en", "", ""),
    ]


def test_without_passwords_nothing_asks_for_one():
    for state in ("account", "demo"):
        assert "password" not in [attrs.get("type") for attrs, _ in fields(STATES[state])]


def fields(values):
    return Elements(login_page(**values)).all("input")


def test_every_role_that_people_have_is_offered_in_a_demo():
    assert {user["role"] for user in USERS} == set(GIVEN)
    text = translator("da")
    offered = [said for _, said in Elements(login_page(**STATES["demo"])).all("dt")]

    assert offered == [text(f"role.{role}") for role in GIVEN]


@pytest.mark.parametrize("language", ["da", "en"])
def test_what_the_sign_in_says(language):
    text = translator(language)
    values = {"demo": True, "users": USERS[:1], "oidc": True, "notice": "X."}

    def say(*keys):
        return [text(f"login.{key}") for key in keys]

    assert Elements(login_page(language, **values)).said == [
        f"{text('login.title')} · {text('app.name')}",
        *(text("frame.skip"), text("frame.demo")),
        *say("demo_strip"),
        text("app.name"),
        *say("other_language", "headline", "headline_end", "audience", "title"),
        "X.",
        *say("account", "or", "email", "password", "show", "show_what"),
        *say("forgot", "forgot_answer", "submit", "demo_try", "demo_invented"),
        *(text("role.consultant"), "Jonas Bruun", f", {text('role.consultant')}"),
        *say("meeting", "meeting_link"),
        text("login.idle", minutes=60),
    ]


def test_an_error_is_read_aloud_and_told_at_both_fields_and_the_address_is_kept():
    found = Elements(login_page(**STATES["error"]))
    inputs = {attrs["name"]: attrs for attrs, _ in found.all("input")}

    assert [attrs["id"] for attrs, _ in found.all("div") if attrs.get("role") == "alert"] == [
        "error"
    ]
    assert {name: inputs[name]["aria-describedby"] for name in ("email", "password")} == {
        "email": "error",
        "password": "error",
    }
    assert (inputs["email"]["value"], inputs["password"].get("value")) == (
        "jonas@styrelsen.example",
        None,
    )
    assert "autofocus" in inputs["password"]
    assert "autofocus" not in inputs["email"]


@pytest.mark.parametrize("field", ["old", "new", "again"])
def test_a_refused_password_is_told_at_its_field_and_never_kept(field):
    found = Elements(password_page(**CHANGES[field]))
    inputs = {attrs["id"]: attrs for attrs, _ in found.all("input")}

    assert {name: attrs.get("aria-invalid") for name, attrs in inputs.items()} == {
        **dict.fromkeys(("old", "new", "again")),
        field: "true",
    }
    assert f"{field}-problem" in inputs[field]["aria-describedby"].split()
    (told,) = (said for attrs, said in found.all("span", "p") if "tømt" in said)
    assert told == f"{CHANGES[field]['error']} {translator('da')('password.emptied')}"
    assert found.said[0].startswith("Fejl: ")
    assert [attrs["autocomplete"] for attrs in inputs.values()] == [
        "current-password",
        "new-password",
        "new-password",
    ]
    assert [attrs for attrs in inputs.values() if "value" in attrs] == []
    assert [name for name, attrs in inputs.items() if "autofocus" in attrs] == [field]


def test_what_each_button_shows_is_said_in_plain_words():
    found = Elements(password_page())
    buttons = [said for attrs, said in found.all("button") if "data-reveal" in attrs]
    hidden = [said for attrs, said in found.all("span") if attrs.get("class") == "sr"]

    assert len(buttons) == 3
    assert hidden == [
        "den nuværende adgangskode",
        "den nye adgangskode",
        "den gentagne adgangskode",
    ]


def test_why_one_stands_here_is_told_at_the_field_one_begins_in():
    inputs = {attrs["name"]: attrs for attrs, _ in fields(STATES["notice"])}

    assert inputs["email"]["aria-describedby"] == "notice"
    assert "autofocus" in inputs["email"]


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_rules_say_how_long_a_password_is(language):
    said = translator(language)("password.rule_length")

    assert re.findall(r"\d+", said) == [str(credentials.SHORTEST)]


@pytest.mark.parametrize("wanted", ["email", "next", "error", "notice"])
def test_what_others_wrote_is_text_on_the_sign_in(wanted):
    assert shape(login_page(**{wanted: PAYLOAD})) == shape(login_page(**{wanted: "/harmless"}))


@pytest.mark.parametrize("part", ["login", "name"])
def test_what_others_wrote_is_text_among_the_users(part):
    def made(value):
        user = {**USERS[0], part: value}
        return login_page(demo=True, users=[user], oidc=True, next=value)

    assert shape(made(PAYLOAD)) == shape(made("/harmless"))


def test_what_others_wrote_is_text_where_a_password_is_changed():
    def made(value):
        return password_page(name=value, error=value, field="new")

    assert shape(made(PAYLOAD)) == shape(made("harmless"))
    assert escape("<img src=x", quote=False) in made(PAYLOAD)


def test_markup_that_got_in_would_be_seen():
    assert shape(login_page(error=Markup(PAYLOAD))) != shape(login_page(error="harmless"))


def inline(markup: str) -> list[str]:
    """Scripts, styles and handlers that stand in a page itself, and addresses of other sites."""
    faults = []
    for tag, attrs, text in Elements(markup).found:
        if tag == "style" or (tag == "script" and (text or "src" not in attrs)):
            faults.append(tag)
        faults += [name for name in attrs if name == "style" or name.startswith("on")]
        for name in {"href", "src", "action", "formaction"} & attrs.keys():
            if not re.match(r"[/#](?!/)", attrs[name]):
                faults.append(attrs[name])
    return faults


def unnamed(markup: str) -> list[str]:
    """Fields without a label, ids that stand twice, and references to ids that are not there."""
    found = Elements(markup)
    ids = [attrs["id"] for _, attrs, _ in found.found if "id" in attrs]
    labelled = [attrs["for"] for attrs, said in found.all("label") if said]
    shown = [attrs for attrs, _ in found.all("input") if attrs.get("type") != "hidden"]
    faults = [attrs["name"] for attrs in shown if labelled.count(attrs.get("id", "")) != 1]
    faults += [one for one in set(ids) if ids.count(one) > 1]
    for _, attrs, _ in found.found:
        for name in ("aria-describedby", "aria-labelledby", "aria-controls"):
            faults += [one for one in attrs.get(name, "").split() if one not in ids]
    return faults


@pytest.mark.parametrize(("kind", "state", "language"), ALL)
def test_no_page_holds_a_script_a_style_or_a_field_without_a_name(kind, state, language):
    markup = page(kind, state, language)

    assert (inline(markup), unnamed(markup)) == ([], [])
    assert markup.count("<h1") == 1
    assert f'<html lang="{language}">' in markup


def test_what_may_not_be_there_would_be_found():
    assert inline('<p style="x" onclick="y"><script>1</script><style>p{}</style></p>') == [
        *("style", "onclick", "script", "style")
    ]
    assert inline('<a href="//else.example">x</a><a href="javascript:1">y</a>') == [
        "//else.example",
        "javascript:1",
    ]
    assert unnamed('<input name="a" id="a"><p id="a" aria-describedby="b">x</p>') == ["a", "a", "b"]


def test_the_map_is_the_squares_of_all_municipalities_by_region(facts):
    drawn = ElementTree.fromstring((ASSETS / "denmark.svg").read_text())
    groups = [
        {(float(one.get("x")), float(one.get("y"))) for one in group} for group in list(drawn)
    ]
    places = frames.map_places(facts)
    expected = [
        {(1.0 + 33 * row.tile_col, 1.0 + 33 * row.tile_row) for row in region.itertuples()}
        for _, region in places.groupby("region")
    ]

    assert sorted(map(sorted, groups)) == sorted(map(sorted, expected))
    assert len({group.get("fill") for group in drawn}) == len(groups) == 5
    assert drawn.findall(".//{*}text") + drawn.findall(".//{*}title") == []
