"""The command for operators and developers. No part of it ever runs on Lambda."""
