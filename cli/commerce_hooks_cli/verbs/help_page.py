"""What `--help` shows of a verb: paragraphs that flow, and arguments without braces."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

from commerce_hooks_cli.program import command_to_type


def for_example(arguments: str) -> str:
    """An epilog: a call of the command as it can be typed."""
    return f"For example: {command_to_type()} {arguments}"


class _PlainHelpOption:
    """typer itself puts `<bool>` beside --help, as if it took something."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc] # a command's
        option.metavar = ""
        return option


class Group(_PlainHelpOption, TyperGroup):
    """Verbs under one name."""


class Verb(_PlainHelpOption, TyperCommand):
    """typer itself keeps the line breaks of a docstring, and puts an argument into braces."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        paragraphs = (settings.pop("help") or "").split("\n\n")
        flowing = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        super().__init__(*args, help=flowing, **settings)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]
