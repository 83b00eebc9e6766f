"""What changes by itself: last-seen, rotating tokens, leases, the ledger of subscriptions."""
