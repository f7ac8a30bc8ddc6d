"""A store for every kind of data a frame can meet."""

from datetime import date

import pytest


@pytest.fixture(params=["empty", "facts", "demo", "past", "future"])
def any_store(request):
    """Empty, facts only, the invented data, and the same seen from another date."""
    kind = request.param
    if kind in ("empty", "facts"):
        return request.getfixturevalue("store" if kind == "empty" else "facts")
    demo_store = request.getfixturevalue("demo_store")
    days = {"past": date(2024, 6, 1), "future": date(2027, 2, 1)}
    return demo_store.at(days[kind]) if kind in days else demo_store
