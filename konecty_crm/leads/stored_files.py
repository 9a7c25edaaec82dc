"""However an attachment's row goes, with its lead or in the admin, its file goes as well."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from konecty_crm.leads.models import Attachment

__all__ = ["remove_with_their_rows"]


def remove_with_their_rows() -> None:
    post_delete.connect(_row_deleted, sender=Attachment, dispatch_uid="leads.stored_files")


def _row_deleted(instance: Attachment, using: str, **kwargs: Any) -> None:
    # Not before it is certain: a file that is gone does not come back with a rollback.
    file = instance.file
    transaction.on_commit(partial(file.storage.delete, file.name), using=using)
