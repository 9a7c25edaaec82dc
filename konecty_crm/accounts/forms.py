"""Logging in and adding people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from typing_extensions import override

from konecty_crm.accounts.models import Person
from konecty_crm.accounts.throttle import check_credentials

__all__ = ["LogInForm", "PersonForm"]


class LogInForm(forms.Form):
    """Has the interface that Django's `LoginView` expects: `request` and `get_user()`."""

    username = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label="Senha",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self._person: Person | None = None

    @override
    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if self.request is not None and {"username", "password"} <= set(data):
            self._person = check_credentials(self.request, data["username"], data["password"])
        return data

    def get_user(self) -> Person | None:
        return self._person


class PersonForm(forms.ModelForm):
    password = forms.CharField(
        label="Senha inicial",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Pelo menos 8 caracteres; a pessoa pode trocá-la depois.",
    )

    class Meta:
        model = Person
        fields = ["name", "email", "role"]

    def clean_email(self) -> str:
        return Person.objects.normalize_email(self.cleaned_data["email"])

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"])
        return str(self.cleaned_data["password"])

    @override
    def save(self, commit: bool = True) -> Person:
        person: Person = super().save(commit=False)
        person.set_password(self.cleaned_data["password"])
        if commit:
            person.save()
        return person
