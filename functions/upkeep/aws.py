"""The payload bucket's listing and tags; nothing that is in the objects."""

from commerce_hooks.errors import UnavailableError
from commerce_hooks.listing import S3Listing
from commerce_hooks.parking import DONE, STATE_TAG

_GONE = "NoSuchKey"
_DONE = {"Key": STATE_TAG, "Value": DONE}


class S3ListedBucket(S3Listing):
    """The bucket."""

    def is_open(self, key: str, seconds: float) -> bool:
        try:
            return self._patience.call("bucket", seconds, lambda: not self._is_done(key))
        except UnavailableError as error:
            # "Denied" is not taken for it: then a missing right would look like an empty bucket.
            if error.cause == _GONE:
                return False
            raise

    def _is_done(self, key: str) -> bool:
        return _DONE in self._client.get_object_tagging(Bucket=self._name, Key=key)["TagSet"]
