"""Forgotten passwords: a link by e-mail, and the page it leads to.

Nobody learns whether an address is somebody's: the answer and the work of the request are the same
for all, because the person is looked up in a task, later. The link is signed with the agency's own
key, so it says nothing at another agency.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import views as auth
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest
from django.urls import reverse_lazy
from typing_extensions import override

from konecty_crm.accounts.pages import AgencyContext
from konecty_crm.accounts.tasks import mail_reset_link
from konecty_crm.accounts.throttle import count_reset

__all__ = ["NewPassword", "ResetPage", "ResetSent"]


class ResetForm(forms.Form):
    """Has the interface that Django's `PasswordResetView` expects: `save(**options)`."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @override
    def clean(self) -> dict[str, Any]:
        if "email" in self.cleaned_data:
            count_reset(self.request, self.cleaned_data["email"])
        return self.cleaned_data

    def save(self, *, use_https: bool, **options: Any) -> None:
        host = self.request.get_host()
        mail_reset_link.enqueue(self.cleaned_data["email"], host, use_https=use_https)


class ResetPage(AgencyContext, auth.PasswordResetView):
    form_class = ResetForm
    template_name = "accounts/reset.html"
    success_url = reverse_lazy("accounts:reset-sent")

    @override
    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}


class ResetSent(AgencyContext, auth.PasswordResetDoneView):
    template_name = "accounts/reset_sent.html"


class NewPassword(AgencyContext, SuccessMessageMixin, auth.PasswordResetConfirmView):
    template_name = "accounts/reset_confirm.html"
    success_url = reverse_lazy("accounts:login")
    success_message = "Senha alterada. Entre com a nova senha."
