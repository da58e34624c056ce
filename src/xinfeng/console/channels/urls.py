"""Addresses of the channels."""

from django.urls import path

from xinfeng.console.channels import views

urlpatterns = [
    path("", views.page, name="channels"),
    path("/new", views.new, name="channels.new"),
    path("/<int:channel_id>", views.detail, name="channels.detail"),
    path("/<int:channel_id>/edit", views.edit, name="channels.edit"),
    path("/<int:channel_id>/switch", views.switch, name="channels.switch"),
]
