"""The figures of a period over the API."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView

from konecty_crm.accounts.queries import current_agency
from konecty_crm.metrics.forms import PeriodForm
from konecty_crm.metrics.queries import figures
from konecty_crm.metrics.response_times import response_times
from konecty_crm.metrics.serializers import MetricsSerializer
from konecty_crm.viewsets import CrmView

__all__ = ["MetricsView"]

_DAY = {"type": OpenApiTypes.DATE, "location": OpenApiParameter.QUERY}


class MetricsView(CrmView, APIView):
    """Figures from `start` to `end`, both days inclusive; without them the last 30 days."""

    @extend_schema(
        parameters=[OpenApiParameter("start", **_DAY), OpenApiParameter("end", **_DAY)],
        responses=MetricsSerializer,
    )
    def get(self, request: Request) -> Response:
        form = PeriodForm(request.query_params)
        if not form.is_valid():
            raise ValidationError(form.errors)
        period = form.period(current_agency())
        found = {"start": period.first, "end": period.last} | vars(figures(request.user, period))
        found["response_times"] = response_times(request.user, period)
        return Response(MetricsSerializer(found).data)
