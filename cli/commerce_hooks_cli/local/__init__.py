"""The whole stack on this machine: no AWS account, no Docker."""
