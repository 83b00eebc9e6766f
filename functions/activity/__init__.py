"""The function that keeps what came last: of each store, topic and key, when and what."""
