"""`commerce-hooks stores apply`: many shops, as a file says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.options import Json, Stack, Yes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.store_desk import StoreDesk
    from commerce_hooks_cli.store_farewell import Farewell, Removal
    from commerce_hooks_cli.store_plan import Change, Desired

_DIFFERENCE = 2
_FEW, _PART = 5, 3


def apply(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.yaml", help="The stores.", show_default=False)
    ],
    only_plan: Annotated[
        bool,
        typer.Option("--plan", metavar="", help="Only say what would be done; 2 if anything."),
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", metavar="", help="Remove stores that are not in the file."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", metavar="", help="With --prune: remove however many stores."),
    ] = False,
    yes: Yes = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Make the stores of a deployment as a file says: a plan first, then, if you agree, the rest.

    The file has `stores:`, a mapping from <platform>/<store> to settings, and `defaults:` for
    label, policy and silence_hours. Credentials are said by where they are, such as
    `credentials: {from_env: NAME}`, or from_file, from_ssm, from_secret; there is JSON.

    Stores that the file doesn't name are left alone, unless --prune removes them as
    `stores remove` does: more than five and a third of all only with --force. What is so already
    is not touched, so it can be repeated. A store whose URLs are disabled is given new ones.
    """
    from commerce_hooks_cli.store_desk import StoreDesk
    from commerce_hooks_cli.store_plan import Action, plan
    from commerce_hooks_cli.store_writing import existing_stores, given_up

    screen = Screen(as_json=as_json)
    text = _read(file)
    desk = StoreDesk.at(ctx.obj, screen, stack)
    desired = _desired(desk, screen, file, text)
    if prune and not desired:
        raise BadUsageError(f"{file.name} names no store, so --prune would remove all there are.")
    ring = desk.deployment.key_ring()
    with screen.working("Looking at what there is ..."):
        changes = plan(desired, existing_stores(desk.book, ring), given_up(ring))
    wanted = [one for one in changes if one.action in {Action.CREATE, Action.CHANGE}]
    unnamed = [one.store for one in changes if one.action is Action.UNNAMED]
    gone = [_farewell(desk, store) for store in unnamed] if prune else []
    _show(screen, changes, gone, prune=prune)
    told: dict[str, Any] = {"changes": _as_json(changes), "made": 0, "removed": [], "failed": []}
    if only_plan or not (wanted or gone):
        screen.emit(told)
        if wanted or gone:
            raise typer.Exit(_DIFFERENCE)
        return
    _check_number(gone, sum(one.existing is not None for one in changes), force=force)
    ask_first(desk.world, desk.deployment, _question(wanted, gone), yes=yes)
    made: list[Change] = []
    try:
        _make(desk, screen, wanted, told, made)
        _remove(screen, gone, told)
    finally:
        # However it ended: those that were made are there.
        _request(desk, screen, made)
        screen.emit(told)
        screen.show(f"{told['made']} of {len(wanted)} stores are made as the file says.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadUsageError(f"{file} is no text in UTF-8.") from None
    except OSError as error:
        raise BadUsageError(f"{file} cannot be read: {error.strerror}.") from error


def _desired(
    desk: "StoreDesk", screen: Screen, file: Path, text: str
) -> "Mapping[StoreId, Desired]":
    """All that the file asks for, or all that is wrong with it."""
    from commerce_hooks.callback import iso_utc
    from commerce_hooks_cli.secret_references import SecretReferences
    from commerce_hooks_cli.store_file import read_store_file
    from commerce_hooks_cli.store_settings import default_policy
    from commerce_hooks_cli.store_wishes import Wishes

    found = read_store_file(text)
    references = SecretReferences(desk.deployment, desk.world.clock, file.parent)
    wishes = Wishes(
        desk.known,
        default_policy(desk.deployment),
        iso_utc(desk.world.clock.now()),
        references.read,
    )
    broken = {problem.store for problem in found.problems}
    with screen.working("Reading the file ..."):
        wishes.take([entry for entry in found.entries if str(entry.store) not in broken])
    problems = sorted([*found.problems, *wishes.problems], key=lambda one: one.line)
    for problem in problems:
        screen.fail(f"{file.name}, {problem}")
    if problems:
        mistakes = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        raise BadUsageError(f"{file.name} has {mistakes}, so nothing was done.", "Mend them first.")
    return wishes.desired


def _farewell(desk: "StoreDesk", store: "StoreId") -> "Farewell":
    from commerce_hooks_cli.store_farewell import Farewell

    return Farewell.of(desk, store, keep_urls=False)


def _show(
    screen: Screen, changes: "Sequence[Change]", gone: "Sequence[Farewell]", *, prune: bool
) -> None:
    from collections import Counter

    from commerce_hooks_cli.store_plan import Action
    from commerce_hooks_cli.store_screen import show_plan

    show_plan(screen, changes, prune=prune)
    for farewell in gone:
        screen.show(*farewell.plan())
    counts = Counter(change.action for change in changes)
    if counts.keys() <= {Action.KEEP} or (
        not prune and counts.keys() <= {Action.KEEP, Action.UNNAMED}
    ):
        screen.show(f"Nothing to do: all {counts[Action.KEEP]} stores are as the file says.")
        return
    screen.show(", ".join(f"{counts[action]} {action}" for action in Action if counts[action]))


def _as_json(changes: "Sequence[Change]") -> list[dict[str, Any]]:
    from commerce_hooks_cli.store_screen import change_as_json

    return [change_as_json(change) for change in changes]


def _question(wanted: "Sequence[Change]", gone: "Sequence[Farewell]") -> str:
    parts = [f"{len(wanted)} stores are made as the file says"] if wanted else []
    if gone:
        parts.append(f"{len(gone)} are removed for good, with their URLs and our subscriptions")
    return f"{', and '.join(parts)}. Go on?"


def _check_number(gone: "Sequence[Farewell]", there: int, *, force: bool) -> None:
    if len(gone) > _FEW and len(gone) * _PART > there and not force:
        raise BadUsageError(
            f"--prune would remove {len(gone)} of {there} stores, so nothing was done.",
            "Is it the right file? Add --force if you mean it.",
        )


def _make(
    desk: "StoreDesk",
    screen: Screen,
    wanted: "Sequence[Change]",
    told: dict[str, Any],
    made: "list[Change]",
) -> None:
    from commerce_hooks_cli.store_writing import make_so

    with screen.progress("Making") as show:

        def count(change: "Change") -> None:
            made.append(change)
            told["made"] = len(made)
            show(told["made"] / len(wanted), str(change.store))

        make_so(desk, wanted, count)


def _request(desk: "StoreDesk", screen: Screen, made: "Sequence[Change]") -> None:
    """Have the subscriptions of those that were made looked at now."""
    from commerce_hooks_cli.subscription_requests import acts, request_looks

    wanted = [one.store for one in made if one.desired and acts(one.desired.configuration)]
    requested = request_looks(desk.deployment, wanted)
    if requested.stores:
        screen.note(
            f"The subscriptions of {requested.stores} stores are being looked at now; "
            f"`{command_to_type()} subscriptions status` shows them in a few minutes."
        )
    if requested.remark:
        screen.warn(requested.remark)


def _remove(screen: Screen, gone: "Sequence[Farewell]", told: dict[str, Any]) -> None:
    from commerce_hooks_cli.store_farewell import Removal, carry_out

    removals = [Removal(farewell) for farewell in gone]
    try:
        carry_out(removals, delete=True)
    finally:
        # However it ended: those that are gone are gone.
        told["removed"] = [one.as_json() for one in removals if one.over]
        told["failed"] = [_failed(one) for one in removals if not one.over]
        _show_removals(screen, removals)
    if left := len(told["failed"]):
        raise CommandError(
            f"{left} of the {len(gone)} stores that were to be removed are still there.",
            "Repeat the command when that is mended.",
        )


def _failed(removal: "Removal") -> dict[str, Any]:
    return {
        "platform": removal.farewell.store.platform,
        "store": removal.farewell.store.name,
        "deleted_subscriptions": removal.gone,
        "error": removal.failure and removal.failure.message,
    }


def _show_removals(screen: Screen, removals: "Sequence[Removal]") -> None:
    for removal in removals:
        if removal.over:
            store = removal.farewell.store
            screen.show(f"The store {store} is removed.", *removal.left_to_do())
        elif removal.failure:
            screen.fail(removal.failure.message, removal.failure.hint)
