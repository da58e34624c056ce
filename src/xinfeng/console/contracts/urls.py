"""Addresses of the contracts with partners."""

from django.urls import path

from xinfeng.console.contracts import views

urlpatterns = [
    path("", views.page, name="contracts"),
    path("/new", views.new, name="contracts.new"),
    path("/<int:contract_id>", views.detail, name="contracts.detail"),
    path("/<int:contract_id>/end", views.end, name="contracts.end"),
    path("/<int:contract_id>/file", views.file, name="contracts.file"),
]
