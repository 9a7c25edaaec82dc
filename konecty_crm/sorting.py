"""Sorting and searching by name without help of the server, which has no ICU collations.

A name is kept beside its key: unaccented, lower case, single spaces. "João" and "joao" have the
same key, and `ORDER BY` the key sorts as a Brazilian phone book does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import models
from typing_extensions import override

__all__ = ["Named", "SortKeyField", "sort_key"]


def sort_key(name: str) -> str:
    """The name without accents, in lower case, with single spaces."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


class SortKeyField(models.CharField):  # type: ignore[type-arg]  # -- no subscript at run time
    """Computed from `name` whenever a row is written, by `save()` and `bulk_create()` alike."""

    @override
    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = sort_key(getattr(model_instance, "name", ""))[: self.max_length]
        setattr(model_instance, self.attname, key)
        return key


class Named(models.Model):
    name = models.CharField("nome", max_length=200)
    name_key = SortKeyField(max_length=200, editable=False, db_index=True)

    class Meta:
        abstract = True

    @override
    def __str__(self) -> str:
        return self.name

    @override
    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is not None and "name" in (update_fields := set(update_fields)):
            update_fields.add("name_key")
        super().save(*args, update_fields=update_fields, **kwargs)
