"""People and log-in data as JSON."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from rest_framework import serializers
from typing_extensions import override

from konecty_crm.accounts.models import Person

__all__ = ["CredentialsSerializer", "PersonSerializer", "TokenSerializer"]


class PersonSerializer(serializers.ModelSerializer):
    password = serializers.CharField(
        write_only=True, trim_whitespace=False, validators=[validate_password]
    )

    class Meta:
        model = Person
        fields = ("id", "name", "email", "role", "is_active", "date_joined", "password")
        read_only_fields = ("is_active", "date_joined")

    @override
    def to_internal_value(self, data: Any) -> Any:
        # Before the validators run: the address has to be unique as it will be stored.
        values = data.copy()
        if isinstance(values.get("email"), str):
            values["email"] = Person.objects.normalize_email(values["email"])
        return super().to_internal_value(values)

    @override
    def create(self, validated_data: dict[str, Any]) -> Person:
        return Person.objects.create_user(**validated_data)


class CredentialsSerializer(serializers.Serializer):
    email = serializers.EmailField()
    password = serializers.CharField(trim_whitespace=False)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()
