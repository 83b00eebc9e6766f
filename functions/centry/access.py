"""The way to Centry's API in a store's name."""

from collections.abc import Sequence

from centry.oauth import (
    SCOPES,
    CentryCredentials,
    TokenEndpoint,
    authorize_url,
    binding_of,
)
from centry.webhooks_api import CentryApi
from commerce_hooks.http.api import Api
from commerce_hooks.http.errors import (
    AuthorizationLostError,
    CredentialsRefusedError,
    MissingRightError,
    PlatformError,
)
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
from commerce_hooks.state.tokens import StoreTokens
from commerce_hooks.stores import PRODUCTION, StoreId


class CentryAccess:
    """One store's way to Centry, by `client_credentials`."""

    def __init__(self, api: CentryApi) -> None:
        self._api = api

    def check(self) -> Checked:
        try:
            webhooks = self._api.page(limit=1)
        except AuthorizationLostError as error:
            return Checked((Finding(str(error)),))
        except CredentialsRefusedError as error:
            return Checked((Finding(str(error), _CREDENTIALS_ASK),))
        except MissingRightError:
            return Checked((_missing(self._api.missing_scopes() or SCOPES),))
        missing = self._api.missing_scopes()
        account = next((webhook.account for webhook in webhooks if webhook.account), None)
        return Checked((_missing(missing),) if missing else (), account or self._company())

    def subscriptions(self) -> Sequence[Subscription]:
        return self._api.subscriptions()

    def subscription(self, id_: str) -> Subscription:
        return self._api.subscription(id_)

    def create_subscription(self, desired: Desired) -> str | None:
        return self._api.create(desired)

    def update_subscription(self, id_: str, desired: Desired) -> None:
        self._api.update(id_, desired)

    def account(self) -> str | None:
        """Its company, where the scopes allow to ask: ours are for webhooks."""
        return self._api.company()

    def delete_subscription(self, id_: str) -> None:
        self._api.delete(id_)

    def _company(self) -> str | None:
        """A shop without webhooks can be told by its company; what goes wrong spoils no check."""
        try:
            return self._api.company()
        except PlatformError:
            return None


class ConsentedCentryAccess(CentryAccess):
    """The same where somebody of the shop has consented, by `authorization_code`."""

    def __init__(
        self, api: CentryApi, tokens: StoreTokens, endpoint: TokenEndpoint, consent_url: str
    ) -> None:
        super().__init__(api)
        self._tokens = tokens
        self._endpoint = endpoint
        self._consent_url = consent_url

    def authorize_url(self) -> str:
        return self._consent_url

    def authorize(self, code: str) -> None:
        self._tokens.keep(self._endpoint.exchange(code))


def _missing(scopes: Sequence[str]) -> Finding:
    names = " ".join(scopes)
    return Finding(
        f"Centry has not granted the scopes {names}",
        "Please allow our application (https://www.centry.cl/oauth/applications) "
        f"the scopes {names}, so that it can keep the webhooks of our shop in order.",
    )


_CREDENTIALS_ASK = (
    "Please check the client id and the client secret of our application at "
    "https://www.centry.cl/oauth/applications, and that it may use the grant client_credentials."
)


def _open(
    store: StoreId, base_url: str, credentials: Credentials, surroundings: Surroundings
) -> StoreAccess:
    if not isinstance(credentials, CentryCredentials):
        raise TypeError("not Centry's credentials")
    api = Api(surroundings.transport, surroundings.pause)
    endpoint = TokenEndpoint(base_url, credentials, api)
    tokens = StoreTokens(store, binding_of(base_url, credentials), endpoint, surroundings)
    calls = CentryApi(base_url, api, tokens)
    if not credentials.needs_consent:
        return CentryAccess(calls)
    return ConsentedCentryAccess(calls, tokens, endpoint, authorize_url(base_url, credentials))


ACCESS = PlatformAccess(
    name="centry",
    environments={PRODUCTION: "https://www.centry.cl", "test": "https://test.centry.cl"},
    credentials=CentryCredentials,
    open=_open,
)
