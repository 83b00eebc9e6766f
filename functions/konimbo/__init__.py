"""The function that takes Konimbo's callbacks."""
