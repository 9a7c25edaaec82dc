"""What the API's lists of leads and contacts can be filtered by."""

from __future__ import annotations

import django_filters

from konecty_crm.leads.models import Lead, Source, Stage

__all__ = ["LeadFilter"]


class LeadFilter(django_filters.FilterSet):
    stage = django_filters.MultipleChoiceFilter(choices=Stage.choices)
    source = django_filters.MultipleChoiceFilter(choices=Source.choices)
    broker = django_filters.NumberFilter(field_name="broker_id")
    unassigned = django_filters.BooleanFilter(field_name="broker", lookup_expr="isnull")
    contact = django_filters.NumberFilter(field_name="contact_id")
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    value_min = django_filters.NumberFilter(field_name="value", lookup_expr="gte")
    value_max = django_filters.NumberFilter(field_name="value", lookup_expr="lte")

    class Meta:
        model = Lead
        fields: tuple[str, ...] = ()
