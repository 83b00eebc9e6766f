"""The function that answers whatever no other route takes."""
