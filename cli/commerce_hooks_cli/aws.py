"""Clients of a real account, and its errors in plain words."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.exceptions as aws_errors
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.local.faults import MADE_TO_FAIL
from commerce_hooks_cli.program import command_to_type

# The read timeout is longer than the longest poll of a queue.
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_PLACEHOLDERS = {
    "aws_access_key_id": "placeholder",
    "aws_secret_access_key": "placeholder",
    "aws_session_token": None,
}


class AwsClients:
    """Makes boto3 clients from the standard AWS environment."""

    def __init__(self, session: boto3.Session | None = None) -> None:
        # boto3 itself knows AWS_DEFAULT_REGION only; other SDKs and Lambda know this one.
        region = os.environ.get("AWS_REGION") or None
        self._session = session or boto3.Session(region_name=region)

    def __call__(self, service: str) -> Any:
        """A client. What listens on loopback never gets real credentials, whoever set it up."""
        probe = self._client(service, **_PLACEHOLDERS)
        if is_loopback(probe.meta.endpoint_url):
            return probe
        return self._client(service)

    def _client(self, service: str, **credentials: str | None) -> Any:
        # boto3's stubs know services by literal only.
        return self._session.client(service, config=_CONFIG, **credentials)  # type: ignore[call-overload]


@dataclass(frozen=True)
class FoundStack:
    """A deployed stack, and where it was found."""

    region: str
    account: str
    outputs: dict[str, str]


def describe_stack(clients: AwsClients, name: str) -> FoundStack:
    """Ask CloudFormation for a stack.

    Raises:
        CommandError: There is none of that name.
    """
    cloudformation = clients("cloudformation")
    region = cloudformation.meta.region_name
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error_code(error) != "ValidationError":  # which is how it says "there is none"
            raise
        raise CommandError(
            f"There is no stack {name!r} in Region {region}.",
            "Check the name, and AWS_PROFILE and AWS_REGION.",
        ) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    return FoundStack(region, stack["StackId"].split(":")[4], outputs)


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "Unknown")


SDK_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""What a call raises: the last, for an answer that is not AWS's, is none of the SDK's own kind."""


def in_plain_words(error: BotoCoreError | ClientError | ResponseParserError) -> CommandError:
    """What happened and what to do, without what the service or the request said."""
    if isinstance(error, ClientError):
        return _made_to_fail(error) or _failed(error) or _refused(error)
    for kinds, message, hint in _BEFORE_AN_ANSWER:
        if isinstance(error, kinds):
            return CommandError(message, hint)
    return CommandError(f"The call to AWS failed ({type(error).__name__}).", _CHECK)


def _made_to_fail(error: ClientError) -> CommandError | None:
    """For an error that `local fault` asked for."""
    if not error.response.get("Error", {}).get("Message", "").startswith(MADE_TO_FAIL):
        return None
    return CommandError(
        f"The local stack is made to fail: {error.operation_name} got {error_code(error)}.",
        f"`{command_to_type()} local fault off` ends that.",
    )


def _failed(error: ClientError) -> CommandError | None:
    """For an error that is not the caller's: the same call may succeed later."""
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status < _FIRST_OF_SERVERS and code not in _OF_SERVERS | _THROTTLED:
        return None
    why = "gets too many calls" if code in _THROTTLED else "may have trouble"
    return CommandError(
        f"AWS failed at {error.operation_name}: {code}.",
        f"Try again in a while: the service {why}. "
        "https://health.aws.amazon.com/health/status shows what AWS knows of.",
    )


def _refused(error: ClientError) -> CommandError:
    code, operation = error_code(error), error.operation_name
    if code in _EXPIRED:
        return CommandError("The AWS credentials have expired.", _SIGN_IN)
    if code in _UNKNOWN_CREDENTIALS:
        return CommandError("AWS does not know these credentials.", _CHECK)
    if code in _DENIED:
        return CommandError(
            f"These AWS credentials may not call {operation}.",
            "Use a profile (AWS_PROFILE) that may, or ask the account's administrator.",
        )
    return CommandError(f"AWS refused {operation}: {code}.", _CHECK)


_SIGN_IN = "Sign in again (for example `aws sso login`), then repeat the command."
_CHECK = "Check AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL."
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_CREDENTIALS = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
_FIRST_OF_SERVERS = 500
# The services' own names for it (their API references, "Errors" and "Common Error Types"); a
# response that was pieced together by a client has no status.
_OF_SERVERS = {
    "InternalError",
    "InternalException",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
}
_THROTTLED = {
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
}
_DENIED = {
    "403",  # which is all that S3 says to a HEAD
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
}
_BEFORE_AN_ANSWER: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (aws_errors.NoCredentialsError, aws_errors.PartialCredentialsError),
        "There are no AWS credentials.",
        "Set AWS_PROFILE, or sign in with `aws configure sso` or `aws configure`.",
    ),
    (
        (
            aws_errors.CredentialRetrievalError,
            aws_errors.SSOError,
            aws_errors.TokenRetrievalError,
            aws_errors.LoginError,
        ),
        "The AWS credentials could not be renewed.",
        _SIGN_IN,
    ),
    (
        (aws_errors.ProfileNotFound,),
        "The profile that AWS_PROFILE names does not exist.",
        "`aws configure list-profiles` shows those that do.",
    ),
    (
        (aws_errors.NoRegionError,),
        "No AWS Region is set.",
        "Set AWS_REGION, or a Region in your profile.",
    ),
    (
        (aws_errors.ConnectionError, aws_errors.HTTPClientError),
        "AWS, or what stands in for it, could not be reached.",
        f"Check the network, AWS_ENDPOINT_URL and `{command_to_type()} local status`.",
    ),
    (
        (ResponseParserError,),
        "What answered does not speak as AWS does: its answer could not be read.",
        "Check AWS_ENDPOINT_URL, and whether a proxy or a sign-in page stands between.",
    ),
)
