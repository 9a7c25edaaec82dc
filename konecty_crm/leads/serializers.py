"""Contacts, leads and notes as JSON; what refers to other rows takes visible ones only."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from typing_extensions import override

from konecty_crm.leads.models import Contact, Lead, Note, Stage, StageChange
from konecty_crm.leads.phones import parse_phone
from konecty_crm.leads.queries import brokers

__all__ = [
    "AssignSerializer",
    "ContactSerializer",
    "LeadSerializer",
    "NoteSerializer",
    "StageChangeSerializer",
    "StageSerializer",
]


class _Visible(serializers.PrimaryKeyRelatedField):
    """Takes rows that the caller sees; any other is "does not exist"."""

    @override
    def get_queryset(self) -> Any:
        person = self.context["request"].user
        queryset = super().get_queryset()
        return queryset.visible_to(person) if person.is_authenticated else queryset.none()


class ContactSerializer(serializers.ModelSerializer):
    phone = serializers.CharField(required=False, allow_null=True, max_length=30)

    class Meta:
        model = Contact
        fields = ("id", "name", "phone", "bsuid", "email", "document", "created_at")
        read_only_fields = ("bsuid", "created_at")

    def validate_phone(self, value: str | None) -> str | None:
        phone = parse_phone(value) if value else None
        if value and phone is None:
            raise serializers.ValidationError("no phone number with area code", code="phone")
        others = Contact.objects.exclude(pk=getattr(self.instance, "pk", None))
        if phone and others.with_phone(phone) is not None:
            raise serializers.ValidationError("another contact has this number", code="unique")
        return phone


class LeadSerializer(serializers.ModelSerializer):
    contact = _Visible(queryset=Contact.objects.all(), required=False)
    new_contact = ContactSerializer(write_only=True, required=False)
    contact_name = serializers.CharField(source="contact.name", read_only=True)
    broker_name = serializers.CharField(source="broker.name", read_only=True, default=None)

    class Meta:
        model = Lead
        fields = (
            "id",
            "contact",
            "new_contact",
            "contact_name",
            "stage",
            "source",
            "interest",
            "value",
            "broker",
            "broker_name",
            "created_at",
            "stage_changed_at",
            "closed_at",
        )
        # The stage and the broker have actions of their own, which keep history and rights.
        read_only_fields = ("stage", "broker", "created_at", "stage_changed_at", "closed_at")

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = {"contact", "new_contact"} & set(attrs)
        if len(given) != (1 if self.instance is None else 0):
            message = "give contact or new_contact for a new lead; neither can be changed later"
            raise serializers.ValidationError({"contact": message})
        return attrs

    @override
    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Lead:
        if new_contact := validated_data.pop("new_contact", None):
            validated_data["contact"] = Contact.objects.create(**new_contact)
        return Lead.objects.create(**validated_data)


class StageSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(choices=Stage.choices)


class AssignSerializer(serializers.Serializer):
    broker = serializers.PrimaryKeyRelatedField(queryset=brokers(), allow_null=True)


class StageChangeSerializer(serializers.ModelSerializer):
    class Meta:
        model = StageChange
        fields = ("id", "from_stage", "to_stage", "by", "at")


class NoteSerializer(serializers.ModelSerializer):
    lead = _Visible(queryset=Lead.objects.all())
    author_name = serializers.CharField(source="author.name", read_only=True)

    class Meta:
        model = Note
        fields = ("id", "lead", "author", "author_name", "text", "created_at")
        read_only_fields = ("author", "created_at")
