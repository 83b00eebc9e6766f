"""Where each callback URL goes in the panel of an iSET shop, in the panel's own words.

Source: iSET's help page "Webhooks" (ajuda.iset.com.br, API e Webhooks). iSET has no API for it,
so a person has to enter the URLs.
"""

from dataclasses import dataclass

MENU = "Configurações >> API Rest >> Webhooks"
ADD = "+"
SAVE = "Salvar alterações"
REQUIRES = "API REST ativo"


@dataclass(frozen=True)
class PanelField:
    """One field of the panel.

    Args:
        group: The heading it stands under.
        field: Its label.
        menu: The clicks that lead to the page.
        requires: What must be so before webhooks are sent at all.
        add: The button for one more URL, where the field holds somebody else's.
        save: The button without which nothing is kept.
    """

    group: str
    field: str
    menu: str = MENU
    requires: str = REQUIRES
    add: str = ADD
    save: str = SAVE


PANEL_FIELDS = {
    "order-saved": PanelField("Pedidos", "Criação/Alteração de pedido"),
    "order-deleted": PanelField("Pedidos", "Pedido removido"),
    "product-saved": PanelField("Produtos", "Criação/Alteração de produto"),
    "product-deleted": PanelField("Produtos", "Remoção de produto"),
    "stock-changed": PanelField("Produtos", "Alteração de estoque"),
    "category-saved": PanelField("Categorias", "Criação/Alteração de categoria"),
    "category-deleted": PanelField("Categorias", "Remoção de categoria"),
}
"""By topic, in the order of the page."""
