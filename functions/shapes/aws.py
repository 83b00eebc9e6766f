"""The sets in the payload bucket, each written only over the version that was read."""

from typing import TYPE_CHECKING, Literal, TypedDict

from botocore.exceptions import ClientError
from pydantic import ValidationError

from commerce_hooks.aws import MISSING, Patience, error_code
from shapes.shapes import NOTHING, KnownShape
from shapes.sightings import WatchedTopic
from shapes.watching import Stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# "Conditional writes" in the S3 user guide; the last where the object went away in between.
_CONFLICTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class _Condition(TypedDict, total=False):
    IfMatch: str
    IfNoneMatch: Literal["*"]


class S3ShapeStore:
    """One object a topic; its ETag is its version."""

    def __init__(self, client: "S3Client", bucket: str, patience: Patience) -> None:
        self._client = client
        self._bucket = bucket
        self._patience = patience

    def read(self, topic: WatchedTopic, seconds: float) -> Stored:
        return self._patience.call("bucket", seconds, lambda: self._get(topic.key))

    def write(
        self, topic: WatchedTopic, known: KnownShape, version: str | None, seconds: float
    ) -> bool:
        return self._patience.call("bucket", seconds, lambda: self._put(topic.key, known, version))

    def _get(self, key: str) -> Stored:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error_code(error) in MISSING:
                return Stored(NOTHING, None)
            raise
        return Stored(_parsed(found["Body"].read()), found["ETag"])

    def _put(self, key: str, known: KnownShape, version: str | None) -> bool:
        condition: _Condition = {"IfMatch": version} if version else {"IfNoneMatch": "*"}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=known.model_dump_json().encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error_code(error) in _CONFLICTS:
                return False
            raise
        return True


def _parsed(text: bytes) -> KnownShape:
    """What somebody spoiled by hand is begun anew: it must not stop the watch for ever."""
    try:
        return KnownShape.model_validate_json(text)
    except ValidationError:
        return NOTHING
