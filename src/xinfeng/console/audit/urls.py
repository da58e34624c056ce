"""Addresses of the audit log."""

from django.urls import path

from xinfeng.console.audit import views

urlpatterns = [
    path("", views.page, name="audit"),
    path("/check", views.check, name="audit.check"),
    path("/checking", views.checking, name="audit.checking"),
    path("/export", views.export, name="audit.export"),
    path("/<int:entry_id>", views.detail, name="audit.entry"),
]
