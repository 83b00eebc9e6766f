"""The function that publishes callbacks too large to publish while their platform waits."""
