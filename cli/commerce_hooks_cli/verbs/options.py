"""What several verbs take, worded once."""

from typing import Annotated

import typer

Json = Annotated[
    bool,
    typer.Option("--json", metavar="", help="Print JSON for programs, not tables for people."),
]
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="A deployed CloudFormation stack; account and Region come from the AWS environment "
        "(AWS_PROFILE, AWS_REGION). Without it: the local stack.",
        show_default=False,
    ),
]
Yes = Annotated[
    bool,
    typer.Option("--yes", metavar="", help="Don't ask before writing to a deployed stack."),
]
PlatformName = Annotated[
    str,
    typer.Argument(metavar="PLATFORM", help="The platform, such as konimbo.", show_default=False),
]
