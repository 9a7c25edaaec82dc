"""Amounts in reais as people write them: `450000`, `450.000`, `1.250.000,50`, `R$ 99,90`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from typing_extensions import override

__all__ = ["ReaisField"]

_THOUSANDS = re.compile(r"\d{1,3}(\.\d{3})+")


class ReaisField(forms.DecimalField):
    """A point is Brazil's separator of thousands where a comma or groups of three say so."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        limits = {"min_value": Decimal(0), "max_digits": 14, "decimal_places": 2}
        super().__init__(**limits, localize=True, **kwargs)

    @override
    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, str):
            text = value.replace("R$", "").replace("\xa0", "").replace(" ", "")
            if "," in text or _THOUSANDS.fullmatch(text):
                text = text.replace(".", "").replace(",", ".")
            value = text
        return super().to_python(value)

    @override
    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"inputmode": "decimal"}
