"""One page: a list, a detail and an aggregate."""

from __future__ import annotations

from django.db.models import Count, Sum
from django.http import HttpRequest, JsonResponse
from django.urls import path

from tests.foreign.shop.models import Order


def page(request: HttpRequest) -> JsonResponse:
    listed = Order.objects.select_related("buyer").order_by("-id")[:25]
    detail = Order.objects.select_related("buyer").get(pk=500)
    figures = Order.objects.values("tags__label").annotate(n=Count("id"), value=Sum("total"))
    return JsonResponse(
        {
            "list": [[order.pk, order.buyer.name, str(order.total)] for order in listed],
            "detail": [detail.buyer.name, [other.pk for other in detail.buyer.orders.all()]],
            "figures": list(figures.order_by("tags__label")),
        }
    )


urlpatterns = [path("", page)]
