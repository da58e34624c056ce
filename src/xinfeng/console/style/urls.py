"""Addresses of the style page."""

from django.urls import path

from xinfeng.console.style import views

urlpatterns = [
    path("", views.page, name="ui"),
    path("/progress/<int:done>", views.progress, name="ui.progress"),
    path("/refuse", views.refuse, name="ui.refuse"),
]
