"""Who may use the product, with which role."""

from ..domain import roles
from ..domain.errors import Forbidden, Refused
from . import Actor, Store


def add(store: Store, login: str, name: str, initials: str, role: str) -> int:
    """Give a person a role in the product and return their id.

    Refuses with `role_unknown`, `login_taken`, and with `forbidden` when somebody else than the
    system would make a system user, who may do more than they may themselves.
    """
    with store.write("user.edit"):
        if role not in roles.ROLES:
            raise Refused("role_unknown", role=role)
        if role == "system" != store.actor.role:
            raise Forbidden("forbidden", action="user.edit", role=store.actor.role)
        if store.find("app_user", login=login):
            raise Refused("login_taken", login=login)
        return store.insert(
            "app_user", {"login": login, "name": name, "initials": initials, "role": role}
        )


def actor_for(store: Store, login: str) -> Actor:
    """Return who this login is. An unknown or closed login has no access (`user_unknown`)."""
    user = store.find("app_user", login=login)
    if user is None or not user["active"]:
        raise Forbidden("user_unknown", login=login)
    return Actor(user["login"], user["name"], user["role"])
