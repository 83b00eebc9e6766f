"""The environment of the emulator's process, and by inheritance of the functions' processes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_hooks_cli.local.orders import Order

# What an interpreter may need to start at all.
_PASSED_ON = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def bare_environment(directory: Path) -> dict[str, str]:
    """Nothing of the user's: no AWS settings, no proxies, no home, no temporary folder."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    folder = str(directory)
    return {
        **passed_on,
        "PATH": os.defpath,
        "HOME": folder,
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        # Where this package is, however it was found.
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


def emulator_environment(order: Order, control_port: int) -> dict[str, str]:
    """The emulator's settings."""
    return {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": order.access_key_id,
        # The guard checks the operator's signature and keeps the secret to itself.
        "AWS_SECRET_ACCESS_KEY": secrets.token_hex(),
        "AWS_DEFAULT_REGION": order.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{control_port}",
        "BIND_HOST": "127.0.0.1",
        # No Docker daemon is ever asked, even where there is one.
        "DOCKER_HOST": f"unix://{order.directory}/no-docker.sock",
        "GATEWAY_PORT": str(control_port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": order.account,
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": order.region,
        "PERSIST_STATE": "0",
        "S3_DATA_DIR": f"{order.directory}/s3",
        "S3_PERSIST": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": f"{order.directory}/state",
    }
