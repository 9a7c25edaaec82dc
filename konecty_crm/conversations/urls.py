"""Pages of the conversations."""

from __future__ import annotations

from django.urls import path

from konecty_crm.conversations import views

app_name = "conversations"
urlpatterns = [
    path("", views.ThreadsPage.as_view(), name="list"),
    path("<int:pk>/", views.ThreadPage.as_view(), name="thread"),
    path("<int:pk>/resposta/", views.Reply.as_view(), name="reply"),
    path("<int:pk>/lida/", views.MarkRead.as_view(), name="read"),
    path("<int:pk>/responsavel/", views.AssignThread.as_view(), name="assign"),
]
