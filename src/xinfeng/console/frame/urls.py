"""Addresses of the frame."""

from django.urls import path

from xinfeng.console.frame import views

urlpatterns = [
    path("language", views.set_language, name="set_language"),
    path("theme", views.set_theme, name="set_theme"),
]
