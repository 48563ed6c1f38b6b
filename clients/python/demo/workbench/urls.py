from django.urls import path

from . import views

urlpatterns = [
    path("", views.page, name="page"),
    path("run", views.run, name="run"),
    path("session", views.begin, name="begin"),
    path("session/cell", views.cell, name="cell"),
    path("session/end", views.end, name="end"),
]
