"""boto3 clients of the emulator that nothing outside this run can redirect."""

from __future__ import annotations

import os
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import (
    BOTOCORE_DEFAUT_SESSION_VARIABLES as SESSION_VARIABLES,  # botocore's spelling
)
from botocore.configprovider import ConfigChainFactory, ConfigValueStore

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState

# The read timeout is longer than the longest poll of a queue.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=25,
    retries={"mode": "standard", "total_max_attempts": 2},
    # An empty mapping, because None would mean the proxies of the environment.
    proxies={},
)
# Sessions aren't made for several threads, clients are.
_ONE_AT_A_TIME = Lock()


def isolated_session(region: str, **credentials: str) -> boto3.Session:
    """A session that reads neither the user's environment nor their AWS files."""
    core = botocore.session.Session()
    chains = ConfigChainFactory(session=core, environ={})
    core.register_component(
        "config_store",
        ConfigValueStore(
            mapping={
                name: chains.create_config_chain(
                    instance_name=name, default=default, conversion_func=convert
                )
                for name, (_, _, default, convert) in SESSION_VARIABLES.items()
            }
        ),
    )
    core.set_config_variable("config_file", os.devnull)
    core.set_config_variable("credentials_file", os.devnull)
    return boto3.Session(botocore_session=core, region_name=region, **credentials)


def client_of(state: LocalState, service: str) -> Any:
    """A client with the state's endpoint, Region and credentials."""
    session = _session(state.region, state.access_key_id, state.secret_access_key)
    with _ONE_AT_A_TIME:
        # boto3's stubs know services by literal only.
        return session.client(  # type: ignore[call-overload]
            service, endpoint_url=state.control_url, config=_CONFIG
        )


@lru_cache(maxsize=1)
def _session(region: str, access_key_id: str, secret_access_key: str) -> boto3.Session:
    """Kept, because it holds the service descriptions that it has read; they take most time."""
    return isolated_session(
        region, aws_access_key_id=access_key_id, aws_secret_access_key=secret_access_key
    )
