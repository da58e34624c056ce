"""Addresses under /callbacks/."""

from __future__ import annotations

from django.urls import path

from xinfeng.integrations.callbacks import platforms, views

urlpatterns = [
    path("<str:key>/receipts", views.callback, {"take": views.RECEIPTS}, name="callbacks.receipts"),
    path("<str:key>/replies", views.callback, {"take": views.REPLIES}, name="callbacks.replies"),
    path("<str:key>/notifyInfoNotification/<str:chatbot>/check", platforms.check),
    path("<str:key>/deliveryNotification/<str:chatbot>/status", platforms.push, {"what": "receipts"}),
    path("<str:key>/messageNotification/<str:chatbot>/messages", platforms.push, {"what": "replies"}),
    path("<str:key>/notice/<str:notice>", platforms.push, {"what": "notice"}),
    path("<str:key>/DeliveryInfoNotification/<str:chatbot>", platforms.push, {"what": "receipts"}),
    path("<str:key>/InboundMessageNotification/<str:chatbot>", platforms.push, {"what": "replies"}),
    path("<str:key>/MessageStatusNotification/<str:chatbot>", platforms.push, {"what": "notice"}),
    path("<path:rest>", views.nowhere),
]
