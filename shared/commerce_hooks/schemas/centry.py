"""What Centry sends: a topic and the id of what changed, nothing more.

Source: Centry's webhook documentation (github.com/CentryCL/centry-rest-api-docs).
"""

from typing import Annotated

from pydantic import StringConstraints

from commerce_hooks.schemas.callback_body import CallbackBody, PlatformWord
from commerce_hooks.schemas.fields import TEXT_AS_ID

ObjectId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$", to_lower=True), TEXT_AS_ID]


class CentryBody(CallbackBody):
    topic: PlatformWord


class OrderBody(CentryBody):
    order_id: ObjectId

    @property
    def resource_id(self) -> str:
        return self.order_id


class ProductBody(CentryBody):
    product_id: ObjectId

    @property
    def resource_id(self) -> str:
        return self.product_id


class IntegrationConfigBody(CentryBody):
    integration_config_id: ObjectId

    @property
    def resource_id(self) -> str:
        return self.integration_config_id
