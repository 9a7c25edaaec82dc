"""What a newcomer sees: two agencies in one installation that do not know of each other."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "demonstracao"  # noqa: S105 -- the demo's, printed by `make run`
PAGES = ("/", "/leads/", "/conversas/", "/metricas/", "/pessoas/")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.xdist_group("e2e")]


def address(port: int, agency: str) -> str:
    return f"http://{agency}.localhost:{port}"


def log_in(context: BrowserContext, port: int, agency: str) -> Page:
    page = context.new_page()
    page.goto(address(port, agency))
    page.fill("input[name=username]", f"marcos@{agency}.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"{address(port, agency)}/")
    return page


def test_manager_of_each_agency_sees_every_page_of_its_own(served: int, browser: Browser) -> None:
    names = {"aurora": "Aurora Imóveis", "horizonte": "Horizonte Negócios Imobiliários"}

    titles: dict[str, list[str]] = {}
    for agency in names:
        context = browser.new_context()
        page = log_in(context, served, agency)
        for path in PAGES:
            response = page.goto(address(served, agency) + path)
            assert response is not None
            assert response.status == 200
            titles.setdefault(agency, []).append(page.title().rpartition(" · ")[2])
            assert names["horizonte" if agency == "aurora" else "aurora"] not in page.content()
        context.close()

    assert titles == {agency: [name] * len(PAGES) for agency, name in names.items()}


def test_lead_with_the_same_key_is_another_at_each_agency(served: int, browser: Browser) -> None:
    seen = {}
    for agency in ("aurora", "horizonte"):
        context = browser.new_context()
        page = log_in(context, served, agency)
        page.goto(f"{address(served, agency)}/leads/1/")
        seen[agency] = page.inner_text("main")
        context.close()

    assert seen["aurora"] != seen["horizonte"]


def test_session_of_one_agency_is_worthless_at_the_other(served: int, browser: Browser) -> None:
    context = browser.new_context()
    log_in(context, served, "aurora")
    cookies = [
        {"name": str(c["name"]), "value": str(c["value"]), "url": address(served, "horizonte")}
        for c in context.cookies(address(served, "aurora"))
    ]
    context.add_cookies(cookies)  # type: ignore[arg-type]  # -- plain dicts of its keys

    page = context.new_page()
    page.goto(f"{address(served, 'horizonte')}/leads/")

    assert len(cookies) > 0
    assert "Entrar" in page.title()
    context.close()


def test_page_asks_nobody_else_for_anything(served: int, browser: Browser) -> None:
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))

    log_in(context, served, "aurora").goto(f"{address(served, 'aurora')}/api/docs/")

    foreign = [url for url in asked if not url.startswith((address(served, "aurora"), "data:"))]
    assert len(asked) > len(PAGES)
    assert foreign == []
    context.close()
