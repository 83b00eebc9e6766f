"""The key ring in a file that only a passphrase opens, in the age format (age-encryption.org)."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import pyrage
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from commerce_hooks_cli.deployment import Deployment


class Origin(BaseModel):
    """The deployment that a ring is of."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.name} in account {self.account}, Region {self.region}"


class Times(BaseModel):
    """What was known of a key's times."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    accepted_at: datetime | None = None
    signs_at: datetime | None = None


class Export(BaseModel):
    """What the file holds. `ring` is the secret's text as it was."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    format: Literal["commerce-hooks/key-ring/v1"] = "commerce-hooks/key-ring/v1"
    deployment: Origin
    exported_at: datetime
    ring: str = Field(repr=False)
    keys: dict[str, Times] = {}


def origin_of(deployment: "Deployment") -> Origin:
    return Origin(
        name=deployment.deployment_name, account=deployment.account, region=deployment.region
    )


def sealed(export: Export, passphrase: str) -> str:
    """The file's text: armored, so that it can be pasted into a password safe."""
    content = export.model_dump_json().encode()
    armored: bytes = pyrage.passphrase.encrypt(content, passphrase, armored=True)
    return armored.decode()


def opened(content: bytes, passphrase: str) -> Export:
    """What was sealed.

    Raises:
        CommandError: The passphrase is another, or the file is damaged or something else.
    """
    try:
        text: Any = pyrage.passphrase.decrypt(content, passphrase)
    except pyrage.DecryptError:
        raise CommandError(
            "The file could not be decrypted: the passphrase is another, or the file is damaged, "
            "or not encrypted by a passphrase.",
            "Any tool for age files can tell: `age --decrypt FILE`.",
        ) from None
    try:
        return Export.model_validate_json(text)
    except ValidationError:
        # The validator's text could quote what was decrypted.
        raise CommandError(
            "The file was decrypted, but it holds no key ring, or one of a newer version."
        ) from None
