"""Django's settings. What an operator may choose comes from the environment (`pipelit.env`, `.env.example`)."""

from __future__ import annotations

import os
import warnings

from pipelit import env

BASE_DIR = env.BASE_DIR
ENV = env.load(os.environ)
VERSION = "0.1.0"

PIPELIT_ENV = "production" if ENV.production else "development"
DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key
FIELD_ENCRYPTION_KEYS = ENV.field_encryption_keys
ALLOWED_HOSTS = ENV.allowed_hosts
HOST = ENV.host
PORT = ENV.port
VAR_DIR = ENV.var_dir
REDIS_URL = ENV.redis_url
REDIS_EMBEDDED = ENV.redis_embedded
ADMIN_USERNAME = ENV.admin_username
ADMIN_PASSWORD = ENV.admin_password
WORKER_PROCESSES = ENV.worker_processes
WORKER_CONCURRENCY = ENV.worker_concurrency
OUTBOUND_ALLOW = ENV.outbound_allow
SANDBOX_NETWORK = ENV.sandbox_network
WS_ALLOW_KEY_IN_URL = ENV.ws_allow_key_in_url
TRUSTED_PROXIES = ENV.trusted_proxies
PUBLIC_URL = ENV.public_url
globals().update(ENV.email)

EVENT_STREAM_LENGTH = 5000
MAX_BODY_BYTES = 10 * 1024 * 1024
QUEUE_NAME = "pipelit"

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # urls.py discovers: workers and scheduler need no admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "polymorphic",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_rq",
    "pipelit",
    "apps.accounts",
    "apps.credentials",
    "apps.workflows",
    "apps.executions",
    "apps.schedules",
]

MIDDLEWARE = [
    "pipelit.middleware.Platform",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "pipelit" / "templates"],  # before those of the admin
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

ROOT_URLCONF = "pipelit.urls"
ASGI_APPLICATION = "pipelit.asgi.application"
AUTH_USER_MODEL = "accounts.UserProfile"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": ENV.database}
DATABASES_POOLED = "pool" in ENV.database["OPTIONS"]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
EDITOR_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [("editor", EDITOR_DIST)] if EDITOR_DIST.is_dir() else []
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/editor/assets/"
"""Their names hold a hash of what is in them."""
WHITENOISE_USE_FINDERS = not STATIC_ROOT.is_dir()
WHITENOISE_AUTOREFRESH = False
"""Files are listed once, at start; without `collectstatic` they are found where the packages keep them."""
warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "pipelit.pages.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
if ENV.behind_https:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    # pipelit.middleware.Platform sends these headers itself, in one pass
    "security.W001",
    "security.W002",
    # whether plain HTTP is redirected is the business of the proxy that ends TLS (BEHIND_HTTPS)
    "security.W008",
]

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL}], "prefix": "pipelit"},
    },
}
RQ_QUEUES = {
    QUEUE_NAME: {
        "URL": REDIS_URL,
        "SERIALIZER": "rq.serializers.JSONSerializer",
        "DEFAULT_TIMEOUT": -1,
        "DEFAULT_RESULT_TTL": 0,
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.BearerAuthentication",
        "pipelit.authentication.StaffSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["pipelit.rendering.JSONRenderer", "pipelit.rendering.StaffBrowsableRenderer"],
    "DEFAULT_PARSER_CLASSES": ["pipelit.rendering.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "pipelit.pagination.Pagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["pipelit.throttling.ScopedThrottle"],
    "DEFAULT_THROTTLE_RATES": {"login": "10/min"},
    "DEFAULT_VERSIONING_CLASS": None,
    "NUM_PROXIES": 0,
    "EXCEPTION_HANDLER": "pipelit.failures.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Pipelit",
    "DESCRIPTION": "Build LLM-powered automations by drawing them. Sign in with `Authorization: Bearer <api key>`.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "displayRequestDuration": True},
    "AUTHENTICATION_WHITELIST": ["apps.accounts.authentication.BearerAuthentication"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "apps.accounts.models.Role",
        "CollaboratorRoleEnum": "apps.workflows.models.workflow.WorkflowCollaborator.Role",
        "StandingEnum": "apps.workflows.access.Standing",
        "ExecutionStatusEnum": "apps.executions.models.Status",
        "StepStatusEnum": "apps.executions.models.ExecutionLog.Status",
        "TaskStatusEnum": "apps.executions.models.PendingTask.Status",
        "TriggerEventStatusEnum": "apps.executions.models.TriggerEvent.Status",
        "DeliveryStatusEnum": "apps.executions.models.Delivery.Status",
        "DeliveryKindEnum": "apps.executions.models.Delivery.Kind",
        "ScheduleStatusEnum": "apps.schedules.models.ScheduledJob.Status",
    },
    "SORT_OPERATIONS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

LOGGING_CONFIG = "pipelit.log.configure"
LOGGING = {"level": ENV.log_level, "format": ENV.log_format}
