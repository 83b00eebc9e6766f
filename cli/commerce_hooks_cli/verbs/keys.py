"""`commerce-hooks keys`: the keys behind callback URLs, from a new one to the old one's end."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.platforms import checked_store, platform_names, unknown
from commerce_hooks_cli.verbs.help_page import Group, Verb, for_example
from commerce_hooks_cli.verbs.key_files import export, import_
from commerce_hooks_cli.verbs.options import Json, PlatformOrCenit, Stack, StoreName, Yes

if TYPE_CHECKING:
    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.key_rotation import Rotation
    from commerce_hooks_cli.key_rules import Facts, Obstacle
    from commerce_hooks_cli.key_survey import Survey
    from commerce_hooks_cli.world import World

keys = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The keys behind callback URLs: renew them, retire them, revoke a shop's URLs.",
)
_LEFT = 2


@keys.command(cls=Verb, epilog=for_example("keys rotate"))
def rotate(
    ctx: typer.Context,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", metavar="", help="Only add the key, and say when to come back."),
    ] = False,
    yes: Yes = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Let a new key make callback URLs. Every URL that is in use goes on working.

    First the key is added as accepted; once all functions know it, it signs. If that is
    interrupted, the next `keys rotate` goes on with the same key. Then it says where the old
    URLs have to be replaced, before the old key can be retired.
    """
    from commerce_hooks_cli import keys_screen
    from commerce_hooks_cli.key_rotation import Rotation
    from commerce_hooks_cli.key_survey import Survey

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    deployment = world.deployment(stack, screen)
    survey = Survey(deployment, world)
    rotation = Rotation(deployment, survey.records, world.clock)
    begun = rotation.unfinished()
    goal = f"let {begun} sign, which is accepted already" if begun else "add a key and use it"
    ask_first(world, deployment, f"Callback URLs will change: {goal}. Go on?", yes=yes)
    key_id = begun or rotation.accept()
    screen.note(f"{key_id} is accepted, beside all keys that were.")
    ready_at = rotation.ready_at(key_id)
    if no_wait and world.clock.now() < ready_at:
        _say_when_to_come_back(screen, key_id, ready_at, stack)
        return
    _wait(screen, rotation, ready_at)
    rotation.let_sign(key_id)
    screen.note(f"{key_id} signs: URLs made from now on use it. The earlier ones go on working.")
    with screen.working("Looking ...") as now:
        facts = survey.facts(now)
    screen.emit({"key_id": key_id, "signs_now": True, **keys_screen.as_json(facts, stack)})
    keys_screen.show(screen, facts, stack)


@keys.command(cls=Verb, epilog=for_example("keys status"))
def status(ctx: typer.Context, stack: Stack = None, as_json: Json = False) -> None:
    """Show which keys are accepted, who uses them, and what still has to change where.

    Where a store has credentials, its subscriptions are read back at the platform. Elsewhere
    your word counts (`keys confirm`), until a callback with another key comes after it. What
    can't be told counts as not done.

    Exit code 2 while something is left to do.
    """
    from commerce_hooks_cli import keys_screen
    from commerce_hooks_cli.key_survey import Survey

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    deployment = world.deployment(stack, screen)
    with screen.working("Looking ...") as now:
        facts = Survey(deployment, world).facts(now)
    screen.emit(keys_screen.as_json(facts, stack))
    keys_screen.show(screen, facts, stack)
    if not facts.settled:
        raise typer.Exit(_LEFT)


@keys.command(cls=Verb, epilog=for_example("keys confirm iset acme"))
def confirm(
    ctx: typer.Context,
    platform: PlatformOrCenit,
    store: StoreName,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="KEY",
            help="The key of its URLs. Without it: the one that signs.",
            show_default=False,
        ),
    ] = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Give your word that a shop's URLs have all been replaced by those of a key.

    For shops whose platform nobody can ask: iSET, Cenit, and those without credentials here.
    It is refused while callbacks say otherwise. `keys status` shows if one comes later.
    """
    from commerce_hooks.callback import iso_utc
    from commerce_hooks_cli.key_records import Confirmation
    from commerce_hooks_cli.key_survey import Survey, any_key_ring

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    which = _store_called(world, f"{platform}/{checked_store(store)}")
    deployment = world.deployment(stack, screen)
    survey, ring, now = Survey(deployment, world), any_key_ring(deployment), world.clock.now()
    key_id = key or ring.sign
    if key_id not in ring.keys:
        raise unknown("accepted key", key_id, sorted(ring.keys))
    if survey.asked(ring, which) is not None:
        raise BadUsageError(
            f"{which} has credentials here: its URLs are read back, nobody has to vouch for them.",
            "See `keys status`.",
        )
    _refuse_contradiction(survey, which, key_id, now)
    _warn_of_a_stranger(screen, survey, ring, which)
    survey.records.confirm(Confirmation(which, key_id, now))
    screen.emit({"platform": platform, "store": store, "key_id": key_id, "at": iso_utc(now)})
    screen.show(f"Noted: {which} calls URLs of {key_id} and no others.")


@keys.command(cls=Verb, epilog=for_example("keys revoke konimbo/acme"))
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
        bool, typer.Option("--enable", metavar="", help="Of a store: undo --disable.")
    ] = False,
    yes: Yes = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Retire a key, or refuse the URLs that a store has been given so far.

    A key can be retired when no store uses it any more, no callback came with it for 48 hours,
    and the new one has signed for 48: Centry repeats a callback for so long. What is in the way
    is said. A store gets new URLs by `urls`; no other store is touched.
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


keys.command(cls=Verb, epilog=for_example("keys export ring.age"))(export)
keys.command("import", cls=Verb, epilog=for_example("keys import ring.age"))(import_)


def _wait(screen: Screen, rotation: "Rotation", ready_at: datetime) -> None:
    left = (ready_at - rotation.clock.now()).total_seconds()
    if left <= 0:
        return
    screen.note(
        f"Waiting {left:.0f} s, until every function has read it. Interrupted, the next "
        "`keys rotate` goes on here."
    )
    with screen.progress("Waiting for the functions") as advance:
        rotation.wait(ready_at, advance)


def _say_when_to_come_back(
    screen: Screen, key_id: str, ready_at: datetime, stack: str | None
) -> None:
    from commerce_hooks.callback import iso_utc
    from commerce_hooks_cli.keys_screen import verb

    screen.emit({"key_id": key_id, "signs_now": False, "ready_at": iso_utc(ready_at)})
    when = ready_at.strftime("%H:%M:%S UTC")
    screen.show(f"From {when} on, {verb('keys rotate', stack)} lets {key_id} sign.")


def _store_called(world: "World", text: str) -> "StoreId":
    from commerce_hooks.stores import StoreId

    platform, _, store = text.partition("/")
    known = [*platform_names(world.checkout() / "functions"), "cenit"]
    if platform not in known:
        raise unknown("platform", platform, known)
    return StoreId(platform, checked_store(store))


def _refuse_contradiction(survey: "Survey", store: "StoreId", key_id: str, at: datetime) -> None:
    from commerce_hooks_cli.key_rules import contradicting_topics

    topics = contradicting_topics(survey.seen().get(store, []), key_id, at)
    if topics:
        raise CommandError(
            f"Callbacks with another key than {key_id} came after those with it: "
            f"{', '.join(topics)}. So an old URL is in use.",
            "Remove the old URL at the platform, then wait for the next callback of that topic, "
            "or 48 hours.",
        )


def _warn_of_a_stranger(
    screen: Screen, survey: "Survey", ring: "KeyRing", store: "StoreId"
) -> None:
    if store not in survey.known_stores(ring):
        screen.warn(f"Nothing is configured for {store}, and nothing ever came. Is it spelled so?")


def _refuse(why: str, *, given: bool) -> None:
    if given:
        raise BadUsageError(why, "Leave it out.")


def _retire(
    world: "World", screen: Screen, key_id: str, stack: str | None, *, at_once: bool, yes: bool
) -> None:
    from commerce_hooks_cli.key_revocation import checked_old_key, retire
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
    retire(deployment, key_id)
    told = _refused_from(world, deployment)
    screen.emit({"retired": key_id, "may_break": breaks, **told})
    screen.show(f"{key_id} is retired. URLs made with it are refused {_by(told)}.")
    survey.records.note(key_id, {"retired_at": world.clock.now()})


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

    store = _store_called(world, target)
    deployment = world.deployment(stack, screen)
    _warn_if_unknown(world, screen, deployment, store)
    ask_first(world, deployment, _question(store, disable=disable, enable=enable), yes=yes)
    about: dict[str, Any] = {"platform": store.platform, "store": store.name}
    if enable:
        key_revocation.enable(deployment, store)
        told = _refused_from(world, deployment)
        screen.emit({**about, "disabled": False, "taken_from": told["refused_from"]})
        screen.show(f"{store} is taken again {_by(told)}.")
        return
    if disable:
        key_revocation.disable(deployment, store)
        told = _refused_from(world, deployment)
        screen.emit({**about, "disabled": True, **told})
        screen.show(f"All that comes for {store} is refused {_by(told)}.")
        return
    generation = key_revocation.revoke_urls(deployment, store)
    told = _refused_from(world, deployment)
    screen.emit({**about, "generation": generation, **told})
    screen.show(
        f"All URLs that {store} had are refused {_by(told)}. No other store is touched.",
        f"New ones: {verb(f'urls {store.platform} {store.name}', stack)}",
    )


def _question(store: "StoreId", *, disable: bool, enable: bool) -> str:
    if enable:
        return f"Callbacks for {store} will be taken again. Go on?"
    what = "Everything that comes for" if disable else "Every URL so far of"
    return f"{what} {store} will be refused. Go on?"


def _warn_if_unknown(
    world: "World", screen: Screen, deployment: "Deployment", store: "StoreId"
) -> None:
    """A slip of the pen would revoke nothing, and nobody would notice."""
    from commerce_hooks.errors import UnavailableError
    from commerce_hooks_cli.key_survey import Survey, any_key_ring

    try:
        _warn_of_a_stranger(screen, Survey(deployment, world), any_key_ring(deployment), store)
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
