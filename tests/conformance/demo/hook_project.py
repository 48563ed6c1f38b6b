"""Settings of a Django project that takes webhooks and keeps executions."""

import os

SECRET_KEY = "of the tests alone"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "hook_urls"
INSTALLED_APPS = ["sallyport.django", "sallyport.django.history"]
MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["HOOK_DATABASE"]}}
USE_TZ = True
SALLYPORT = {"WEBHOOK_SECRET": os.environ["HOOK_SECRET"]}

