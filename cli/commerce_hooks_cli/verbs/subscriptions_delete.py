"""`commerce-hooks subscriptions delete`: webhooks of ours that shall go."""

from typing import TYPE_CHECKING, Annotated

import typer

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.verbs.options import Json, PlatformName, Stack, StoreName, Yes
from commerce_hooks_cli.verbs.subscriptions_options import Adopt

if TYPE_CHECKING:
    from commerce_hooks_cli.subscription_deleting import Deleted, Doomed
    from commerce_hooks_cli.subscription_desk import SubscriptionDesk
    from commerce_hooks_cli.world import World


def delete(
    ctx: typer.Context,
    platform: PlatformName,
    store: StoreName,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="The platform's, of webhooks.", show_default=False),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="All of ours, also what is not listed.")
    ] = False,
    unlisted: Annotated[
        bool,
        typer.Option(
            "--unlisted",
            metavar="",
            help="Delete nothing; forget what the platform said that it created and does not "
            "list, so that it is made again.",
        ),
    ] = False,
    adopt: Adopt = False,
    yes: Yes = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Delete subscriptions of ours at a store's platform. Those of others are refused.

    The next round creates again what the store is to be subscribed to: change its topics or its
    policy first, if that is not meant. Konimbo's API cannot delete; its support can.
    """
    from commerce_hooks_cli.subscription_announcing import Announcing
    from commerce_hooks_cli.subscription_deleting import delete as delete_them
    from commerce_hooks_cli.subscription_deleting import doomed
    from commerce_hooks_cli.subscription_desk import Meant, SubscriptionDesk, Terms

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    if [bool(ids), everything, unlisted].count(True) != 1:
        raise BadUsageError("Which subscriptions?", "Give ids, or --all, or --unlisted.")
    meant = Meant.of(world, platform, store)
    desk = SubscriptionDesk.at(world, screen, stack, Terms(adopt=adopt))
    with screen.working("Looking ..."):
        found = doomed(desk, meant, ids or [], unlisted=unlisted)
    if found.changes:
        _refuse_what_cannot_be(desk, found)
    _show(screen, found)
    if found.changes or found.struck:
        ask_first(world, desk.stores.deployment, _question(found), yes=yes)
    announcing = Announcing(desk)
    with screen.working("Deleting ..."):
        deleted = delete_them(desk, found, announcing)
    screen.emit(deleted.as_json())
    _tell(screen, desk, deleted)
    if announcing.remark:
        screen.warn(announcing.remark)
    if deleted.problem:
        raise deleted.problem
    if deleted.left:
        raise _only_support(found, deleted.left)
    if deleted.refused:
        raise CommandError(
            f"{len(deleted.refused)} of {len(found.changes)} were not deleted.",
            f"`{desk.command('list', found.shop.store)}` shows what there is now.",
        )


def _show(screen: Screen, found: "Doomed") -> None:
    from commerce_hooks_cli.console import plain
    from commerce_hooks_cli.subscription_words import topic_words

    for change in found.changes:
        screen.show(f"delete  {topic_words(change.slot)} (id {plain(change.id or '-')})")
    for entry in found.struck:
        screen.show(f"forget  {topic_words(entry.address.slot)}")
    if not (found.changes or found.struck):
        screen.show("There is none of ours.")


def _refuse_what_cannot_be(desk: "SubscriptionDesk", found: "Doomed") -> None:
    if not desk.deletes(found.shop.store):
        raise _only_support(found, [str(change.id) for change in found.changes])


def _only_support(found: "Doomed", ids: list[str]) -> CommandError:
    from commerce_hooks_cli.subscription_words import ask_support

    return CommandError(
        f"{ask_support(found.shop.store.platform, ids)}.",
        "`keys revoke PLATFORM/STORE` refuses what they send at once, with all URLs of the store.",
    )


def _question(found: "Doomed") -> str:
    store = found.shop.store
    if not found.changes:
        return f"{len(found.struck)} entries of the ledger of {store} are forgotten. Go on?"
    return (
        f"{len(found.changes)} subscriptions of {store} are deleted at the platform, which then "
        "calls us no more about them. Go on?"
    )


def _tell(screen: Screen, desk: "SubscriptionDesk", deleted: "Deleted") -> None:
    if deleted.done:
        screen.show(f"{len(deleted.done)} deleted.")
    if deleted.struck:
        screen.show(f"{deleted.struck} forgotten.")
    if deleted.struck < len(deleted.doomed.struck) and deleted.problem is None:
        screen.note("What the platform tells of by now is not forgotten.")
    if deleted.refused:
        screen.warn(
            "Something changed meanwhile: these webhooks are not ours any more, and stay: "
            f"{', '.join(deleted.refused)}."
        )
    if (deleted.done or deleted.struck) and deleted.doomed.comes_again():
        store = deleted.doomed.shop.store
        screen.note(
            "The next round creates what the store is to be subscribed to. If that is not meant, "
            f"change its topics or policy: `{desk.stores.command('add', store)} --replace`."
        )
