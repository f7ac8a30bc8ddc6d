"""Who may use the product, with which role."""

from ..domain import roles
from ..domain.errors import Forbidden, Refused
from . import Actor, Store


def add(
    store: Store,
    login: str,
    name: str,
    initials: str,
    role: str,
    *,
    organisation_id: int | None = None,
) -> int:
    """Give a person a role in the product and return their id.

    `organisation_id` is the partner that a person of that role speaks for; without it they see
    nothing of any. Refuses with `role_unknown`, `login_taken`, `partner_unknown`, and with
    `forbidden` when somebody else than the system would make a system user, who may do more than
    they may themselves.
    """
    with store.write("user.edit"):
        if role not in roles.ROLES:
            raise Refused("role_unknown", role=role)
        if role == "system" != store.actor.role:
            raise Forbidden("forbidden", action="user.edit", role=store.actor.role)
        if store.find("app_user", login=login):
            raise Refused("login_taken", login=login)
        own = store.get("organisation", organisation_id) if organisation_id else None
        if own is not None and (role, own["kind"]) != ("partner", "partner"):
            raise Refused("partner_unknown", name=own["name"])
        return store.insert(
            "app_user",
            {
                "login": login,
                "name": name,
                "initials": initials,
                "role": role,
                "organisation_id": organisation_id,
            },
        )


def actor_for(store: Store, login: str) -> Actor:
    """Return who this login is. An unknown or closed login has no access (`user_unknown`)."""
    user = store.find("app_user", login=login)
    if user is None or not user["active"]:
        raise Forbidden("user_unknown", login=login)
    return Actor(user["login"], user["name"], user["role"])
