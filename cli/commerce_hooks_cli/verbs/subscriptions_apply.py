"""`commerce-hooks subscriptions apply`: the plan first, then, if you agree, the platforms."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.verbs.options import Json, Stack, Yes
from commerce_hooks_cli.verbs.subscriptions_options import (
    Adopt,
    AnotherPolicy,
    AnyPlatform,
    AnyStore,
    MaxDeletions,
    check_policy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks_cli.subscription_applying import Applied
    from commerce_hooks_cli.subscription_desk import SubscriptionDesk
    from commerce_hooks_cli.subscription_looking import Looked
    from commerce_hooks_cli.world import World

_DIFFERENCE = 2


def apply(
    ctx: typer.Context,
    platform: AnyPlatform = None,
    store: AnyStore = None,
    adopt: Adopt = False,
    max_deletions: MaxDeletions = None,
    policy: AnotherPolicy = None,
    new_account: Annotated[
        bool,
        typer.Option(
            "--new-account",
            metavar="",
            help="The credentials are of another shop than at first, and that is right.",
        ),
    ] = False,
    yes: Yes = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Make the subscriptions of a store, of a platform's stores, or of all what they should be.

    The plan is shown first. Then one store after the other is done, as far as its policy goes:
    upsert creates and changes, sync deletes as well, plan does nothing unless --policy says
    otherwise, off never does. Afterwards it is read back whether it holds.

    Exit code 2 if something is still not as desired, 1 if a store failed; repeat it then.
    """
    from commerce_hooks_cli import subscription_screen as see
    from commerce_hooks_cli.subscription_announcing import Announcing
    from commerce_hooks_cli.subscription_applying import apply_to
    from commerce_hooks_cli.subscription_desk import Meant, SubscriptionDesk, terms_of
    from commerce_hooks_cli.subscription_looking import looked_at

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    check_policy(policy)
    meant = Meant.of(world, platform, store)
    terms = terms_of(policy, adopt=adopt, max_deletions=max_deletions, new_account=new_account)
    desk = SubscriptionDesk.at(world, screen, stack, terms)
    with screen.working("Looking ...") as now:
        looked = looked_at(desk, desk.chosen(meant), now)
    see.show_plans(screen, desk, looked)
    if question := _question(looked, terms.new_account):
        ask_first(world, desk.stores.deployment, question, yes=yes)
    announcing, applied = Announcing(desk), list["Applied"]()
    try:
        with screen.working("Applying ...") as now:
            for one in apply_to(desk, looked, announcing, now):
                applied.append(one)
    finally:
        # However it ended: what was done is done.
        _tell(screen, desk, applied)
        if announcing.remark:
            screen.warn(announcing.remark)
    _judge(applied)


def _question(looked: "Sequence[Looked]", new_account: bool) -> str | None:
    """None where nothing is to be changed, so that nobody has to be asked."""
    changes = sum(len(one.changes) for one in looked if one.policy != "plan")
    if changes:
        stores = sum(bool(one.changes) for one in looked if one.policy != "plan")
        return f"{changes} changes are made at the platforms, for {stores} stores. Go on?"
    if new_account:
        return "These credentials' shops are taken for the right ones from now on. Go on?"
    return None


def _tell(screen: Screen, desk: "SubscriptionDesk", applied: "Sequence[Applied]") -> None:
    from commerce_hooks_cli import subscription_screen as see

    told: list[dict[str, Any]] = [see.applied_as_json(desk, one) for one in applied]
    screen.emit(told)
    screen.show("")
    for one in applied:
        see.show_applied(screen, desk, one)
    if not applied:
        screen.show("Nothing was done.")


def _judge(applied: "Sequence[Applied]") -> None:
    failed = sum(one.failed for one in applied)
    if failed:
        raise CommandError(
            f"{failed} of {len(applied)} stores failed.", "Repeat the command when that is mended."
        )
    if any(one.differs for one in applied):
        raise typer.Exit(_DIFFERENCE)
