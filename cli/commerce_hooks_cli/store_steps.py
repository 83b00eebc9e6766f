"""What is left to do at a platform once a store is added, and where to look if nothing comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.subscription_desk import subscriptions_command

if TYPE_CHECKING:
    from commerce_hooks.stores import Policy, StoreId

# Paths and ways: the platforms' own documentation of their webhooks.
_CENTRY = (
    "Centry: make a webhook with this URL and the topics that you want, by its API",
    "(POST /conexion/v1/webhooks.json) or with Centry's support.",
)
_KONIMBO = (
    "Konimbo: make a webhook for each topic that you want, with that topic's URL,",
    "by its API (POST /v1/webhooks) or with Konimbo's support, which also grants",
    "tokens the right to do so.",
)


def steps(
    store: StoreId, stack: str | None, policy: Policy = "off", *, requested: bool = False
) -> tuple[str, ...]:
    """In the order in which to do them; none for a platform that this has no words for.

    Args:
        store: Which.
        stack: What was typed, for commands to type next.
        policy: The store's: where it is not off, its subscriptions are ours to make.
        requested: They are being made already.
    """
    if policy != "off":
        return _by_us(store, stack, policy, requested=requested)
    told = f" --stack {stack}" if stack else ""
    command = command_to_type()
    return {
        "centry": _CENTRY,
        "konimbo": _KONIMBO,
        "iset": (
            "iSET: the URLs go into the shop's panel, by hand. A page for its owner:",
            f"`{command} urls iset {store.name} --sheet {store.name}.html{told}`",
        ),
        "cenit": (
            "Cenit: import the store's collection, which makes Cenit call its services:",
            f"`{command} cenit collection {store.name} --output {store.name}.json{told}`",
        ),
    }.get(store.platform, ())


def _by_us(
    store: StoreId, stack: str | None, policy: Policy, *, requested: bool
) -> tuple[str, ...]:
    """What becomes of its subscriptions without anybody entering a URL."""

    def verb(words: str, *more: str) -> str:
        typed = f"{words} {store.platform} {store.name}"
        return f"`{subscriptions_command(typed, stack, *more)}`"

    if policy == "plan":
        return (
            "Its subscriptions are only planned, by its policy. What would be done:",
            verb("plan"),
            "To have it done once:",
            verb("apply", "--policy upsert"),
        )
    if requested:
        return (
            f"Its subscriptions at {store.platform} are being made now: nobody has to enter a URL.",
            f"In a minute {verb('status')} shows them.",
        )
    return (
        f"Its subscriptions at {store.platform} are ours to make: nobody has to enter a URL.",
        f"{verb('apply')} makes them now.",
    )


def if_nothing_comes(store: StoreId, topic: str | None) -> tuple[str, ...]:
    """A callback that is refused or ignored is no event, so it cannot be waited for.

    Args:
        store: Whose callbacks are waited for.
        topic: One to try it with; None where samples are not sent in a shop's name.
    """
    sending = f"{command_to_type()} send {store.platform} {topic} --store {store.name}"
    return (
        "If nothing comes: the platform calls only when something happens, such as an order.",
        "A URL that is not complete is answered 401 or 404, and a topic that is off is ignored:",
        "neither is on the bus. The log of the platform's function has a line for each such call.",
        *((f"To send one yourself: `{sending}`",) if topic else ()),
    )
