"""Addresses of the audit log."""

from django.urls import path

from xinfeng.console.audit import views

urlpatterns = [
    path("", views.page, name="audit"),
    path("/<int:entry_id>", views.detail, name="audit.entry"),
]
