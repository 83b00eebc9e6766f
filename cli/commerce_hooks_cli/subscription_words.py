"""What a plan says of a subscription, and what to do about it, in an operator's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from commerce_hooks.subscriptions.planning import Reason

if TYPE_CHECKING:
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.subscription_desk import SubscriptionDesk

_WHAT = {
    Reason.MISSING: "there is none",
    Reason.DIFFERENT: "not as it should be",
    Reason.DUPLICATE: "there is another one for the same topic",
    Reason.UNWANTED: "ours, of a topic that the store is not to be subscribed to",
    Reason.HIDDEN: "it is there, but the platform does not list it: it may be inactive",
    Reason.ELSEWHERE: "its token is ours, but its base URL is none of this deployment's",
    Reason.UNLISTED: "the platform said that it created it, and does not list it",
    Reason.PENDING: "it was asked for a moment ago and may still come to be",
    Reason.UNPROVED: "it looks like ours, but its token is none of ours",
    Reason.TOO_MANY: "it would be deleted, but so many are that none is",
    Reason.ASKED_FOR: "as you asked for",
    Reason.AS_DESIRED: "as desired",
    Reason.NOT_OURS: "not ours",
}
# Both platforms' ids are digits, or hexadecimal; the secret part of a token has 43 characters.
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


def what(reason: str) -> str:
    """What a reason means; the word itself if a newer version wrote it."""
    try:
        return _WHAT[Reason(reason)]
    except (KeyError, ValueError):
        return reason.replace("_", " ")


def id_words(id_: str) -> str:
    """An id as it was typed, in an error's text; without it if it may be something else.

    Who pastes a callback URL, or the token in it, in the place of an id, does not want to find it
    in the log of a CI job.
    """
    return repr(id_) if _ID.fullmatch(id_) else "of that id"


def topic_words(slot: str | None) -> str:
    """What a record is for: the topic in its URL, or all."""
    return "all topics" if slot is None else slot


def ask_support(platform: str, ids: list[str]) -> str:
    """Where a platform has no call that deletes."""
    which = f"the webhook with the id {ids[0]}"
    if len(ids) > 1:
        which = f"the webhooks with these ids: {', '.join(ids)}"
    return f"{platform}'s API cannot delete. Ask its support to delete {which}"


def what_to_do(
    desk: SubscriptionDesk, store: StoreId, reason: str, id_: str | None, slot: str | None
) -> str | None:
    """What the operator can do about a conflict; None where there is nothing to be done.

    Args:
        desk: The desk.
        store: Whose it is.
        reason: The plan's.
        id_: The platform's, of the record.
        slot: The topic in its URL.
    """
    if reason in {Reason.DUPLICATE, Reason.UNWANTED}:
        return _get_rid_of(desk, store, id_ or "ID")
    todo: dict[str, str] = {
        Reason.HIDDEN: (
            f"Activate {id_} in the shop's panel, or have {store.platform}'s support do it. "
            "No second one is made."
        ),
        Reason.ELSEWHERE: (
            "If that base URL was this deployment's, name it in FormerBaseUrls and deploy. "
            f"If it is a mistake, delete {id_} in the shop's panel. No second one is made."
        ),
        Reason.UNLISTED: (
            f"Look for it in the shop's panel ({topic_words(slot)}). If it is not there, "
            f"`{desk.command('delete', store, '--unlisted')}` lets it be made again."
        ),
        Reason.PENDING: "Look again in ten minutes.",
        Reason.UNPROVED: (
            f"If it is ours, `{desk.command('apply', store, '--adopt')}` takes it over."
        ),
        Reason.TOO_MANY: (
            f"If that is meant: `{desk.command('apply', store, '--max-deletions N')}`."
        ),
    }
    return todo.get(reason)


def _get_rid_of(desk: SubscriptionDesk, store: StoreId, id_: str) -> str:
    if not desk.deletes(store):
        return f"{ask_support(store.platform, [id_])}."
    return f"`{desk.command('delete', store, id_)}` deletes it; so does the policy sync."
