"""What every list of the API shares: pages of 50, filters, search, ordering by named fields."""

from __future__ import annotations

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.filters import OrderingFilter
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated

from konecty_crm.name_search import NameSearchFilter

__all__ = ["CrmView", "Pages"]


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class CrmView:
    """Mixed into views, so that the API is the same whatever a project's REST_FRAMEWORK says."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (IsAuthenticated,)
    pagination_class = Pages
    filter_backends = (DjangoFilterBackend, NameSearchFilter, OrderingFilter)
    # Without a list of its own a view would let callers order by any serialised field.
    ordering_fields: tuple[str, ...] = ()
