"""Calls to platforms' APIs: bounded, without redirects, and with no URL in any error or log."""
