"""What the API's lists of threads and messages can be filtered by."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from konecty_crm.conversations.models import Direction, Message, Status, Thread

__all__ = ["MessageFilter", "ThreadFilter"]


class ThreadFilter(django_filters.FilterSet):
    contact = django_filters.NumberFilter(field_name="contact_id")
    lead = django_filters.NumberFilter(field_name="lead_id")
    unread = django_filters.BooleanFilter(method="filter_unread")

    class Meta:
        model = Thread
        fields: tuple[str, ...] = ()

    def filter_unread(
        self,
        threads: QuerySet[Thread],
        _name: str,
        value: bool,  # noqa: FBT001 -- django-filter's signature
    ) -> QuerySet[Thread]:
        return threads.filter(unread__gt=0) if value else threads.filter(unread=0)


class MessageFilter(django_filters.FilterSet):
    thread = django_filters.NumberFilter(field_name="thread_id")
    direction = django_filters.ChoiceFilter(choices=Direction.choices)
    status = django_filters.MultipleChoiceFilter(choices=Status.choices)
    sent_after = django_filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="gte")
    sent_before = django_filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="lt")

    class Meta:
        model = Message
        fields: tuple[str, ...] = ()
