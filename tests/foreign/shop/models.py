"""A tenant's models, written without a thought of tenancy."""

from __future__ import annotations

from django.db import models


class Buyer(models.Model):
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=20, unique=True)

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    label = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.label


class Order(models.Model):
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="orders")
    total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    tags = models.ManyToManyField(Tag)

    def __str__(self) -> str:
        return f"{self.buyer_id}: {self.total}"


class Document(models.Model):
    title = models.CharField(max_length=50)
    file = models.FileField(upload_to="docs")

    def __str__(self) -> str:
        return self.title
