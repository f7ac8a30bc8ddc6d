from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.errors import Refused
from advisory.domain.personal import contains_cpr, refuse_cpr


@pytest.mark.parametrize("between", ["-", " ", "", " - ", "\u00a0", "\u2011", "\u2013", "- "])
def test_a_date_and_four_digits_is_a_cpr_number_whatever_stands_between(between):
    assert contains_cpr(f"Hun har 130624{between}1234, siger hun")


def test_a_number_on_every_day_of_a_century_is_found():
    days = [date(2000, 1, 1) + timedelta(days=n) for n in range(36525)]

    assert [day for day in days if not contains_cpr(f"{day:%d%m%y}-0001")] == []


@pytest.mark.parametrize(
    "text",
    [
        "320624-1234",  # no day 32
        "310224-1234",  # no 31 February
        "290223-1234",  # no leap year
        "131324-1234",  # no month 13
        "000024-1234",
        "130624-123",
        "130624-12345",
        "1130624-1234",
        "13062412345",
        "5790001330552",  # EAN
        "tlf. 12 34 56 78",
        "+45 12345678",
        "130624\n1234",
        "130624--1234",
        "2024-06-13 14.30",
        "",
        None,
    ],
)
def test_other_numbers_are_not_cpr_numbers(text):
    assert not contains_cpr(text)


def test_a_leap_day_in_the_year_00_is_a_date():
    assert contains_cpr("290200-1234")


@given(st.text(alphabet=st.characters(exclude_categories=["Nd"])), st.text(alphabet="ab \n.,"))
def test_a_number_is_found_in_the_middle_of_any_text(before, after):
    assert contains_cpr(f"{before}130624-1234{after}")


def test_a_number_after_another_run_of_digits_is_found():
    assert contains_cpr("ring 12345678 eller 1306241234")


def test_refusing_names_no_digit_of_the_number():
    with pytest.raises(Refused) as refused:
        refuse_cpr("fint", None, "130624-1234")

    assert (str(refused.value), refused.value.values) == ("cpr_refused", {})


def test_texts_without_a_number_pass():
    refuse_cpr("fint", None, "", "12345678")
