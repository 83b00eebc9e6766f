"""The payload bucket's listing and tags; nothing that is in the objects."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict

from commerce_hooks.aws import Patience
from commerce_hooks.errors import UnavailableError
from commerce_hooks.parking import DONE, STATE_TAG
from upkeep.gauging import Page
from upkeep.records import Listed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = "NoSuchKey"
_DONE = {"Key": STATE_TAG, "Value": DONE}


class _Position(TypedDict, total=False):
    ContinuationToken: str


class S3ListedBucket:
    """The bucket. Its client is made when it is first needed: a heartbeat never does."""

    def __init__(
        self, name: str, make_client: Callable[[], "S3Client"], patience: Patience
    ) -> None:
        self._name = name
        self._make_client = make_client
        self._patience = patience

    @cached_property
    def _client(self) -> "S3Client":
        return self._make_client()

    def page(self, folder: str, token: str | None, seconds: float) -> Page:
        return self._patience.call("bucket", seconds, lambda: self._list(folder, token))

    def is_open(self, key: str, seconds: float) -> bool:
        try:
            return self._patience.call("bucket", seconds, lambda: not self._is_done(key))
        except UnavailableError as error:
            # "Denied" is not taken for it: then a missing right would look like an empty bucket.
            if error.cause == _GONE:
                return False
            raise

    def _list(self, folder: str, token: str | None) -> Page:
        position: _Position = {"ContinuationToken": token} if token else {}
        found = self._client.list_objects_v2(Bucket=self._name, Prefix=folder, **position)
        listed = [Listed(each["Key"], each["LastModified"]) for each in found.get("Contents", [])]
        return Page(listed, found.get("NextContinuationToken"))

    def _is_done(self, key: str) -> bool:
        return _DONE in self._client.get_object_tagging(Bucket=self._name, Key=key)["TagSet"]
