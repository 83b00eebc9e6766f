"""The function that keeps the stores' subscriptions as they should be: hourly, one by one."""
