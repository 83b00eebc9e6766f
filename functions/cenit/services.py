"""Cenit's 14 services: the five commands that become events, and the nine queries.

The names are Cenit's and have to be exactly these (integration guide, "Webhooks"); methods,
paths and bodies are for the integrator to choose, so ours are given by `Command`.
"""

import re
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from cenit.image_requests import image_url
from commerce_hooks.decoding import JsonObject
from commerce_hooks.errors import Problem, QuarantineError, Reason
from commerce_hooks.platform import Platform, Topic, topics_by_name
from commerce_hooks.schemas.cenit import (
    CancelOrderBody,
    CreateOrderBody,
    DeleteProductBody,
    UpdateOrderBody,
    UploadImageBody,
)
from commerce_hooks.validation import validated

_ORDER_ID = re.compile(r"order-[a-z2-7]{32}")


def order_id(store: str, number: str) -> str:
    """The id that an order of Cenit's gets here: the same number in a store is the same order.

    In small letters and few digits: it needs no encoding in a path, and is never taken for the
    number of a card.
    """
    digest = sha256(f"commerce-hooks/v1/cenit-order\n{store}\n{number}".encode()).digest()
    return f"order-{b32encode(digest[:20]).decode().lower()}"


def with_parameter(parameters: JsonObject, name: str, value: str) -> JsonObject:
    """The parameters with one more, which we worked out.

    Raises:
        QuarantineError: The call gives it too, and something else.
    """
    if parameters.get(name) not in (None, value):
        raise QuarantineError(Reason.INVALID, (Problem((name,), "conflict"),))
    return {**parameters, name: value}


def _as_sent(_: str, parameters: JsonObject) -> JsonObject:
    return parameters


def _with_order_id(store: str, parameters: JsonObject) -> JsonObject:
    order = validated(CreateOrderBody, parameters).order
    return with_parameter(parameters, "order_id", order_id(store, order.order_number))


def _with_order_id_of_cancelled(store: str, parameters: JsonObject) -> JsonObject:
    """With the id that the order got when it was created, which may be how the call names it."""
    number = validated(CancelOrderBody, parameters).ordersn
    id_ = number if _ORDER_ID.fullmatch(number) else order_id(store, number)
    return with_parameter(parameters, "order_id", id_)


def _with_url(_: str, parameters: JsonObject) -> JsonObject:
    payload = validated(UploadImageBody, parameters).payload
    return with_parameter(parameters, "url", image_url(payload))


def _nothing_more(_: str | None, __: JsonObject) -> JsonObject:
    return {}


def _the_order(resource_id: str | None, _: JsonObject) -> JsonObject:
    return {"order": {"id": resource_id}}


def _the_image(_: str | None, parameters: JsonObject) -> JsonObject:
    return {"code": 0, "data": {"image": {"url": parameters["url"]}}}


@dataclass(frozen=True, slots=True)
class Command:
    """A service that becomes an event.

    Args:
        topic: The event it becomes.
        id_name: What a further part of the path stands for; None where none may follow.
        completed: The parameters with what we work out, from the store and the parameters.
        told: What Cenit's algorithm reads of our answer, from the resource's id and the
            completed parameters.
    """

    topic: Topic
    id_name: str | None = None
    completed: Callable[[str, JsonObject], JsonObject] = _as_sent
    told: Callable[[str | None, JsonObject], JsonObject] = _nothing_more


_COMMANDS = (
    Command(
        Topic(
            "create_order",
            "request.create_order",
            CreateOrderBody,
            resource_type="order",
            once=True,
        ),
        completed=_with_order_id,
        told=_the_order,
    ),
    Command(
        Topic("update_order", "request.update_order", UpdateOrderBody, resource_type="order"),
        id_name="order_id",
        told=_the_order,
    ),
    Command(
        Topic("cancel_order", "request.cancel_order", CancelOrderBody, resource_type="order"),
        id_name="ordersn",
        completed=_with_order_id_of_cancelled,
    ),
    Command(
        Topic(
            "delete_product", "request.delete_product", DeleteProductBody, resource_type="product"
        ),
        id_name="item_id",
    ),
    Command(
        Topic("upload_image", "request.upload_image", UploadImageBody, resource_type="image"),
        completed=_with_url,
        told=_the_image,
    ),
)
COMMANDS: Mapping[str, Command] = {command.topic.name: command for command in _COMMANDS}
QUERIES = frozenset(
    {
        "get_brands",
        "get_categories",
        "get_category_attrs",
        "get_integration_metadata",
        "get_order",
        "get_order_document",
        "get_orders",
        "get_product",
        "get_products",
    }
)
SERVICES = QUERIES | COMMANDS.keys()
PLATFORM = Platform(
    name="cenit",
    topics=topics_by_name(*(command.topic for command in _COMMANDS)),
    synchronous=True,
)
