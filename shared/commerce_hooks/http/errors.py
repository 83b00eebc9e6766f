"""What can go wrong at a platform's API, by who has to act. No text holds a URL, token or body."""

from commerce_hooks.errors import CommerceHooksError


class PlatformError(CommerceHooksError):
    """A platform's API did not do what it was asked. `may_pass`: it may when asked again soon."""

    may_pass = False


class NoResponseError(PlatformError):
    """No answer came, or none that ends. Whether the platform did what was asked is not known.

    Args:
        cause: A short code: `Timeout`, `TooLarge`, or an exception's name.
    """

    may_pass = True

    def __init__(self, cause: str) -> None:
        super().__init__(f"the platform did not answer ({cause})")
        self.cause = cause


class PlatformBrokenError(PlatformError):
    """The platform says that it failed. Whether it did what was asked is not known either."""

    may_pass = True

    def __init__(self, status: int) -> None:
        super().__init__(f"the platform failed (status {status})")
        self.status = status


class RateLimitedError(PlatformError):
    """Too many calls. Only time helps.

    Args:
        retry_after: Seconds, where they are known.
    """

    def __init__(self, retry_after: int | None = None) -> None:
        when = "later" if retry_after is None else f"in {retry_after} seconds"
        super().__init__(f"the platform takes no more calls for now, try again {when}")
        self.retry_after = retry_after


class RenewalBusyError(PlatformError):
    """Somebody else renews the store's access, and was not done in time. Only time helps."""

    def __init__(self) -> None:
        super().__init__("the store's access is being renewed by another run, try again later")


class CredentialsRefusedError(PlatformError):
    """The operator has to give other credentials."""

    def __init__(self, text: str = "the platform refuses the store's credentials") -> None:
        super().__init__(text)


class AuthorizationLostError(CredentialsRefusedError):
    """The shop has to consent, again or for the first time; until then no call can succeed."""

    def __init__(self) -> None:
        super().__init__(
            "the shop has to authorize us (again): run `commerce-hooks stores authorize`"
        )


class MissingRightError(PlatformError):
    """The credentials are good, but not for this. The shop or the platform has to grant it."""

    def __init__(self, right: str = "this call") -> None:
        super().__init__(f"the platform gives the store's credentials no right to {right}")
        self.right = right


class NotFoundError(PlatformError):
    """There is no such thing (any more)."""

    def __init__(self, text: str = "the platform does not find it") -> None:
        super().__init__(text)


class CallRefusedError(PlatformError):
    """The platform does not take the call as we make it. We have to mend our code."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the platform does not take our call (status {status})")
        self.status = status


class UnreadableAnswerError(PlatformError):
    """An answer is not what the platform documents. We have to look, and to mend our code.

    Args:
        problem: In our words; it quotes nothing of the answer.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"the platform's answer cannot be read: {problem}")
        self.problem = problem


class NotOfferedError(PlatformError):
    """The platform's API has no way to do it; somebody has to ask its support."""
