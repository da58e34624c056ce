"""Addresses of the channels."""

from django.urls import path

from xinfeng.console.channels import views

urlpatterns = [
    path("", views.page, name="channels"),
    path("/new", views.new, name="channels.new"),
    path("/<int:channel_id>", views.detail, name="channels.detail"),
    path("/<int:channel_id>/edit", views.edit, name="channels.edit"),
    path("/<int:channel_id>/chart", views.chart, name="channels.chart"),
    path("/<int:channel_id>/trial", views.trial, name="channels.trial"),
    path("/<int:channel_id>/probe", views.probe, name="channels.probe"),
    path("/<int:channel_id>/switch", views.switch, name="channels.switch"),
]
