"""What the parts of the pages answer to, found by making the pages as the server does."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisory.settings import shipped
from advisory.store import open_store, users
from advisory.texts import translator
from advisory.ui.quick_contact import QuickContact
from advisory.ui.search import Search
from advisory.ui.view import View
from advisory.web import server

from .conftest import NOW

Parts = dict[str, dict[str, Callable[..., Any]]]
SENT = {  # what an event carries, by the name of the action's parameter; everything else is "1"
    **dict.fromkeys(("due_on", "noted_on", "by", "til"), "20-03-2025"),
    **dict.fromkeys(("text", "title", "reason", "name", "subject", "tekst"), "Prøve"),
    "kind": "guidance",
    "email": "proeve@horsens.example",
}


def parts(path: Path, login: str, address: str) -> Parts:
    """Region -> its actions, of a page as the server makes it for this person."""
    start, _, asked = address.partition("?")
    query = dict(one.split("=") for one in asked.split("&") if one)
    text = translator("da")
    with open_store(path, clock=lambda: NOW, read_only=True) as store:
        with store.trusted():
            store.actor = users.actor_for(store, login)
        view = View(store, text, query)
        page = server.load(shipped("apps") / f"{server.PAGES[start]}.py").page
        lives = [*page(store, text, query).parts.values()]
        if view.may_see("page.municipalities"):
            lives.append(Search(view).live)
        if view.may("contact.register"):
            lives.append(QuickContact(view).live)
        return {live.region: dict(live.actions) for live in lives}


def sent_with(action: Callable[..., object], otherwise: str = "") -> dict[str, str]:
    """Something for each thing that an action wants to be told, `otherwise` if that is given."""
    wanted = inspect.signature(action).parameters.values()
    named = [one.name for one in wanted if one.kind is not one.VAR_KEYWORD]
    return {name: otherwise or SENT.get(name, "1") for name in named}
