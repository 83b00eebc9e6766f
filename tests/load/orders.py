"""What a load is: the order that the sending process gets."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LOOPBACK = "127.0.0.1"
MOST_CONNECTIONS = 8
"""The emulator makes a process for each call that it runs at the same time."""
MOST_SECONDS = 600


def _of_this_machine(base_url: str) -> str:
    address = urlsplit(base_url)
    if (address.scheme, address.hostname) != ("http", LOOPBACK):
        raise ValueError("a load goes to this machine only")
    return base_url


class Told(BaseModel):
    """What the two processes of a load tell each other, as JSON."""

    # Whatever cannot be read tells nothing of what it is: it may be a token.
    model_config = ConfigDict(
        frozen=True, hide_input_in_errors=True, ser_json_bytes="base64", val_json_bytes="base64"
    )


class Outgoing(Told):
    """A request that is sent again and again.

    Args:
        sample: Its file, below the platform's folder.
        target: Path and query. It holds a token.
        outcome: What the right answer says.
        events: How many it promises.
        ids: What they are about, in their order, as it stands in the body; each time it is sent
            they are others. None where they stay as they are.
    """

    platform: str
    sample: str
    method: str
    target: str = Field(repr=False)
    headers: dict[str, str] = Field(repr=False)
    body: bytes = Field(repr=False)
    outcome: str = "accepted"
    events: int = 1
    ids: tuple[str, ...] = ()


class Order(Told):
    """A load: what to send, where, for how long, and over how many connections at a time."""

    base_url: Annotated[str, AfterValidator(_of_this_machine)]
    seconds: float = Field(gt=0, le=MOST_SECONDS)
    connections: int = Field(ge=1, le=MOST_CONNECTIONS)
    requests: tuple[Outgoing, ...] = Field(min_length=1)
