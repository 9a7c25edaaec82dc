"""Pages of log-in and people."""

from __future__ import annotations

from django.urls import path

from konecty_crm.accounts import resets, views

app_name = "accounts"
urlpatterns = [
    path("entrar/", views.LogInPage.as_view(), name="login"),
    path("sair/", views.LogOut.as_view(), name="logout"),
    path("senha/", views.PasswordPage.as_view(), name="password"),
    path("senha/esquecida/", resets.ResetPage.as_view(), name="reset"),
    path("senha/esquecida/enviada/", resets.ResetSent.as_view(), name="reset-sent"),
    path("senha/nova/<uidb64>/<token>/", resets.NewPassword.as_view(), name="reset-confirm"),
    path("pessoas/", views.PeoplePage.as_view(), name="people"),
    path("pessoas/nova/", views.PersonAddPage.as_view(), name="person-add"),
    path("pessoas/<int:pk>/desativar/", views.PersonSwitch.as_view(), name="person-deactivate"),
    path(
        "pessoas/<int:pk>/ativar/",
        views.PersonSwitch.as_view(turns_on=True),
        name="person-activate",
    ),
]
