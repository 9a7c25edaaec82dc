"""The signature over the raw body, and the handshake."""

from __future__ import annotations

import json

import pytest

from konecty_crm.whatsapp.signature import SignatureVerdict, handshake_answer, sign, verify

SECRET = "the app's secret"  # noqa: S105 -- of an app that does not exist
BODY = b'{"text":"Jo\\u00e3o \\/ Maria"}'


def test_signature_of_the_very_bytes_is_valid() -> None:
    verdict = verify(BODY, sign(BODY, SECRET), SECRET)

    assert verdict is SignatureVerdict.VALID


@pytest.mark.parametrize(
    ("body", "header"),
    [
        pytest.param(BODY + b" ", sign(BODY, SECRET), id="another body"),
        pytest.param(BODY, sign(BODY, "another secret"), id="another secret"),
        pytest.param(BODY, sign(BODY, SECRET).removeprefix("sha256="), id="no prefix"),
        pytest.param(BODY, sign(BODY, SECRET).replace("sha256", "sha1"), id="another algorithm"),
        pytest.param(BODY, sign(BODY, SECRET)[:-1], id="cut"),
        pytest.param(BODY, "sha256=", id="empty digest"),
        pytest.param(BODY, "sha256=é\udc80", id="not ascii"),
    ],
)
def test_signature_of_anything_else_is_wrong(body: bytes, header: str) -> None:
    assert verify(body, header, SECRET) is SignatureVerdict.WRONG


def test_signature_of_the_parsed_and_written_body_is_wrong() -> None:
    again = json.dumps(json.loads(BODY), ensure_ascii=False).encode()

    assert verify(again, sign(BODY, SECRET), SECRET) is SignatureVerdict.WRONG


@pytest.mark.parametrize("header", [None, ""])
def test_signature_that_is_not_there_is_missing(header: str | None) -> None:
    assert verify(BODY, header, SECRET) is SignatureVerdict.MISSING


def test_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="WHATSAPP_APP_SECRET is empty"):
        verify(BODY, sign(BODY, ""), "")


@pytest.mark.parametrize(
    ("mode", "token", "challenge", "expected", "answer"),
    [
        pytest.param("subscribe", "t", "1158201444", "t", "1158201444", id="ours"),
        pytest.param("subscribe", "T", "1158201444", "t", None, id="another token"),
        pytest.param("unsubscribe", "t", "1158201444", "t", None, id="another mode"),
        pytest.param("subscribe", "t", "<script>", "t", None, id="markup"),
        pytest.param("subscribe", "t", "", "t", None, id="no challenge"),
        pytest.param("subscribe", "t", "a\n", "t", None, id="line end"),
        pytest.param("subscribe", "t", "a" * 129, "t", None, id="too long"),
        pytest.param("subscribe", "", "1158201444", "", None, id="no token set"),
    ],
)
def test_handshake(
    mode: str, token: str, challenge: str, expected: str, answer: str | None
) -> None:
    assert handshake_answer(mode, token, challenge, expected=expected) == answer
