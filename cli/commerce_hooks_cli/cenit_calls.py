"""How Cenit's services are called at ours: the method, and what stands in path and query.

The names are Cenit's; for the rest its guide gives examples only, so this is our choice (of the
examples in github.com/cenit-io/eCapi at commit d820c98 we keep where each parameter stands).
"""

from dataclasses import dataclass

from cenit.services import COMMANDS


@dataclass(frozen=True)
class ServiceCall:
    """One service.

    Args:
        id_name: The parameter that is the path's last part.
        query: The parameters in the query, sorted.
    """

    name: str
    method: str = "POST"
    id_name: str | None = None
    query: tuple[str, ...] = ()

    def path(self, placeholder: str) -> str:
        """From the service's name on; `placeholder` says how an id is marked, as in `{{%s}}`."""
        return self.name if self.id_name is None else f"{self.name}/{placeholder % self.id_name}"

    @property
    def detail_type(self) -> str | None:
        """The event that a call becomes; None for the services that ask for data."""
        command = COMMANDS.get(self.name)
        return command.topic.detail_type if command else None


_CALLS = (
    ServiceCall("create_order"),
    ServiceCall("update_order", "PUT", id_name="order_id"),
    ServiceCall("cancel_order"),
    ServiceCall("delete_product", "DELETE", id_name="item_id"),
    ServiceCall("upload_image", query=("payload",)),
    ServiceCall("get_order"),
    ServiceCall("get_orders"),
    ServiceCall("get_order_document"),
    ServiceCall("get_product"),
    ServiceCall("get_products"),
    ServiceCall("get_brands", "GET", query=("limit", "offset")),
    ServiceCall("get_categories", "GET"),
    ServiceCall("get_category_attrs"),
    ServiceCall("get_integration_metadata"),
)
SERVICE_CALLS = {call.name: call for call in _CALLS}
