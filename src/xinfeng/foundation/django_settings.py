"""Django's settings, derived from Xinfeng's own (`foundation.settings`). Nothing else reads the environment."""

from __future__ import annotations

from pathlib import Path

from xinfeng.foundation import settings as xinfeng_settings

_settings = xinfeng_settings.load()
_src = Path(__file__).resolve().parent.parent

SECRET_KEY = _settings.secret_key()
DEBUG = False
ALLOWED_HOSTS = list(_settings.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(_settings.trusted_origins)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "procrastinate.contrib.django",
    "xinfeng.foundation",
    "xinfeng.lens",
    "xinfeng.contacts",
    "xinfeng.screening",
    "xinfeng.consent",
    "xinfeng.content",
    "xinfeng.channels",
    "xinfeng.intake",
    "xinfeng.hygiene",
    "xinfeng.privacy",
    "xinfeng.forms",
    "xinfeng.filings",
    "xinfeng.segments",
    "xinfeng.policy",
    "xinfeng.delivery",
    "xinfeng.insights",
    "xinfeng.complaints",
    "xinfeng.campaigns",
    "xinfeng.inspection",
    "xinfeng.console",
    "xinfeng.integrations",
    "xinfeng.pages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "xinfeng.console.account.middleware.SignedInMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "xinfeng.console.middleware.ConsoleMiddleware",
]

ROOT_URLCONF = "xinfeng.cli.addresses"
AUTH_USER_MODEL = "foundation.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_src / "console" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "xinfeng.console.context.console",
            ],
            "builtins": ["xinfeng.console.templatetags.xinfeng_ui"],
            "libraries": {"xinfeng_codes": "xinfeng.console.codes.tags"},
        },
    }
]

DATABASES = {"default": _settings.django_database()}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [_src / "console" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = _settings.time_zone
STATIC_URL = "static/"
STATICFILES_DIRS = [_src / "console" / "static"]

CSRF_FAILURE_VIEW = "xinfeng.console.frame.errors.csrf_failure"
XINFENG_WORDS = "xinfeng.console.words.sentence"  # for doors on floors below the console
# `__Host-`: only over TLS, for the whole host and for no other, so that no neighbouring host can set it.
_cookie_prefix = "__Host-" if _settings.https else ""
SESSION_COOKIE_NAME = f"{_cookie_prefix}xf_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _settings.https
SESSION_COOKIE_AGE = 12 * 3600  # before somebody signs in; from then on foundation.sessions says
CSRF_COOKIE_NAME = f"{_cookie_prefix}xf_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _settings.https
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _settings.https else 0
X_FRAME_OPTIONS = "DENY"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, str]] = []  # foundation.passwords judges them
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = str(_settings.uploads)
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
LOGGING_CONFIG = None
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # foundation.jobs.discover: only the worker needs them all
