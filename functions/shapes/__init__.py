"""The function that notices what bodies look like: paths and JSON types, never values."""
