"""The way to Konimbo's API in a store's name."""

from collections.abc import Mapping, Sequence

from pydantic import Field, SecretStr

from commerce_hooks.http.errors import CredentialsRefusedError, MissingRightError, NotOfferedError
from commerce_hooks.platform_access import (
    Checked,
    Credentials,
    Desired,
    Finding,
    PlatformAccess,
    StoreAccess,
    Subscription,
    Surroundings,
)
from commerce_hooks.stores import PRODUCTION, StoreId
from konimbo.api import IncompleteWebhookError, KonimboApi
from konimbo.sparing import Sparing


class KonimboCredentials(Credentials):
    """Tokens of the shop's API users. Konimbo grants rights by token, so there may be several."""

    token: SecretStr = Field(description="API token of the shop", min_length=1, max_length=500)
    webhooks_token: SecretStr | None = Field(
        default=None, description="API token for webhooks, if another", min_length=1, max_length=500
    )
    orders_token: SecretStr | None = Field(
        default=None, description="API token for orders, if another", min_length=1, max_length=500
    )
    items_token: SecretStr | None = Field(
        default=None, description="API token for items, if another", min_length=1, max_length=500
    )


class KonimboAccess:
    """One store's way to Konimbo.

    Args:
        webhooks: With the token that is for webhooks.
        others: By resource, with the tokens that were given for those.
    """

    def __init__(self, webhooks: KonimboApi, others: Mapping[str, KonimboApi]) -> None:
        self._webhooks = webhooks
        self._others = others

    def check(self) -> Checked:
        found = [self._checked_webhooks(), *map(self._checked, self._others)]
        return Checked(tuple(finding for finding in found if finding is not None))

    def subscriptions(self) -> Sequence[Subscription]:
        return self._webhooks.subscriptions()

    def subscription(self, id_: str) -> Subscription:
        return self._webhooks.subscription(id_)

    def create_subscription(self, desired: Desired) -> str | None:
        return self._webhooks.create(desired)

    def update_subscription(self, id_: str, desired: Desired) -> None:
        self._webhooks.update(id_, desired)

    def account(self) -> str | None:
        """None: nothing that Konimbo's API documents tells whose token it is."""
        return None

    def delete_subscription(self, id_: str) -> None:  # noqa: ARG002 - whichever it is
        """Always raises: Konimbo documents no way to (v1/webhooks.md)."""
        raise NotOfferedError(
            "Konimbo's API cannot delete a webhook; its support can, "
            "and until then calls of it are refused once the store's URLs are revoked"
        )

    def _checked_webhooks(self) -> Finding | None:
        try:
            self._webhooks.subscriptions()
        except IncompleteWebhookError as error:
            return Finding(str(error), _WEBHOOKS_ASK)
        except (CredentialsRefusedError, MissingRightError) as error:
            return _finding("webhooks", error, _WEBHOOKS_ASK)
        return None

    def _checked(self, resource: str) -> Finding | None:
        """Ask for a page of ids: what else a resource holds is none of our business."""
        try:
            self._others[resource].page(resource, attributes="id")
        except (CredentialsRefusedError, MissingRightError) as error:
            ask = f"Please give our API token the right to read {resource} (GET /v1/{resource})."
            return _finding(resource, error, ask)
        return None


def _finding(
    resource: str, error: CredentialsRefusedError | MissingRightError, ask: str
) -> Finding:
    """A token that Konimbo does not know is the shop's to correct, not its support's."""
    if isinstance(error, MissingRightError):
        return Finding(f"the token has no right to {resource}", ask)
    return Finding(f"{error} (for {resource})", _INACTIVE_ASK)


_WEBHOOKS_ASK = (
    "Please give our API token the right to webhooks: GET, POST and PUT /v1/webhooks, "
    "with the attributes id, event and callback_url."
)
_INACTIVE_ASK = (
    "Please check that the API user whose token we were given is active, and send us its token."
)


def _open(
    _: StoreId, base_url: str, credentials: Credentials, surroundings: Surroundings
) -> StoreAccess:
    if not isinstance(credentials, KonimboCredentials):
        raise TypeError("not Konimbo's credentials")

    def with_token(token: SecretStr) -> KonimboApi:
        secret = token.get_secret_value()
        sparing = Sparing(secret, surroundings)
        return KonimboApi(base_url, secret, sparing, surroundings.pause)

    others = {"orders": credentials.orders_token, "items": credentials.items_token}
    return KonimboAccess(
        with_token(credentials.webhooks_token or credentials.token),
        {resource: with_token(token) for resource, token in others.items() if token is not None},
    )


ACCESS = PlatformAccess(
    name="konimbo",
    environments={PRODUCTION: "https://api.konimbo.co.il"},
    credentials=KonimboCredentials,
    open=_open,
    deletes=False,
)
