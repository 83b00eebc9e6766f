"""The function that looks after the rest: a heartbeat through the bus, and daily gauges."""
