"""What lies in the payload bucket, for jobs that look through it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypedDict

from commerce_hooks.aws import Patience

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Listed(NamedTuple):
    """An object as the bucket lists it; `kept_at` is when it was written last, in UTC."""

    key: str
    kept_at: datetime


class Page(NamedTuple):
    """A part of a listing; `token` leads to the next, None from the last."""

    listed: Sequence[Listed]
    token: str | None


class Listing(Protocol):
    """The payload bucket, for one who may see what is in it."""

    def page(self, folder: str, token: str | None, seconds: float) -> Page:
        """The next keys that begin with `folder`, in the order of their bytes.

        Raises:
            UnavailableError: They can't be told within so many seconds.
        """
        ...


class _Position(TypedDict, total=False):
    ContinuationToken: str


class S3Listing:
    """The bucket on AWS. Its client is made when it is first needed."""

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

    def _list(self, folder: str, token: str | None) -> Page:
        position: _Position = {"ContinuationToken": token} if token else {}
        found = self._client.list_objects_v2(Bucket=self._name, Prefix=folder, **position)
        listed = [Listed(each["Key"], each["LastModified"]) for each in found.get("Contents", [])]
        return Page(listed, found.get("NextContinuationToken"))
