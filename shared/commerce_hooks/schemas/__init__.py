"""What the platforms send, and what we publish. Imports nothing else of ours."""
