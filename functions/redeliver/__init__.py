"""The function that takes what waits in the outbox to the bus."""
