"""Pages of the leads."""

from __future__ import annotations

from django.urls import path

from konecty_crm.leads import attachments, views

app_name = "leads"
urlpatterns = [
    path("", views.LeadsPage.as_view(), name="list"),
    path("novo/", views.LeadAddPage.as_view(), name="add"),
    path("<int:pk>/", views.LeadPage.as_view(), name="detail"),
    path("<int:pk>/etapa/", views.ChangeStage.as_view(), name="stage"),
    path("<int:pk>/corretor/", views.AssignLead.as_view(), name="assign"),
    path("<int:pk>/dados/", views.WriteValue.as_view(), name="value"),
    path("<int:pk>/anexos/", attachments.Attach.as_view(), name="attach"),
    path(
        "<int:pk>/anexos/<int:attachment>/",
        attachments.OpenAttachment.as_view(),
        name="attachment",
    ),
    path(
        "<int:pk>/anexos/<int:attachment>/remover/",
        attachments.RemoveAttachment.as_view(),
        name="remove-attachment",
    ),
    path("<int:pk>/anotacoes/", views.WriteNote.as_view(), name="note"),
]
