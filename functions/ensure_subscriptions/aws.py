"""The queue of errands on SQS: first in, first out, a group for each store."""

from collections.abc import Mapping, Sequence

from commerce_hooks.aws import SqsQueue
from ensure_subscriptions.errands import Errand


class SqsErrandQueue(SqsQueue):
    """The queue. See the port."""

    def put(self, errands: Mapping[str, Errand], seconds: float) -> Sequence[str | None]:
        messages = [
            {
                "MessageBody": errand.text,
                "MessageGroupId": str(errand.store),
                "MessageDeduplicationId": name,
            }
            for name, errand in errands.items()
        ]
        return self._put_batch(messages, seconds)
