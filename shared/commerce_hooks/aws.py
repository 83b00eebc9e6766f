"""The kernel's ports on AWS, each call under a hard time limit."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from commerce_hooks.deadline import (
    BUCKET_SECONDS,
    KEY_RING_SECONDS,
    Clock,
    Deadline,
    Pause,
    call_within,
    pauses,
)
from commerce_hooks.errors import KeyRingInvalidError, UnavailableError
from commerce_hooks.keyring import KeyRing
from commerce_hooks.outbox import Letter
from commerce_hooks.publishing import BusCallRefusedError, BusEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

T = TypeVar("T")

_CUT_SHORT = "AnswerCutShort"
"""Our own code for what an answer doesn't say."""
Within = Callable[[float, Callable[[], Any]], Any]
"""How a call is made that nobody waits for longer than so many seconds: `call_within`."""

# One attempt: retries are ours, because only we know the time left.
SDK_CONFIG = Config(
    connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 1, "mode": "standard"}
)
_REFUSED_CALLS = frozenset(
    {
        "InvalidArgument",
        "ParamValidationError",
        "SerializationException",
        "ValidationError",
        "ValidationException",
    }
)
# S3 says "denied" of a missing object to those who may not list (GetObject, API reference).
MISSING = frozenset({"AccessDenied", "NoSuchKey"})
_LASTING = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "NoSuchBucket",
        "NoSuchKey",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    }
)


def once(service: str, seconds: float, call: Callable[[], T], within: Within = call_within) -> T:
    """Make an SDK call; whatever fails says only which service and a code.

    Raises:
        UnavailableError: The call failed or took longer, or there was no time for it.
    """
    if seconds <= 0:
        # Begun all the same, it might do its work when nobody knows of it any more.
        raise UnavailableError(service, "deadline")
    try:
        result: T = within(seconds, call)
    except TimeoutError:
        raise UnavailableError(service, "Timeout") from None
    except ClientError as error:
        code = error_code(error)
        raise UnavailableError(service, code, may_pass=code not in _LASTING) from error
    except Exception as error:  # a broken SDK, a full disk: never the callback's fault
        raise UnavailableError(service, type(error).__name__) from error
    return result


@dataclass(frozen=True, slots=True)
class Patience:
    """Repeats SDK calls while trying again may help and time is left."""

    clock: Clock
    pause: Pause
    within: Within = call_within

    def call(self, service: str, seconds: float, call: Callable[[], T]) -> T:
        """Make the call until it succeeds.

        Raises:
            UnavailableError: It cannot, or not within `seconds` all together.
        """
        deadline = Deadline(self.clock, seconds)
        waits = pauses()
        while True:
            try:
                return once(service, deadline.remaining(), call, self.within)
            except UnavailableError as error:
                wait = next(waits)
                if not error.may_pass or wait >= deadline.remaining():
                    raise
            self.pause(wait)


def _code(entry: Mapping[str, Any]) -> str | None:
    """The code of an entry that PutEvents answers; what has an id is on the bus."""
    return None if entry.get("EventId") else entry.get("ErrorCode", _CUT_SHORT)


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "Unknown")


class EventBridgeBus:
    """The bus, addressed by its ARN: AWS answers success for a bus name it doesn't know."""

    def __init__(self, client: "EventBridgeClient", arn: str, within: Within = call_within) -> None:
        self._client = client
        self._arn = arn
        self._within = within

    def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
        try:
            answer = once("bus", seconds, lambda: self._put_events(entries), self._within)
        except UnavailableError as error:
            if error.cause in _REFUSED_CALLS:
                raise BusCallRefusedError(error.cause) from error
            raise
        codes = [_code(entry) for entry in answer.get("Entries", [])]
        if len(codes) != len(entries):
            raise UnavailableError("bus", _CUT_SHORT)
        return codes

    def _put_events(self, entries: Sequence[BusEntry]) -> Any:
        return self._client.put_events(
            Entries=[
                {
                    "EventBusName": self._arn,
                    "Source": entry.source,
                    "DetailType": entry.detail_type,
                    "Time": entry.time,
                    "Detail": entry.detail,
                }
                for entry in entries
            ]
        )


class SecretsManagerKeyRing:
    """The key ring from its secret, cached for a short time.

    It is never read again because a token did not match: keys are accepted before they sign,
    and strangers must not be able to spend reads.
    """

    RETRY_SECONDS = 10.0
    """While the secret can't be read, the cached ring serves on for this long between tries."""
    RETRY_WITHOUT_SECONDS = 1.0
    """The same where none is cached: strangers must not be able to spend reads then either."""

    def __init__(
        self,
        client: "SecretsManagerClient",
        arn: str,
        patience: Patience,
        on_stale: Callable[[str], None],
        fresh_seconds: float,
    ) -> None:
        """`fresh_seconds`: a revoked store or key is refused after this time at the latest."""
        self._client = client
        self._arn = arn
        self._patience = patience
        self._on_stale = on_stale
        self._fresh_seconds = fresh_seconds
        self._ring: KeyRing | None = None
        self._failure: UnavailableError | None = None
        self._read_again_at = patience.clock()

    def current(self) -> KeyRing:
        if self._patience.clock() >= self._read_again_at:
            self._refresh()
        if self._ring is not None:
            return self._ring
        raise self._failure or UnavailableError("key_ring", "NotRead")

    def _refresh(self) -> None:
        try:
            self._ring, fresh_for = self._read(), self._fresh_seconds
            if self._ring.malformed:
                self._on_stale(f"malformed: {', '.join(self._ring.malformed)}")
        except UnavailableError as error:
            self._failure = error
            self._on_stale(error.cause)
            fresh_for = self.RETRY_SECONDS if self._ring else self.RETRY_WITHOUT_SECONDS
        self._read_again_at = self._patience.clock() + fresh_for

    def _read(self) -> KeyRing:
        answer = self._patience.call(
            "key_ring",
            KEY_RING_SECONDS,
            lambda: self._client.get_secret_value(SecretId=self._arn),
        )
        try:
            return KeyRing.parse(answer["SecretString"])
        except (KeyError, KeyRingInvalidError) as error:
            raise UnavailableError("key_ring", "Invalid", may_pass=False) from error


class S3PayloadBucket:
    """The payload bucket. Its client is made when it is first needed: most callbacks never do."""

    def __init__(
        self, name: str, make_client: Callable[[], "S3Client"], patience: Patience
    ) -> None:
        self.name = name
        self._make_client = make_client
        self._patience = patience

    @cached_property
    def _client(self) -> "S3Client":
        return self._make_client()

    def put(
        self,
        key: str,
        body: bytes,
        attributes: Mapping[str, str],
        seconds: float = BUCKET_SECONDS,
    ) -> None:
        self._patience.call("bucket", seconds, lambda: self._put_object(key, body, attributes))

    def get(self, key: str, seconds: float = BUCKET_SECONDS) -> tuple[bytes, dict[str, str]] | None:
        """The bytes and attributes under a key; None if there are none.

        Raises:
            UnavailableError: It can't be told within so many seconds.
        """
        try:
            return self._patience.call("bucket", seconds, lambda: self._get_object(key))
        except UnavailableError as error:
            if error.cause in MISSING:
                return None
            raise

    def delete(self, key: str) -> None:
        """Delete what lies under a key, if anything does.

        Raises:
            UnavailableError: It is not known to be gone.
        """
        self._patience.call(
            "bucket",
            BUCKET_SECONDS,
            lambda: self._client.delete_object(Bucket=self.name, Key=key),
        )

    def _get_object(self, key: str) -> tuple[bytes, dict[str, str]]:
        found = self._client.get_object(Bucket=self.name, Key=key)
        return found["Body"].read(), found["Metadata"]

    def _put_object(self, key: str, body: bytes, attributes: Mapping[str, str]) -> None:
        self._client.put_object(
            Bucket=self.name,
            Key=key,
            Body=body,
            ContentType="application/octet-stream",
            Metadata=dict(attributes),
        )


class SqsQueue:
    """One queue. Its client, too, is made when it is first needed."""

    def __init__(
        self, url: str, make_client: Callable[[], "SQSClient"], patience: Patience
    ) -> None:
        self._url = url
        self._make_client = make_client
        self._patience = patience

    @cached_property
    def _client(self) -> "SQSClient":
        return self._make_client()

    def come_again(self, receipt_handle: str, after: int, seconds: float) -> None:
        """Let a message that was received come again `after` so many seconds, at most 43,200.

        Raises:
            UnavailableError: It is not known to: it comes when its visibility timeout ends.
        """
        self._patience.call(
            "queue",
            seconds,
            lambda: self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=after
            ),
        )

    def _put_batch(
        self, messages: Sequence[Mapping[str, Any]], seconds: float
    ) -> Sequence[str | None]:
        """One call for at most ten messages; the answer has an error code, or None, for each.

        Raises:
            UnavailableError: None was taken, as far as is known.
        """
        return self._patience.call("queue", seconds, lambda: self._codes(messages))

    def _codes(self, messages: Sequence[Mapping[str, Any]]) -> Sequence[str | None]:
        """What became of each; where that is the same fault of all, it is as good as no answer.

        Raises:
            ClientError: None was taken.
        """
        names = list(map(str, range(len(messages))))
        entries: Any = [{"Id": name, **one} for name, one in zip(names, messages, strict=True)]
        answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        sent = {entry["Id"] for entry in answer.get("Successful", [])}
        if not sent:
            code = next((entry["Code"] for entry in answer.get("Failed", [])), _CUT_SHORT)
            raise ClientError({"Error": {"Code": code}}, "SendMessageBatch")
        failed = {entry["Id"]: entry["Code"] for entry in answer.get("Failed", [])}
        return [None if name in sent else failed.get(name, _CUT_SHORT) for name in names]


class SqsBulkQueue(SqsQueue):
    """The queue of bulk jobs."""

    def put(self, key: str, seconds: float) -> None:
        body = json.dumps({"key": key})
        self._patience.call(
            "queue",
            seconds,
            lambda: self._client.send_message(QueueUrl=self._url, MessageBody=body),
        )


class SqsOutboxQueue(SqsQueue):
    """A queue of letters: the outbox, or that of its dead letters."""

    def put(self, letters: Sequence[Letter], seconds: float) -> Sequence[str | None]:
        return self._put_batch([_message_of(letter) for letter in letters], seconds)


def _message_of(letter: Letter) -> dict[str, Any]:
    return {
        "MessageBody": letter.text,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value}
            for name, value in letter.attributes.items()
        },
    }


def event_bridge() -> "EventBridgeClient":
    return boto3.client("events", config=SDK_CONFIG)


def secrets_manager() -> "SecretsManagerClient":
    return boto3.client("secretsmanager", config=SDK_CONFIG)


def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=SDK_CONFIG)


def s3() -> "S3Client":
    return boto3.client("s3", config=SDK_CONFIG)


def ssm() -> "SSMClient":
    return boto3.client("ssm", config=SDK_CONFIG)


def sqs() -> "SQSClient":
    return boto3.client("sqs", config=SDK_CONFIG)
