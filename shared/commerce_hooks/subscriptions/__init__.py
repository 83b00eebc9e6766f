"""Subscriptions at platforms, kept as they should be.

Read in this order: `addresses`, `wanted`, `planning` (pure), `evidence`, `applying`, `rounds`.
"""
