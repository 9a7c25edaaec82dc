"""A file sent on a lead's page in a real browser, and its link in other hands."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.test_two_agencies import address, log_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.xdist_group("e2e")]
CONTENT = b"<script>document.title = 'shown'</script>"


def test_attachment_is_downloaded_by_its_agency_only(
    served: int, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "escritura.html"
    file.write_bytes(CONTENT)
    context = browser.new_context(accept_downloads=True)
    page = log_in(context, served, "aurora")
    page.goto(f"{address(served, 'aurora')}/leads/1/")
    page.set_input_files("input[name=file]", file)
    page.click("text=Enviar anexo")
    page.wait_for_selector("text=Anexo gravado.")

    with page.expect_download() as started:
        page.click("text=escritura.html")

    download = started.value
    other = browser.new_context()
    theirs = log_in(other, served, "horizonte")
    path = download.url.removeprefix(address(served, "aurora"))
    answers = [theirs.goto(address(served, "horizonte") + url) for url in (path, path[:-5] + "/")]
    assert Path(download.path()).read_bytes() == CONTENT
    assert download.suggested_filename == "escritura.html"
    assert [answer.status if answer else None for answer in answers] == [404, 404]
    assert "escritura" not in theirs.content()
    page.click("text=Remover")
    page.wait_for_selector("text=Anexo removido.")
    assert "escritura.html" not in page.content()
    context.close()
    other.close()
