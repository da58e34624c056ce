"""Addresses for monitoring."""

from django.urls import path

from xinfeng.console.operation import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics, name="metrics"),
]
