"""`commerce-hooks subscriptions`: the webhooks that platforms have of our stores."""

from typing import TYPE_CHECKING, Annotated

import typer

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.verbs.help_page import Group, Verb, for_example
from commerce_hooks_cli.verbs.options import Json, PlatformName, Stack, StoreName
from commerce_hooks_cli.verbs.subscriptions_apply import apply
from commerce_hooks_cli.verbs.subscriptions_delete import delete
from commerce_hooks_cli.verbs.subscriptions_options import (
    Adopt,
    AnotherPolicy,
    AnyPlatform,
    AnyStore,
    MaxDeletions,
    check_policy,
)

if TYPE_CHECKING:
    from commerce_hooks_cli.subscription_looking import Looked
    from commerce_hooks_cli.world import World

subscriptions = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The webhooks at Centry and Konimbo: what there is, what should be, and making it so.",
)
_DIFFERENCE = 2
SubscriptionId = Annotated[
    str, typer.Argument(metavar="ID", help="The platform's, of the webhook.", show_default=False)
]


@subscriptions.command(cls=Verb, epilog=for_example("subscriptions plan konimbo acme"))
def plan(
    ctx: typer.Context,
    platform: AnyPlatform = None,
    store: AnyStore = None,
    adopt: Adopt = False,
    max_deletions: MaxDeletions = None,
    policy: AnotherPolicy = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Show what would be done about a store's subscriptions, a platform's, or all. Nothing is.

    The platforms are asked what there is. What is in the way is said, and what to do about it;
    subscriptions of others are counted, and never touched.

    Exit code 2 if something is not as desired, 1 if a store could not be looked at.
    """
    from commerce_hooks_cli import subscription_screen as see
    from commerce_hooks_cli.subscription_desk import Meant, SubscriptionDesk, terms_of
    from commerce_hooks_cli.subscription_looking import looked_at

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    check_policy(policy)
    meant = Meant.of(world, platform, store)
    terms = terms_of(policy, adopt=adopt, max_deletions=max_deletions)
    desk = SubscriptionDesk.at(world, screen, stack, terms)
    with screen.working("Looking ...") as now:
        found = looked_at(desk, desk.chosen(meant), now)
    screen.emit([see.plan_as_json(desk, one) for one in found])
    see.show_plans(screen, desk, found)
    if not found:
        screen.show("There is no store whose platform can be asked.")
    _judge(found)


def _judge(found: "list[Looked]") -> None:
    failed = sum(one.problem is not None for one in found)
    if failed:
        raise CommandError(f"{failed} of {len(found)} stores could not be looked at.")
    if any(one.wrong for one in found):
        raise typer.Exit(_DIFFERENCE)


subscriptions.command(cls=Verb, epilog=for_example("subscriptions apply konimbo acme"))(apply)


@subscriptions.command(cls=Verb, epilog=for_example("subscriptions status konimbo acme"))
def status(
    ctx: typer.Context,
    platform: AnyPlatform = None,
    store: AnyStore = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Show what the last look at each store's subscriptions found. No platform is called.

    For each topic the subscription, the key in its URL, and the last callback; of many stores a
    row each, those that are not well first. `subscriptions plan` looks anew.

    Exit code 2 if something was not as desired.
    """
    from commerce_hooks_cli import subscription_status_screen as see
    from commerce_hooks_cli.subscription_desk import Meant, SubscriptionDesk
    from commerce_hooks_cli.subscription_status import standings

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    meant = Meant.of(world, platform, store)
    desk = SubscriptionDesk.at(world, screen, stack)
    with screen.working("Looking ..."):
        found = standings(desk, desk.chosen(meant))
    screen.emit([see.standing_as_json(one) for one in found])
    see.show(screen, desk, found, world.clock.now())
    if any(one.is_wrong for one in found):
        raise typer.Exit(_DIFFERENCE)


@subscriptions.command("list", cls=Verb, epilog=for_example("subscriptions list konimbo acme"))
def list_(
    ctx: typer.Context,
    platform: PlatformName,
    store: StoreName,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """List what is registered at a store's platform right now, ours and others'.

    Callback URLs are secrets and not shown: of ours their host, key and a hash, of others' the
    host.
    """
    from commerce_hooks_cli import subscription_listing as see
    from commerce_hooks_cli.subscription_desk import Meant, SubscriptionDesk
    from commerce_hooks_cli.subscription_listing import listed

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    meant = Meant.of(world, platform, store)
    desk = SubscriptionDesk.at(world, screen, stack)
    with screen.working("Asking the platform ..."):
        found = listed(desk, meant)
    screen.emit([one.as_json() for one in found])
    if found:
        screen.show_uncut(see.table_of(found))
    else:
        screen.show("The platform lists none.")


@subscriptions.command(cls=Verb, epilog=for_example("subscriptions show konimbo acme 4711"))
def show(
    ctx: typer.Context,
    platform: PlatformName,
    store: StoreName,
    id_: SubscriptionId,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Show one subscription closely, also one that the platform does not list.

    With it what our ledger has of it, and what the last look found.
    """
    from commerce_hooks_cli import subscription_listing as see
    from commerce_hooks_cli.subscription_desk import Meant, SubscriptionDesk
    from commerce_hooks_cli.subscription_listing import closely

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    meant = Meant.of(world, platform, store)
    desk = SubscriptionDesk.at(world, screen, stack)
    with screen.working("Asking the platform ..."):
        found = closely(desk, meant, id_)
    screen.emit(found.as_json())
    see.show_closely(screen, found)


subscriptions.command(cls=Verb, epilog=for_example("subscriptions delete centry acme 4711"))(delete)
