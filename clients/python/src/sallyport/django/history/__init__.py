"""Keeps executions in the database: put `sallyport.django.history` into INSTALLED_APPS, and migrate."""
