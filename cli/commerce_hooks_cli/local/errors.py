"""What can go wrong with the local stack, each with what to do about it."""

from commerce_hooks_cli.errors import CommandError


class LocalStackError(CommandError):
    """The local stack could not be started, used or stopped."""


class LocalStackRunningError(LocalStackError):
    """A local stack is already up."""


class StaleStateError(LocalStackError):
    """A local stack is on record, but its process is gone or is somebody else's."""


class PortBusyError(LocalStackError):
    """The port that was asked for cannot be had, mostly because another program has it."""


class CheckoutNotFoundError(LocalStackError):
    """There is no template.yaml to deploy."""
