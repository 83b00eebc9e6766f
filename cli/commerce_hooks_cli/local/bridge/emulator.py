"""Inside the emulator's process: what no setting reaches."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.local.bridge.event_bus import correct_event_bus
from commerce_hooks_cli.local.bridge.gateway_responses import answer_failures
from commerce_hooks_cli.local.bridge.log_patterns import correct_log_patterns
from commerce_hooks_cli.local.bridge.rest_events import correct_events
from commerce_hooks_cli.local.bridge.rights import correct_rights
from commerce_hooks_cli.local.guard import of_another_user, stranger
from commerce_hooks_cli.local.signatures import Credential

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_hooks_cli.local.asgi import Application, Receive, Scope, Send

    Template = dict[str, Any]


def as_if_tls(emulator: Application) -> Application:
    """What comes over loopback counts as protected, as it is on AWS."""

    async def protected(scope: Scope, receive: Receive, send: Send) -> None:
        await emulator({**scope, "scheme": "https"}, receive, send)

    return protected


def session_credential(access_key_id: str) -> Credential | None:
    """The secret and token of a function's session, while it is valid."""
    from ministack.services import sts

    session = sts._sessions.get(access_key_id)  # noqa: SLF001 - there is no public way
    if session is None or (session.get("Expiration") or float("inf")) < time.time():
        return None
    return Credential(session["SecretAccessKey"], session["SessionToken"])


def install() -> None:
    """Change the emulator where no setting does."""
    _tell_what_put_events_carries()
    correct_rights()
    _authorize_batches_of_messages()
    _make_sessions_unguessable()
    _speed_up_and_guard_runtime_api()
    correct_events()
    answer_failures()
    correct_event_bus()
    correct_log_patterns()


def _tell_what_put_events_carries() -> None:
    """Roles say which sources and detail-types a function may put: the emulator has to know."""
    from ministack.core import iam_actions

    known = iam_actions.request_tag_context

    def context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        carried = event_conditions(body) if action == "events:PutEvents" else {}
        return {**known(service, action, body, params), **carried}

    iam_actions.request_tag_context = context


def _authorize_batches_of_messages() -> None:
    """Who may send one message may send several (SQS developer guide, "API permissions")."""
    from ministack.core import iam_actions

    known = iam_actions.extract_iam_action

    def action(*request: Any) -> str | None:
        asked: str | None = known(*request)
        return asked.removesuffix("Batch") if asked and asked.startswith("sqs:") else asked

    iam_actions.extract_iam_action = action


def event_conditions(body: bytes) -> dict[str, list[str]]:
    """AWS's condition keys: a value for each entry, and no key where no entry has one."""
    try:
        entries = json.loads(body)["Entries"]
        carried = {
            "events:source": [str(e["Source"]) for e in entries if "Source" in e],
            "events:detail-type": [str(e["DetailType"]) for e in entries if "DetailType" in e],
        }
    except (ValueError, TypeError, KeyError):
        return {}
    return {key: values for key, values in carried.items() if values}


def _make_sessions_unguessable() -> None:
    """What others can learn, such as the account, must not be all that the keys are made of."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    credentials = _salted(lambda_runtime.execution_credentials)
    lambda_runtime.execution_credentials = credentials
    lambda_svc.execution_credentials = credentials  # it has a name of its own for it


def _salted(known: Callable[[Template], dict[str, str]]) -> Callable[[Template], dict[str, str]]:
    """The keys are hashes of the function's ARN, so each run has its own ending of it.

    Nobody else sees the ending: the session itself has the function's name and role.
    """
    salt = secrets.token_hex()

    def credentials(function: Template) -> dict[str, str]:
        return known({**function, "FunctionArn": f"{function['FunctionArn']}:{salt}"})

    return credentials


def _speed_up_and_guard_runtime_api() -> None:
    """Functions get their events over loopback too: nobody may fetch one instead of them."""
    from ministack.core.lambda_runtime import ProvidedWorker

    build = ProvidedWorker._build_handler_class  # noqa: SLF001 - there is no public way

    def guarded(self: Any, *args: Any) -> type:
        class Handler(build(self, *args)):  # type: ignore[misc]
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                # Once a connection, because functions keep theirs and have no time to lose.
                self.refused = of_another_user(self.client_address, self.server.server_address)

            def parse_request(self) -> bool:
                if not super().parse_request():
                    return False
                port = self.server.server_address[1]
                if not self.refused and stranger(port, self._header_values) is None:
                    return True
                self.send_error(403)
                return False

            def _header_values(self, name: str) -> list[str]:
                return self.headers.get_all(name, [])  # type: ignore[no-any-return]

        return Handler

    ProvidedWorker._build_handler_class = guarded  # noqa: SLF001 - the same


def end_functions() -> None:
    """End the functions' processes; the emulator leaves them to whoever ends it."""
    from ministack.core import lambda_runtime

    lambda_runtime.reset()
