"""The command `commerce-hooks`: its verbs put together, and its errors put into words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import PlatformError
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.cenit import cenit
from commerce_hooks_cli.verbs.doctor import doctor
from commerce_hooks_cli.verbs.find import find
from commerce_hooks_cli.verbs.help_page import Group, Verb, for_example
from commerce_hooks_cli.verbs.keys import keys
from commerce_hooks_cli.verbs.local import local
from commerce_hooks_cli.verbs.outbox import outbox
from commerce_hooks_cli.verbs.quarantine import quarantine
from commerce_hooks_cli.verbs.replay import replay
from commerce_hooks_cli.verbs.resend import resend
from commerce_hooks_cli.verbs.send import send
from commerce_hooks_cli.verbs.shapes import shapes
from commerce_hooks_cli.verbs.status import status
from commerce_hooks_cli.verbs.stores import stores
from commerce_hooks_cli.verbs.subscriptions import subscriptions
from commerce_hooks_cli.verbs.tail import tail
from commerce_hooks_cli.verbs.urls import urls
from commerce_hooks_cli.wiring import real_world

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError


class _Commands(Group):
    """Turns our errors, and the SDK's, into a message, a hint and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandError as error:
            raise _told(error) from error
        except PlatformError as error:
            raise _told(CommandError(f"The call to the platform failed: {error}.")) from error
        except UnavailableError as error:
            raise _told(_unavailable(error)) from error
        except _sdk_errors() as error:
            from commerce_hooks_cli.aws import in_plain_words

            raise _told(in_plain_words(error)) from error


def _sdk_errors() -> tuple[type[BotoCoreError | ClientError | ResponseParserError], ...]:
    """What the AWS SDK raises; nothing if no verb has loaded it, for loading takes its time."""
    if "botocore" not in sys.modules:
        return ()
    from commerce_hooks_cli.aws import SDK_ERRORS

    return SDK_ERRORS


def _unavailable(error: UnavailableError) -> CommandError:
    """What the kernel says of AWS: a service of its own, and a code."""
    return CommandError(
        f"AWS did not do its part: {error}.",
        "Try again; if it stays, check AWS_PROFILE, AWS_REGION and what you may do there.",
    )


def _told(error: CommandError) -> typer.Exit:
    Screen().fail(error.message, error.hint)
    return typer.Exit(error.exit_code)


app = typer.Typer(
    name="commerce-hooks",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables would show what must not be shown.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Begin with: {command_to_type()} local demo",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"commerce-hooks {version('commerce-hooks')}\n")
        raise typer.Exit


@app.callback()
def commerce_hooks(
    ctx: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            metavar="",
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Webhook callbacks of e-commerce platforms become events on Amazon EventBridge.

    The verbs work on the local stack while one is up, and on a deployed stack with --stack.
    """
    if ctx.obj is None:
        ctx.obj = real_world()


app.add_typer(cenit, name="cenit")
app.add_typer(keys, name="keys")
app.add_typer(local, name="local")
app.add_typer(outbox, name="outbox")
app.add_typer(quarantine, name="quarantine")
app.add_typer(stores, name="stores")
app.add_typer(subscriptions, name="subscriptions")
for verb, example in (
    (doctor, "doctor --no-send"),
    (find, "find 4711 konimbo acme"),
    (replay, "replay --from 3h --to 30m --rule orders"),
    (resend, "resend 5c1b8d4e-0000-4000-8000-000000000002"),
    (send, "send konimbo order_created --count 3"),
    (shapes, "shapes konimbo order_created --new"),
    (status, "status konimbo acme"),
    (tail, "tail --limit 1 --json"),
    (urls, "urls konimbo demo"),
):
    app.command(cls=Verb, epilog=for_example(example))(verb)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets another one, not a traceback.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] # real streams have it
    app(prog_name=command_to_type())
