"""Om Peerforløb: where the facts come from, what is invented, and a calendar to subscribe to."""

from collections.abc import Mapping

from advisory import Store
from advisory.settings import settings
from advisory.texts import Text
from advisory.ui.feed_card import FeedCard, has_feed
from advisory.ui.shell import Page
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The facts with their sources, what the demo data are, and the person's own calendar."""
    view = View(store, text, query)
    parts = [FeedCard(view, settings().public_url)] if has_feed(view) else []
    return Page(
        title=text("menu.about"),
        template="page_about.html",
        parts={part.live.region: part.live for part in parts},
        active="om",
        values={
            "demo": store.is_demo,
            "initiatives": store.rows("initiative"),
            "cohorts": store.rows("cohort", order="starts_on"),
            "steps": store.rows("milestone_template", order="position"),
            "settings": store.rows("setting", "key <> 'demo'"),
        },
    )
