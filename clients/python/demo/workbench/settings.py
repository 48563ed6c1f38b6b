"""Settings of the demo. The broker is that of SALLYPORTCLIENT_URL, or http://127.0.0.1:8080."""

from pathlib import Path

from django.core.management.utils import get_random_secret_key

SECRET_KEY = get_random_secret_key()  # Nothing that it signs outlives the process.
DEBUG = True  # So that runserver serves the style sheet and the script.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ROOT_URLCONF = "workbench.urls"
INSTALLED_APPS = ["django.contrib.staticfiles", "sallyport.django", "workbench"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "workbench.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {}
CSRF_COOKIE_HTTPONLY = True  # The page has the token in its form.
CSRF_COOKIE_SAMESITE = "Strict"
STATIC_URL = "static/"
USE_TZ = True

SALLYPORT = {
    "SANDBOX_CONFIG": {"timeout_seconds": 60, "max_output_bytes": 200_000},
}

#: Runner images to choose from; the first one is chosen at first. The page says so if the broker lacks one.
WORKBENCH_IMAGES = ["python", "python-data"]
WORKBENCH_EXAMPLES = Path(__file__).parent / "examples"
