"""What waits in a deployment's outbox, and its dead letters put back on their way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks.outbox import OUTBOX_PREFIX
from commerce_hooks.parking import BULK_NOTES, BULK_PREFIX
from commerce_hooks_cli.aws import in_plain_words
from commerce_hooks_cli.queue_depth import depth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from commerce_hooks_cli.deployment import Deployment

CAUSE = "cause"
"""The attribute in which a dead letter says why it is one."""
_NO_CAUSE = "tried too often"
_WORK_SECONDS = 60
"""So long a dead letter is hidden from others while it is moved, or where that failed."""
# With any wait SQS asks all of its servers, and an empty answer means an empty queue
# (ReceiveMessage, API reference).
_LOOK_SECONDS = 2
# A letter may be as large as a call, so they are moved one by one.
_ONE_BY_ONE = 1


@dataclass(frozen=True)
class Waiting:
    """How much waits in one place; `oldest` is since when, where that can be told.

    Where nothing can be told, `count` is None and `error` says why.
    """

    place: str
    count: int | None
    oldest: datetime | None = None
    causes: Mapping[str, int] | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "count": self.count,
            "oldest": self.oldest.isoformat(timespec="seconds") if self.oldest else None,
            "causes": dict(self.causes) if self.causes is not None else None,
            "error": self.error,
        }


@dataclass(frozen=True)
class OutboxPlaces:
    """The queues and the bucket of one deployment's outbox."""

    sqs: SQSClient
    s3: S3Client
    queue: str
    dead_letters: str
    bucket: str

    @classmethod
    def of(cls, deployment: Deployment) -> OutboxPlaces:
        return cls(
            deployment.client("sqs"),
            deployment.client("s3"),
            deployment.outbox_queue_url,
            deployment.outbox_dead_letters_url,
            deployment.payload_bucket,
        )

    def waiting(self) -> Iterator[Waiting]:
        """What waits where. SQS's numbers are estimates for a minute after the last change.

        In an outage a place may not tell; the others still do.
        """
        places: Mapping[str, Callable[[], Waiting]] = {
            "queue": self._queued,
            "bucket": partial(self._kept, "bucket", OUTBOX_PREFIX),
            "bulk": partial(self._kept, "bulk", BULK_PREFIX),
            "dead letters": self._dead,
        }
        for place, look in places.items():
            try:
                yield look()
            except (BotoCoreError, ClientError) as error:
                yield Waiting(place, None, error=in_plain_words(error).message)

    def redrive(self, now: datetime, on_moved: Callable[[int], None]) -> None:
        """Move the dead letters back into the outbox; `on_moved` is told how many so far.

        Only those that died before `now`: what dies again meanwhile stays for another time. A
        letter is put back before it is deleted, so dying in between repeats it, with its ids.
        """
        moved = 0
        while letters := self._receive(_ONE_BY_ONE, _WORK_SECONDS, _LOOK_SECONDS):
            for letter in letters:
                if _died_at(letter) < now:
                    self._put_back(letter)
                    moved += 1
                    on_moved(moved)

    def _queued(self) -> Waiting:
        return Waiting("queue", self._count(self.queue))

    def _dead(self) -> Waiting:
        """With the causes and the age of some: to look at them all would be to receive them all."""
        seen = self._receive(10, 0)
        causes = Counter(_cause(letter) for letter in seen)
        oldest = min(map(_died_at, seen), default=None)
        return Waiting("dead letters", self._count(self.dead_letters), oldest, causes)

    def _kept(self, place: str, prefix: str) -> Waiting:
        # Beside a bulk's body stands how far its job is; those notes wait for nothing.
        listed = self._listed(f"{prefix}/")
        moments = [kept_at for key, kept_at in listed if not key.endswith(BULK_NOTES)]
        return Waiting(place, len(moments), min(moments, default=None))

    def _listed(self, folder: str) -> Iterator[tuple[str, datetime]]:
        paginator = self.s3.get_paginator("list_objects_v2")
        for page in paginator.paginate(Bucket=self.bucket, Prefix=folder):
            for entry in page.get("Contents", []):
                yield entry["Key"], entry["LastModified"]

    def _count(self, queue: str) -> int:
        return depth(self.sqs, queue)

    def _receive(self, most: int, hidden_for: int, wait: int = 0) -> Sequence[MessageTypeDef]:
        answer = self.sqs.receive_message(
            QueueUrl=self.dead_letters,
            MaxNumberOfMessages=most,
            VisibilityTimeout=hidden_for,
            WaitTimeSeconds=wait,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return answer.get("Messages", [])

    def _put_back(self, letter: MessageTypeDef) -> None:
        attributes = letter.get("MessageAttributes", {})
        self.sqs.send_message(
            QueueUrl=self.queue,
            MessageBody=letter["Body"],
            MessageAttributes={
                name: {"DataType": value["DataType"], "StringValue": value["StringValue"]}
                for name, value in attributes.items()
                if name != CAUSE and "StringValue" in value
            },
        )
        self.sqs.delete_message(QueueUrl=self.dead_letters, ReceiptHandle=letter["ReceiptHandle"])


def _died_at(letter: MessageTypeDef) -> datetime:
    return datetime.fromtimestamp(int(letter["Attributes"]["SentTimestamp"]) / 1000, UTC)


def _cause(letter: MessageTypeDef) -> str:
    attributes = letter.get("MessageAttributes", {})
    return attributes[CAUSE].get("StringValue", _NO_CAUSE) if CAUSE in attributes else _NO_CAUSE
