"""Addresses of the inbox."""

from django.urls import path

from xinfeng.console.inbox import views

urlpatterns = [
    path("", views.page, name="inbox"),
    path("/<int:reply_id>/handled", views.handled, name="inbox.handled"),
]
