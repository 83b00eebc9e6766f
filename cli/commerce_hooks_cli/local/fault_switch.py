"""What of a running local stack fails, asked and switched with the operator's signature."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from commerce_hooks_cli.local.errors import LocalStackError
from commerce_hooks_cli.local.faults import FAULTS_PATH, Fault, Kind, Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_hooks_cli.local.state import LocalState

_ANSWERS_WITHIN = 5.0
_GOOD = 200


def read_faults(state: LocalState) -> dict[Service, Fault]:
    """What fails now.

    Raises:
        LocalStackError: The stack doesn't tell.
    """
    return _ask(state, "GET")


def switch_faults(state: LocalState, kinds: Mapping[Service, Kind]) -> None:
    """From now on these services fail, and no others; counting begins anew.

    Raises:
        LocalStackError: The stack refuses.
    """
    _ask(state, "PUT", json.dumps(kinds).encode())


def _ask(state: LocalState, method: str, body: bytes = b"") -> dict[Service, Fault]:
    request = AWSRequest(method, state.control_url + FAULTS_PATH, data=body)
    operator = Credentials(state.access_key_id, state.secret_access_key)
    SigV4Auth(operator, "local", state.region).add_auth(request)
    address = urlsplit(state.control_url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=_ANSWERS_WITHIN)
    try:
        connection.request(method, FAULTS_PATH, body, dict(request.headers.items()))
        response = connection.getresponse()
        answer = response.read()
    except (OSError, HTTPException) as error:
        raise LocalStackError("The local stack does not answer.") from error
    finally:
        connection.close()
    if response.status != _GOOD:
        raise LocalStackError("The local stack refuses to say what fails, or to change it.")
    return {
        Service(name): Fault(Kind(fault["kind"]), fault["calls"])
        for name, fault in json.loads(answer).items()
    }
