"""The function that takes Centry's callbacks."""
