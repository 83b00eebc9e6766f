"""Fault injection: thousands of callbacks while everything around them fails, and none is lost."""
