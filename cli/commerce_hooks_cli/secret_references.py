"""Credentials from where a file says that they are.

No error holds a value, nor what the file names: it may be a secret that slipped into a wrong place.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks_cli.aws import error_code, in_plain_words
from commerce_hooks_cli.errors import BadUsageError
from commerce_hooks_cli.throttling import patiently

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.store_file import Reference
    from commerce_hooks_cli.world import Clock

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MISSING = {"ParameterNotFound", "ResourceNotFoundException"}


@dataclass(frozen=True)
class SecretReferences:
    """Looks references up.

    Args:
        folder: What file names begin in: the folder of the file that has them.
    """

    deployment: Deployment
    clock: Clock
    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def read(self, reference: Reference) -> str:
        """The text that is there.

        Raises:
            BadUsageError: There is none, or others may read it.
        """
        ways = {
            "from_env": self._from_env,
            "from_file": self._from_file,
            "from_ssm": self._from_ssm,
            "from_secret": self._from_secret,
        }
        try:
            return ways[reference.kind](reference.name)
        except (BotoCoreError, ClientError) as error:
            missing = isinstance(error, ClientError) and error_code(error) in _MISSING
            why = "there is none." if missing else in_plain_words(error).message
            raise BadUsageError(f"What {reference.kind} names cannot be read: {why}") from None

    def _from_env(self, name: str) -> str:
        text = self.environment.get(name)
        if not text:
            raise BadUsageError("The environment variable that from_env names is not set.")
        return text

    def _from_file(self, name: str) -> str:
        path = self.folder / name
        try:
            with path.open("rb") as file:
                # Of the file that is open, not of what stands there by now.
                if os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise BadUsageError(
                        "Others may read the file that from_file names: `chmod 600` it first."
                    )
                return file.read().decode()
        except UnicodeDecodeError:
            raise BadUsageError("The file that from_file names is no text.") from None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it cannot be a name"
            raise BadUsageError(f"The file that from_file names cannot be read: {why}.") from None

    def _from_ssm(self, name: str) -> str:
        ssm = self.deployment.client("ssm")
        found = patiently(self.clock, lambda: ssm.get_parameter(Name=name, WithDecryption=True))
        return found["Parameter"]["Value"]

    def _from_secret(self, name: str) -> str:
        secrets = self.deployment.client("secretsmanager")
        found = patiently(self.clock, lambda: secrets.get_secret_value(SecretId=name))
        if "SecretString" not in found:
            raise BadUsageError("The secret that from_secret names is no text.")
        return found["SecretString"]
