"""Om Peerforløb: where the facts come from, and what is invented."""

from collections.abc import Mapping

from advisory import Store
from advisory.texts import Text
from advisory.ui.shell import Page


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The facts with their sources, and what the demo data are."""
    return Page(
        title=text("menu.about"),
        template="page_about.html",
        active="om",
        values={
            "demo": store.is_demo,
            "initiatives": store.rows("initiative"),
            "cohorts": store.rows("cohort", order="starts_on"),
            "steps": store.rows("milestone_template", order="position"),
            "settings": store.rows("setting", "key <> 'demo'"),
        },
    )
