"""Addresses under /callbacks/."""

from __future__ import annotations

from django.urls import path

from xinfeng.integrations.callbacks import views

urlpatterns = [
    path("<str:key>/receipts", views.callback, {"take": views.RECEIPTS}, name="callbacks.receipts"),
    path("<str:key>/replies", views.callback, {"take": views.REPLIES}, name="callbacks.replies"),
]
