"""Logging in and out, the home page, and the people of the agency."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.messages.views import SuccessMessageMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.views.generic import CreateView, ListView
from typing_extensions import override

from konecty_crm.accounts.activity import activate, deactivate
from konecty_crm.accounts.forms import LogInForm, PersonForm
from konecty_crm.accounts.models import Person
from konecty_crm.accounts.pages import AgencyContext, ManagerPage, Page

__all__ = ["LogInPage", "LogOut", "PasswordPage", "PeoplePage", "PersonAddPage", "PersonSwitch"]


class LogInPage(AgencyContext, auth.LoginView):
    form_class = LogInForm
    template_name = "accounts/log_in.html"
    redirect_authenticated_user = True


class LogOut(auth.LogoutView):
    """POST only."""


class PasswordPage(Page, SuccessMessageMixin, auth.PasswordChangeView):
    template_name = "accounts/password.html"
    success_url = reverse_lazy("home")
    success_message = "Senha alterada."


class PeoplePage(ManagerPage, ListView):
    template_name = "accounts/people.html"
    context_object_name = "people"
    paginate_by = 50

    @override
    def get_queryset(self) -> QuerySet[Person]:
        return Person.objects.order_by("-is_active", "name_key", "pk")


class PersonAddPage(ManagerPage, SuccessMessageMixin, CreateView):
    form_class = PersonForm
    template_name = "accounts/person_add.html"
    success_url = reverse_lazy("accounts:people")
    success_message = "%(name)s agora tem acesso."


class PersonSwitch(ManagerPage):
    """Turns a person's access on or off; nobody can turn off their own."""

    turns_on = False

    def post(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponse:
        person = get_object_or_404(Person, pk=pk)
        if person.pk == request.user.pk:
            messages.error(request, "Você não pode desativar o próprio acesso.")
        elif self.turns_on:
            activate(person)
            messages.success(request, f"{person.name} voltou a ter acesso.")
        else:
            deactivate(person)
            messages.success(request, f"{person.name} não tem mais acesso.")
        return redirect("accounts:people")
