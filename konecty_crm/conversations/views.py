"""The list of conversations, one conversation, and what can be done in it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import DetailView, ListView
from typing_extensions import override

from konecty_crm.accounts.pages import ManagerPage, Page
from konecty_crm.conversations.actions import assign, mark_read, reply
from konecty_crm.conversations.forms import AssignForm, ReplyForm, ThreadFilterForm
from konecty_crm.conversations.models import Thread
from konecty_crm.conversations.queries import visible_thread

__all__ = ["AssignThread", "MarkRead", "Reply", "ThreadPage", "ThreadsPage"]

_MESSAGES_SHOWN = 200


class ThreadsPage(Page, ListView):
    template_name = "conversations/list.html"
    context_object_name = "threads"
    paginate_by = 25

    @override
    def get_queryset(self) -> QuerySet[Thread]:
        self.form = ThreadFilterForm(self.request.user, self.request.GET)
        return self.form.apply(Thread.objects.visible_to(self.request.user).for_list())

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("page", None)
        return super().get_context_data(form=self.form, query=query.urlencode(), **kwargs)


class ThreadPage(Page, DetailView):
    """The newest messages, from old to new."""

    template_name = "conversations/thread.html"
    context_object_name = "thread"

    @override
    def get_object(self, queryset: QuerySet[Thread] | None = None) -> Thread:
        return visible_thread(self.request.user, self.kwargs["pk"])

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        thread = self.object
        newest = thread.messages.select_related("author").order_by("-sent_at", "-pk")
        found = list(newest[: _MESSAGES_SHOWN + 1])
        return super().get_context_data(
            history=found[:_MESSAGES_SHOWN][::-1],
            has_more=len(found) > _MESSAGES_SHOWN,
            form=ReplyForm(),
            assign_form=AssignForm(initial={"assigned_to": thread.assigned_to_id}),
            **kwargs,
        )


class Reply(Page):
    def post(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponse:
        thread = visible_thread(request.user, pk)
        form = ReplyForm(request.POST)
        if form.is_valid():
            reply(thread, form.cleaned_data["text"], author=request.user)
            messages.success(request, "Resposta na fila. O envio pelo WhatsApp virá depois.")
        else:
            messages.error(request, " ".join(form.errors["text"]))
        return redirect("conversations:thread", pk=pk)


class MarkRead(Page):
    def post(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponse:
        mark_read(visible_thread(request.user, pk))
        return redirect("conversations:thread", pk=pk)


class AssignThread(ManagerPage):
    """For managers: a broker could otherwise give a conversation away or take one."""

    def post(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponse:
        thread = visible_thread(request.user, pk)
        form = AssignForm(request.POST)
        if form.is_valid():
            assign(thread, form.cleaned_data["assigned_to"])
            messages.success(request, f"Responsável: {thread.broker or 'ninguém'}.")
        else:
            messages.error(request, " ".join(form.errors["assigned_to"]))
        return redirect("conversations:thread", pk=pk)
