"""Every management command that is installed under the settings of the tests, and what it does.

`FREE`: needs no database, or asks for the owner in a way that is not a tenant's. `OWNER` and
`PLATFORM`: opens that scope itself. `UNITS`: opens a fresh unit per tenant. `SHELL`: the one shell
with a tenant's rights. `NEEDS`: reads or writes rows; without a scope it is refused before it sees
one, in a tenant's scope it does its work there. `REFUSED`: asks for more than any run-time login
has, or goes past the scope; refused with a scope and without. `FOREIGN`: django-tenants' own,
which change tenants as they go; each has its counterpart in tenancy, and is refused here.
"""

from __future__ import annotations

import enum

__all__ = ["ARGUMENTS", "COMMANDS", "Does"]


class Does(enum.Enum):
    """What a command does in a project with tenancy."""

    FREE = "free"
    OWNER = "owner"
    PLATFORM = "platform"
    UNITS = "units"
    SHELL = "shell"
    NEEDS = "needs"
    REFUSED = "refused"
    FOREIGN = "foreign"


COMMANDS: dict[str, Does] = {
    "audit_erase": Does.FREE,
    "audit_export": Does.FREE,
    "audit_prune": Does.FREE,
    "audit_receipt": Does.FREE,
    "audit_reconcile": Does.FREE,
    "audit_sequence": Does.FREE,
    "audit_setup": Does.FREE,
    "audit_verify": Does.FREE,
    "check": Does.FREE,
    "collectstatic": Does.FREE,
    "compilemessages": Does.FREE,
    "createcachetable": Does.FREE,
    "diffsettings": Does.FREE,
    "findstatic": Does.FREE,
    "generateschema": Does.FREE,
    "makemessages": Does.FREE,
    "optimizemigration": Does.FREE,
    "runserver": Does.FREE,
    "sendtestemail": Does.FREE,
    "shell": Does.FREE,
    "spectacular": Does.FREE,
    "sqlmigrate": Does.REFUSED,
    "sqlsequencereset": Does.FREE,
    "squashmigrations": Does.FREE,
    "startapp": Does.FREE,
    "startproject": Does.FREE,
    "test": Does.FREE,
    "testserver": Does.FREE,
    "makemigrations": Does.OWNER,
    "migrate": Does.OWNER,
    "migrate_schemas": Does.OWNER,
    "showmigrations": Does.OWNER,
    "tenancy_setup": Does.OWNER,
    "tenant_create": Does.OWNER,
    "tenant_delete": Does.OWNER,
    "tenant_rotate": Does.OWNER,
    "tenant_suspend": Does.OWNER,
    "tenant_command": Does.UNITS,
    "tenant_shell": Does.SHELL,
    "tenant_worker": Does.UNITS,
    "whatsapp_quarantine": Does.PLATFORM,
    "whatsapp_receipts": Does.UNITS,
    "whatsapp_route": Does.PLATFORM,
    "whatsapp_simulate": Does.FREE,
    "changepassword": Does.NEEDS,
    "clearsessions": Does.NEEDS,
    "createsuperuser": Does.NEEDS,
    "db_worker": Does.NEEDS,
    "drf_create_token": Does.NEEDS,
    "dumpdata": Does.NEEDS,
    "loaddata": Does.NEEDS,
    "prune_db_task_results": Does.NEEDS,
    "remove_stale_contenttypes": Does.NEEDS,
    "dbshell": Does.REFUSED,
    "flush": Does.REFUSED,
    "inspectdb": Does.REFUSED,
    "sqlflush": Does.REFUSED,
    "all_tenants_command": Does.FOREIGN,
    "clone_tenant": Does.FOREIGN,
    "collectstatic_schemas": Does.FOREIGN,
    "create_domain": Does.FOREIGN,
    "create_missing_schemas": Does.FOREIGN,
    "create_tenant": Does.FOREIGN,
    "create_tenant_superuser": Does.FOREIGN,
    "delete_domain": Does.FOREIGN,
    "delete_tenant": Does.FOREIGN,
    "rename_schema": Does.FOREIGN,
}

# What the commands that meet the database are called with; {tenant} and {fixture} are filled in.
ARGUMENTS: dict[str, list[str]] = {
    "changepassword": ["ana"],
    "clearsessions": [],
    "createsuperuser": ["--noinput"],
    "drf_create_token": ["ana"],
    "dumpdata": ["shop"],
    "loaddata": ["{fixture}"],
    "remove_stale_contenttypes": ["--noinput"],
    "dbshell": [],
    "flush": ["--noinput"],
    "inspectdb": [],
    "sqlflush": [],
    "sqlmigrate": ["contenttypes", "0001"],
    "all_tenants_command": ["dumpdata", "shop"],
    "collectstatic_schemas": ["--schema", "{tenant}", "--noinput"],
    "create_domain": ["-s", "{tenant}"],
    "create_missing_schemas": [],
    "create_tenant_superuser": ["-s", "{tenant}", "--noinput"],
    "delete_domain": ["-s", "{tenant}"],
    "delete_tenant": ["-s", "{tenant}", "--noinput"],
    "rename_schema": ["--rename_from", "{tenant}", "--rename_to", "y"],
}
