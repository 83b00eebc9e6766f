"""`commerce-hooks send`: post sample callbacks the way a platform does."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from commerce_hooks.platform import SYNTHETIC_STORE
from commerce_hooks_cli.callbacks import CallbackUrl, CallbackUrls, Sender, Sent
from commerce_hooks_cli.console import Screen, plain
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.platforms import (
    checked_store,
    discover_platforms,
    platform_called,
    refuse_cenit,
    topic_called,
)
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.samples import Sample, find_sample, load_sample
from commerce_hooks_cli.tables import answer_cells
from commerce_hooks_cli.verbs.options import Json, PlatformName, Stack
from commerce_hooks_cli.world import World

LOCAL_STORE = "demo"
_MOST_AT_ONCE = 1000


_Topic = Annotated[
    str,
    typer.Argument(
        metavar="TOPIC",
        help="What happened, such as order_created.",
        show_default=False,
    ),
]
_Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="STORE",
        help=f"In whose name. On the local stack any, and '{LOCAL_STORE}' if left out; "
        f"on a deployed stack only '{SYNTHETIC_STORE}'.",
        show_default=False,
    ),
]
_Count = Annotated[
    int,
    typer.Option(
        "--count", min=1, max=_MOST_AT_ONCE, metavar="N", help="How many, one after another."
    ),
]
_Variant = Annotated[
    str | None,
    typer.Option(
        "--variant",
        metavar="NAME",
        help="Which sample of the topic: events/PLATFORM/TOPIC.NAME.json (or .form).",
        show_default=False,
    ),
]
_Form = Annotated[
    bool,
    typer.Option(
        "--form",
        metavar="",
        help="As a form instead of JSON, where the platform sends forms too.",
    ),
]
_File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="PATH",
        help="Send this file's bytes instead of a sample.",
        show_default=False,
    ),
]


def send(
    ctx: typer.Context,
    platform: PlatformName,
    topic: _Topic,
    store: _Store = None,
    count: _Count = 1,
    variant: _Variant = None,
    form: _Form = False,
    file: _File = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Send a sample callback and show what was answered.

    It goes to its genuine URL over HTTP, as if the platform had sent it. The bodies are those
    in events/. Exit code 1 if any answer is not 2xx.

    On a deployed stack it is of the store 'synthetic', which no shop has: its event is
    callback.synthetic and nothing else, so no consumer takes it for a fact.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    refuse_cenit(
        platform,
        "Cenit's calls cannot be sent by this verb.",
        f"`{command_to_type()} urls cenit STORE` prints what a call of yours takes.",
    )
    chosen = platform_called(discover_platforms(world.checkout() / "functions"), platform)
    topic_called(chosen, topic)
    sample = _sample(world, platform, topic, variant, file, form=form)
    deployment = world.deployment(stack, screen)
    store = _store(deployment, store)
    url = CallbackUrls(deployment.base_url, deployment.key_ring()).for_topic(chosen, store, topic)
    with screen.working("Sending ...") as now:
        sent = list(_send(Sender(world.post), url, topic, sample, count, now))
    _show(screen, sent)
    if any(one.outcome == "ignored" for one in sent):
        screen.note(f"{platform}/{topic} is off: the parameter PersonalTopics turns it on.")
    _judge(sent)


def _send(
    sender: Sender,
    url: CallbackUrl,
    topic: str,
    sample: Sample,
    count: int,
    now: Callable[[str], None],
) -> Iterator[Sent]:
    for number in range(1, count + 1):
        now(f"Sending {number} of {count} ...")
        sent = sender.send(url, topic, sample)
        yield sent
        if sent.status is None:
            return  # nobody is there: the others would only wait as long


def _sample(
    world: World,
    platform: str,
    topic: str,
    variant: str | None,
    file: Path | None,
    *,
    form: bool,
) -> Sample:
    if file is None:
        return find_sample(world.checkout() / "events", platform, topic, variant, form=form)
    if variant is not None:
        raise BadUsageError("--file and --variant exclude each other.", "Leave one of them out.")
    if form:
        raise BadUsageError(
            "--file and --form exclude each other.", "A file whose name ends in .form is one."
        )
    return load_sample(file)


def _store(deployment: Deployment, store: str | None) -> str:
    """Real stores' events must come from the platform only, so ours are marked by their name."""
    if deployment.local:
        return checked_store(store or LOCAL_STORE)
    if store not in {None, SYNTHETIC_STORE}:
        raise BadUsageError(
            f"On a deployed stack samples go to the store {SYNTHETIC_STORE!r} only.",
            f"Leave --store out, or give --store {SYNTHETIC_STORE}.",
        )
    return SYNTHETIC_STORE


def _judge(sent: list[Sent]) -> None:
    """Make what went wrong the verb's own failure."""
    if sent[-1].status is None:
        raise CommandError(
            f"The callback got no answer: {sent[-1].problem}.",
            f"Is it up? See `{command_to_type()} local status`, or the stack's PublicBaseUrl.",
        )
    refused = sum(not one.ok for one in sent)
    if refused:
        raise CommandError(
            f"{refused} of {len(sent)} callbacks were not taken.",
            "The outcome says why; the function's log says more.",
        )


def _show(screen: Screen, sent: list[Sent]) -> None:
    screen.emit([one.as_json() for one in sent])
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("status")
    table.add_column("outcome")
    table.add_column("ms", justify="right")
    # Each begins with the callback's id.
    table.add_column("event ids", no_wrap=True)
    for one in sent:
        status, outcome, milliseconds = answer_cells(one)
        if one.why:
            outcome.append(f": {plain(one.why)}")
        table.add_row(status, outcome, milliseconds, Text(plain(_ids(one), keep="\n")))
    screen.show_uncut(table)


def _ids(sent: Sent) -> str:
    if sent.queued:
        return f"{sent.queued} by a job"
    return "\n".join(sent.event_ids) or sent.callback_id or "-"
