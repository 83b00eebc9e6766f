"""`commerce-hooks keys revoke`: an old key at its end, or the URLs that a store was given."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.platforms import checked_store, platform_names, unknown
from commerce_hooks_cli.verbs.options import Json, Stack, Yes

if TYPE_CHECKING:
    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.key_rules import Facts, Obstacle
    from commerce_hooks_cli.key_survey import Survey
    from commerce_hooks_cli.subscription_requests import Requested
    from commerce_hooks_cli.world import World


def revoke(
    ctx: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="KEY|PLATFORM/STORE",
            help="A key that nothing uses any more, or the store whose URLs shall be refused.",
            show_default=False,
        ),
    ],
    now: Annotated[
        bool,
        typer.Option("--now", metavar="", help="Of a leaked key: retire it, whatever breaks."),
    ] = False,
    disable: Annotated[
        bool, typer.Option("--disable", metavar="", help="Of a store: refuse all that comes.")
    ] = False,
    enable: Annotated[
        bool,
        typer.Option(
            "--enable", metavar="", help="Of a store: undo --disable, but not for retired keys."
        ),
    ] = False,
    yes: Yes = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Retire a key, or refuse the URLs that a store has been given so far.

    A key can be retired when no store uses it any more, no callback came with it for 48 hours,
    and the new one has signed for 48: Centry repeats a callback for so long. What is in the way
    is said. A store gets new URLs by `urls`, and subscriptions that are ours to keep by themselves;
    no other store is touched.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    if "/" not in target:
        _refuse("--disable and --enable are for stores.", given=disable or enable)
        _retire(world, screen, target, stack, at_once=now, yes=yes)
        return
    _refuse("--now is for keys; a store's URLs are always revoked at once.", given=now)
    _refuse("--disable and --enable exclude each other.", given=disable and enable)
    _revoke_store(world, screen, target, stack, disable=disable, enable=enable, yes=yes)


def store_called(world: "World", text: str) -> "StoreId":
    from commerce_hooks.stores import StoreId

    platform, _, store = text.partition("/")
    known = [*platform_names(world.checkout() / "functions"), "cenit"]
    if platform not in known:
        raise unknown("platform", platform, known)
    return StoreId(platform, checked_store(store))


def warn_of_a_stranger(screen: Screen, survey: "Survey", ring: "KeyRing", store: "StoreId") -> None:
    if store not in survey.known_stores(ring):
        screen.warn(f"Nothing is configured for {store}, and nothing ever came. Is it spelled so?")


def _refuse(why: str, *, given: bool) -> None:
    if given:
        raise BadUsageError(why, "Leave it out.")


def _retire(
    world: "World", screen: Screen, key_id: str, stack: str | None, *, at_once: bool, yes: bool
) -> None:
    from commerce_hooks_cli.key_revocation import checked_old_key, noted_as_retired, retire
    from commerce_hooks_cli.key_rules import obstacles
    from commerce_hooks_cli.key_survey import Survey, any_key_ring

    deployment = world.deployment(stack, screen)
    checked_old_key(any_key_ring(deployment), key_id)
    survey = Survey(deployment, world)
    facts = _facts(screen, survey, at_once=at_once)
    found = obstacles(facts, key_id) if facts else []
    if found and not at_once:
        raise _in_the_way(screen, key_id, found)
    breaks = [str(use.store) for use in facts.uses if use.may_use(key_id)] if facts else []
    if breaks:
        screen.warn(
            f"These stores may still use {key_id}; callbacks to such URLs will be refused: "
            f"{', '.join(breaks)}."
        )
    ask_first(world, deployment, f"Every URL made with {key_id} stops working. Go on?", yes=yes)
    # First, so that no import ever takes it for a key that was lost.
    noted = noted_as_retired(survey.records, world.clock, key_id)
    if not (noted or at_once):
        raise CommandError(
            f"{key_id} was not retired: it could not be noted in the state table.", "Try again."
        )
    retire(deployment, key_id)
    noted = noted or noted_as_retired(survey.records, world.clock, key_id)
    told = _refused_from(world, deployment)
    screen.emit({"retired": key_id, "may_break": breaks, "noted": noted, **told})
    screen.show(f"{key_id} is retired. URLs made with it are refused {_by(told)}.")
    if not noted:
        screen.warn(
            f"The state table did not take the note that {key_id} is retired: `keys import` of an "
            "export that has it would accept it again. Make a new export, destroy the older ones."
        )


def _facts(screen: Screen, survey: "Survey", *, at_once: bool) -> "Facts | None":
    """What is known; None if that can't be told and must not be waited for."""
    from commerce_hooks.errors import UnavailableError

    try:
        with screen.working("Looking ...") as now:
            facts = survey.facts(now)
        _note_the_signer(survey, facts)
    except UnavailableError as error:
        if not at_once:
            raise
        screen.warn(f"Which stores this breaks could not be looked up ({error}).")
        return None
    return facts


def _note_the_signer(survey: "Survey", facts: "Facts") -> None:
    """If its time was lost, it has signed at least since now: the 48 hours begin."""
    from commerce_hooks_cli.key_records import NOTHING_KNOWN

    signer = facts.ring.sign
    if facts.times.get(signer, NOTHING_KNOWN).signs_at is None:
        survey.records.note(signer, {"signs_at": facts.now})


def _in_the_way(screen: Screen, key_id: str, found: "list[Obstacle]") -> CommandError:
    from commerce_hooks_cli import keys_screen

    screen.emit({"retired": None, "in_the_way": keys_screen.obstacles_as_json(found)})
    screen.show(f"In the way of retiring {key_id}:", *keys_screen.why_not(found))
    return CommandError(
        f"{key_id} was not retired.",
        "`keys status` says what to do. If the key leaked: --now, which breaks what still uses it.",
    )


def _revoke_store(
    world: "World",
    screen: Screen,
    target: str,
    stack: str | None,
    *,
    disable: bool,
    enable: bool,
    yes: bool,
) -> None:
    from commerce_hooks_cli import key_revocation
    from commerce_hooks_cli.keys_screen import verb
    from commerce_hooks_cli.subscription_requests import request_look_after_revoking

    store = store_called(world, target)
    deployment = world.deployment(stack, screen)
    _warn_if_unknown(world, screen, deployment, store)
    ask_first(world, deployment, _question(store, disable=disable, enable=enable), yes=yes)
    about: dict[str, Any] = {"platform": store.platform, "store": store.name}
    if enable:
        keys = key_revocation.enable(deployment, store)
        told = _refused_from(world, deployment)
        looked = request_look_after_revoking(deployment, world, store, keys)
        screen.emit(
            {
                **about,
                "disabled": False,
                "taken_from": told["refused_from"],
                "subscriptions_requested": looked.stores > 0,
            }
        )
        screen.show(
            f"{store} is taken again {_by(told)}, but for URLs of a key retired since it was "
            f"disabled. New ones: {verb(f'urls {store.platform} {store.name}', stack)}"
        )
        _say_if_requested(screen, store, stack, looked)
        return
    if disable:
        key_revocation.disable(deployment, store)
        told = _refused_from(world, deployment)
        screen.emit({**about, "disabled": True, **told})
        screen.show(f"All that comes for {store} is refused {_by(told)}.")
        return
    keys = key_revocation.revoke_urls(deployment, store)
    told = _refused_from(world, deployment)
    looked = request_look_after_revoking(deployment, world, store, keys)
    screen.emit(
        {
            **about,
            "generation": keys.generation,
            **told,
            "subscriptions_requested": looked.stores > 0,
        }
    )
    screen.show(
        f"All URLs that {store} had are refused {_by(told)}. No other store is touched.",
        f"New ones: {verb(f'urls {store.platform} {store.name}', stack)}",
    )
    _say_if_requested(screen, store, stack, looked)


def _say_if_requested(
    screen: Screen, store: "StoreId", stack: str | None, looked: "Requested"
) -> None:
    from commerce_hooks_cli.subscription_desk import subscriptions_command

    def command(name: str) -> str:
        return f"`{subscriptions_command(f'{name} {store.platform} {store.name}', stack)}`"

    if looked.stores:
        screen.show(
            f"Its subscriptions at {store.platform} are given such URLs now: in a minute "
            f"{command('status')} shows them."
        )
    if looked.remark:
        screen.warn(looked.remark)
        screen.show(f"{command('apply')} gives its subscriptions such URLs now.")


def _question(store: "StoreId", *, disable: bool, enable: bool) -> str:
    if enable:
        return (
            f"Callbacks for {store} will be taken again, but to URLs of keys retired since. Go on?"
        )
    what = "Everything that comes for" if disable else "Every URL so far of"
    return f"{what} {store} will be refused. Go on?"


def _warn_if_unknown(
    world: "World", screen: Screen, deployment: "Deployment", store: "StoreId"
) -> None:
    """A slip of the pen would revoke nothing, and nobody would notice."""
    from commerce_hooks.errors import UnavailableError
    from commerce_hooks_cli.key_survey import Survey, any_key_ring

    try:
        warn_of_a_stranger(screen, Survey(deployment, world), any_key_ring(deployment), store)
    except UnavailableError as error:
        # What has leaked can't wait until the table is back.
        screen.warn(f"Whether there is such a store could not be looked up ({error}).")


def _refused_from(world: "World", deployment: "Deployment") -> dict[str, Any]:
    from commerce_hooks.callback import iso_utc
    from commerce_hooks_cli.key_rotation import refusing_seconds

    seconds = refusing_seconds(deployment.key_ring_cache_seconds)
    at = world.clock.now() + timedelta(seconds=seconds)
    return {"refused_from": iso_utc(at), "within_seconds": seconds}


def _by(told: dict[str, Any]) -> str:
    return f"within {told['within_seconds']:.0f} s, from {told['refused_from'][11:19]} UTC on"
