"""The function that looks after the rest: a heartbeat through the bus, gauges, silent stores."""
