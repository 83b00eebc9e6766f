"""`commerce-hooks urls iset`: where each URL goes in the panel, and the sheet for its owner."""

import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest

from commerce_hooks_cli.callbacks import CallbackUrl
from commerce_hooks_cli.iset_panel import PANEL_FIELDS
from commerce_hooks_cli.iset_sheet import sheet
from support.command import FakeWorld, tokens_in
from support.platforms import platforms

# As iSET's help page on webhooks has them.
ON_THE_PAGE = [
    ("Pedidos", "Criação/Alteração de pedido", "order-saved"),
    ("Pedidos", "Pedido removido", "order-deleted"),
    ("Produtos", "Criação/Alteração de produto", "product-saved"),
    ("Produtos", "Remoção de produto", "product-deleted"),
    ("Produtos", "Alteração de estoque", "stock-changed"),
    ("Categorias", "Criação/Alteração de categoria", "category-saved"),
    ("Categorias", "Remoção de categoria", "category-deleted"),
]


class Page(HTMLParser):
    """What a browser makes of a page: the text of some elements, and all that is loaded."""

    VOID = frozenset({"meta"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.loaded: list[str] = []
        self.lang = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.lang = self.lang or given.get("lang") or ""
        self.loaded += [name for name in ("src", "href", "srcset", "action") if name in given]
        if tag in {"script", "link", "img", "iframe", "form", "object"}:
            self.loaded.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data


def test_every_topic_has_its_field_in_the_order_of_the_page() -> None:
    assert [(f.group, f.field, topic) for topic, f in PANEL_FIELDS.items()] == ON_THE_PAGE
    assert set(PANEL_FIELDS) == set(platforms()["iset"].topics)


def test_json_says_where_each_url_goes(real_world: FakeWorld) -> None:
    urls = real_world.run("urls", "iset", "acme", "--stack", "shop-hooks", "--json").json

    assert [(u["panel"]["group"], u["panel"]["field"], u["topic"]) for u in urls] == ON_THE_PAGE
    assert urls[0].keys() == {*("platform", "store", "topic", "method", "url", "panel", "warnings")}
    assert urls[4]["panel"] == {
        "group": "Produtos",
        "field": "Alteração de estoque",
        "menu": "Configurações >> API Rest >> Webhooks",
        "requires": "API REST ativo",
        "add": "+",
        "save": "Salvar alterações",
    }
    assert urls[4]["warnings"] == []


def test_on_a_screen_of_eighty_columns_only_urls_are_longer(
    real_world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    urls = [u["url"] for u in real_world.run("urls", "iset", "acme", "--json").json]

    shown = re.sub(r"\x1b\[[0-9;]*m", "", real_world.run("urls", "iset", "acme").stdout)

    lines = [line.rstrip() for line in shown.splitlines()]
    assert [line for line in lines if line.startswith("https://")] == urls
    assert max(len(line) for line in lines if not line.startswith("https://")) <= 80
    for group, field, topic in ON_THE_PAGE:
        place = next(n for n, line in enumerate(lines) if line.startswith(f"{field}  {topic},"))
        assert lines[place + 1].split("/")[5] == topic
        assert group in lines[:place]
    for words in ("Configurações >> API Rest >> Webhooks", "API REST", '"+"', "Salvar alterações"):
        assert words in shown


def test_one_topic_alone_comes_with_its_place(world: FakeWorld) -> None:
    result = world.run("urls", "iset", "acme", "--topic", "stock-changed")

    assert "Alteração de estoque  stock-changed, event stock.changed\n" in result.stdout
    assert "Pedidos" not in result.stdout


def test_it_warns_where_the_urls_are_not_https(world: FakeWorld, real_world: FakeWorld) -> None:
    insecure = world.run("urls", "iset", "acme", "--json")
    secure = real_world.run("urls", "iset", "acme", "--json")

    assert "do not begin with https://" in insecure.stderr
    assert all("https://" in url["warnings"][0] for url in insecure.json)
    assert "warning" not in secure.stderr


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "acme.html"


def test_the_sheet_has_every_url_under_its_field(real_world: FakeWorld, path: Path) -> None:
    urls = [u["url"] for u in real_world.run("urls", "iset", "acme", "--json").json]

    result = real_world.run("urls", "iset", "acme", "--sheet", str(path))

    page = Page(path.read_text(encoding="utf-8"))
    assert result.exit_code == 0
    assert page.open == []
    assert page.texts["code"] == urls
    assert page.texts["h3"] == [field for _, field, _ in ON_THE_PAGE]
    groups = [title for title in page.texts["h2"] if title in {g for g, _, _ in ON_THE_PAGE}]
    assert groups == ["Pedidos", "Produtos", "Categorias"]


def test_the_sheet_tells_its_reader_everything_in_portuguese(
    real_world: FakeWorld, path: Path
) -> None:
    real_world.run("urls", "iset", "acme", "--sheet", str(path))

    page = Page(path.read_text(encoding="utf-8"))
    text = " ".join(page.texts["body"][0].split())
    assert page.lang == "pt-BR"
    assert page.texts["h1"] == ["Webhooks da loja acme"]
    for words in (
        "Estes endereços são como senhas",
        "API REST está ativo para a loja",
        "abra Configurações >> API Rest >> Webhooks",
        "clique em + e use o campo novo",
        "clique em Salvar alterações",
    ):
        assert words in text
    assert "sem https" not in text


def test_the_sheet_needs_nothing_from_elsewhere(real_world: FakeWorld, path: Path) -> None:
    real_world.run("urls", "iset", "acme", "--sheet", str(path))

    html = path.read_text(encoding="utf-8")
    assert Page(html).loaded == []
    assert not re.search(r"@import|url\(", html)
    assert "default-src 'none'" in html
    assert "@page" in html
    assert "user-select: all" in html


def test_the_sheet_warns_where_the_urls_are_not_https(world: FakeWorld, path: Path) -> None:
    world.run("urls", "iset", "acme", "--sheet", str(path))

    assert "Atenção: endereços sem https" in Page(path.read_text(encoding="utf-8")).texts["h2"]


def test_what_stands_in_the_sheet_is_escaped() -> None:
    url = CallbackUrl("iset", "x", "order-saved", "POST", 'https://x.example/<b>"&amp;')

    page = Page(sheet('"><script>', [url], https=True))

    assert page.texts["code"] == [url.url]
    assert page.texts["h1"] == ['Webhooks da loja "><script>']
    assert page.loaded == []


def test_only_the_sheet_has_the_urls_and_only_its_owner_reads_it(
    world: FakeWorld, path: Path
) -> None:
    urls = [u["url"] for u in world.run("urls", "iset", "acme", "--json").json]

    shown = world.run("urls", "iset", "acme", "--sheet", str(path))
    told = world.run("urls", "iset", "acme", "--sheet", str(path), "--force", "--json")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [(url["url"], url["sheet"]) for url in told.json] == [(None, str(path))] * 7
    assert [u["panel"]["field"] for u in told.json] == [field for _, field, _ in ON_THE_PAGE]
    assert [token for token in tokens_in(urls) if token in shown.output + told.output] == []


def test_a_sheet_replaces_a_file_only_by_force(world: FakeWorld, path: Path) -> None:
    path.write_text("somebody's")
    path.chmod(0o644)

    refused = world.run("urls", "iset", "acme", "--sheet", str(path))

    assert (refused.exit_code, refused.stdout, path.read_text()) == (2, "", "somebody's")
    assert "--force" in refused.stderr
    assert world.run("urls", "iset", "acme", "--sheet", str(path), "--force").exit_code == 0
    assert path.read_text().startswith("<!DOCTYPE html>")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_replaced_and_not_followed(world: FakeWorld, path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "public.html"
    elsewhere.write_text("public")
    path.symlink_to(elsewhere)

    assert world.run("urls", "iset", "acme", "--sheet", str(path)).exit_code == 2
    assert world.run("urls", "iset", "acme", "--sheet", str(path), "--force").exit_code == 0

    assert (elsewhere.read_text(), path.is_symlink()) == ("public", False)


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_sheet_that_cannot_be_written_is_said(
    world: FakeWorld, tmp_path: Path, force: tuple[str, ...]
) -> None:
    nowhere = tmp_path / "nowhere" / "acme.html"

    result = world.run("urls", "iset", "acme", "--sheet", str(nowhere), *force)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "Could not write" in result.stderr


def test_what_is_half_written_does_not_stay(world: FakeWorld, tmp_path: Path) -> None:
    (tmp_path / "acme.html").mkdir()

    result = world.run("urls", "iset", "acme", "--sheet", str(tmp_path / "acme.html"), "--force")

    assert result.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["acme.html"]
