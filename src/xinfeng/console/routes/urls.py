"""Addresses of routes; they belong to the section of channels."""

from django.urls import path

from xinfeng.console.routes import views

urlpatterns = [
    path("", views.page, name="channels.routes"),
    path("/new", views.new, name="channels.route_new"),
    path("/patience", views.patience, name="channels.patience"),
    path("/<int:route_id>", views.one, name="channels.route"),
    path("/<int:route_id>/remove", views.remove, name="channels.route_remove"),
]
