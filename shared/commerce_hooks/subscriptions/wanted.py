"""What a store should be subscribed to."""

from collections.abc import Collection, Mapping

from commerce_hooks.platform import Platform
from commerce_hooks.stores import StoreConfiguration

Wanted = Mapping[str | None, frozenset[str]]
"""Topics by slot, the topic in the URL: one record each. The slot None is for all topics."""


def wanted(
    platform: Platform, configuration: StoreConfiguration, personal_topics: Collection[str] = ()
) -> Wanted:
    """The records that should be there.

    Args:
        platform: The store's.
        configuration: The store's. Topics that the platform does not have are passed over.
        personal_topics: Topics that the deployment takes although they are mostly personal, as
            `<platform>/<topic>`. Callbacks of others would be ignored, so they are not asked for.
    """
    chosen = configuration.topics
    names = [
        name
        for name, topic in platform.topics.items()
        if (chosen is None or name in chosen)
        and (not topic.mostly_personal or f"{platform.name}/{name}" in personal_topics)
    ]
    if platform.topic_in_url:
        return {name: frozenset({name}) for name in sorted(names)}
    return {None: frozenset(names)} if names else {}
