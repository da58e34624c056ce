"""Addresses of imports."""

from django.urls import path

from xinfeng.console.imports import start, views

urlpatterns = [
    path("", views.page, name="imports"),
    path("/new", start.new, name="imports.new"),
    path("/<int:job_id>", views.detail, name="imports.detail"),
    path("/<int:job_id>/columns", start.columns, name="imports.columns"),
    path("/<int:job_id>/progress", views.progress, name="imports.progress"),
    path("/<int:job_id>/cancel", views.cancel, name="imports.cancel"),
    path("/<int:job_id>/rejected.csv", views.rejected, name="imports.rejected"),
]
