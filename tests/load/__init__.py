"""`make load`: a bounded load on a local stack; what is answered must be what is on the bus."""
