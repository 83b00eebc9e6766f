"""The function that takes iSET's callbacks."""
