"""The figures as JSON; durations in seconds, values in reais."""

from __future__ import annotations

from rest_framework import serializers

from konecty_crm.metrics.response_times import ResponseTime

__all__ = ["MetricsSerializer"]


class _GroupSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()
    value = serializers.DecimalField(max_digits=20, decimal_places=2)


class _ResponseTimeSerializer(serializers.Serializer):
    person = serializers.IntegerField(source="person_id")
    name = serializers.CharField()
    threads = serializers.IntegerField()
    mean_seconds = serializers.SerializerMethodField()
    median_seconds = serializers.SerializerMethodField()

    def get_mean_seconds(self, time: ResponseTime) -> float:
        return time.mean.total_seconds()

    def get_median_seconds(self, time: ResponseTime) -> float:
        return time.median.total_seconds()


class MetricsSerializer(serializers.Serializer):
    start = serializers.DateField()
    end = serializers.DateField()
    created = serializers.IntegerField()
    converted = serializers.IntegerField()
    conversion = serializers.FloatField(allow_null=True)
    won = serializers.IntegerField()
    won_value = serializers.DecimalField(max_digits=20, decimal_places=2)
    open_value = serializers.DecimalField(max_digits=20, decimal_places=2)
    by_stage = _GroupSerializer(many=True)
    by_source = _GroupSerializer(many=True)
    response_times = _ResponseTimeSerializer(many=True)
