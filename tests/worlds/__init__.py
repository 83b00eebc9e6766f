"""Generated worlds of subscriptions: rounds have to bring each of them in order."""
