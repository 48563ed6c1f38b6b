from django.urls import path

from . import views

urlpatterns = [
    path("", views.page, name="page"),
    path("run", views.run, name="run"),
]
