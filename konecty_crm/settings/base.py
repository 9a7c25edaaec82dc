"""Settings that every environment shares; secrets and addresses come from the others."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SHARED_APPS = [
    "tenancy",
    "audit",
    "django_tenants",
    "konecty_crm.accounts",
    "konecty_crm.whatsapp",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.admin",
    "rest_framework.authtoken",
    "django_tasks_db",
    "konecty_crm.accounts",
    "konecty_crm.leads",
    "konecty_crm.conversations",
    "konecty_crm.metrics",
    "konecty_crm.whatsapp",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]

TENANT_MODEL = "accounts.Customer"
TENANT_DOMAIN_MODEL = "accounts.Domain"
PUBLIC_SCHEMA_NAME = "platform"
DATABASE_ROUTERS = ["tenancy.router.TenantRouter", "django_tenants.routers.TenantSyncRouter"]

TENANCY = {
    "PLATFORM_MODELS": ["whatsapp.Route", "whatsapp.QuarantinedPayload"],
    "PLATFORM_URLCONF": "konecty_crm.urls_platform",
    "REGISTRY_FUNCTIONS": ["konecty_crm.whatsapp:sql/resolve_whatsapp.sql"],
    "REGISTRY_TABLES": ["whatsapp_route"],
    "QUARANTINE_TABLE": "whatsapp_quarantinedpayload",
    "TENANT_FIELDS": [],
    "ON_CREATE": "konecty_crm.accounts.provision.first_manager",
    "EMAIL_SENDER": "konecty_crm.accounts.mail.sender",
}

AUDIT = {
    "ROLE": "konecty_crm.accounts.record.role_of",
    "SUBJECTS": ["leads.Contact", "leads.Lead", "conversations.Thread"],
}

DEFAULT_EXCEPTION_REPORTER = "tenancy.boundaries.errors.ScrubbedReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "tenancy.boundaries.errors.ScrubbedFilter"

CACHES = {
    "default": {
        "BACKEND": "tenancy.boundaries.cache.TenantCache",
        "OPTIONS": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tenancy.middleware.TenantMiddleware",
    "audit.middleware.AuditMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tenancy.boundaries.csrf.BoundCsrfCookie",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "konecty_crm.urls"
ASGI_APPLICATION = "konecty_crm.asgi.application"
WSGI_APPLICATION = "konecty_crm.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "konecty_crm" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_USER_MODEL = "accounts.Person"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"

SESSION_ENGINE = "tenancy.boundaries.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "pt-br"
TIME_ZONE = "America/Sao_Paulo"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "var" / "static"
STATICFILES_DIRS = [ROOT / "konecty_crm" / "static"]

# Each agency's queue is a table of its own schema; `manage.py tenant_worker` works on all of them.
TASKS = {
    "default": {
        "BACKEND": "tenancy.boundaries.tasks.TenantTaskBackend",
        "OPTIONS": {"BACKEND": "django_tasks_db.DatabaseBackend", "OPTIONS": {}},
    }
}

STORAGES = {
    "default": {
        "BACKEND": "tenancy.boundaries.files.TenantStorage",
        "OPTIONS": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": ROOT / "var" / "media"},
        },
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Konecty CRM",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {"StageEnum": "konecty_crm.leads.models.Stage.choices"},
}
