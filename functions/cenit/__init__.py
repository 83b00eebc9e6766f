"""The function that answers Cenit's calls."""
