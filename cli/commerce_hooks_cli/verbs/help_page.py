"""What `--help` shows of a verb: paragraphs that flow, and arguments without braces."""

from typing import Any

from typer.core import TyperCommand


class Verb(TyperCommand):
    """typer itself keeps the line breaks of a docstring, and puts an argument into braces."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        paragraphs = (settings.pop("help") or "").split("\n\n")
        flowing = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        super().__init__(*args, help=flowing, **settings)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]
