"""Addresses of tags; they belong to the section of tiers and tags."""

from django.urls import path

from xinfeng.console.tags import views

urlpatterns = [
    path("", views.page, name="tiers.tags"),
    path("/new", views.new, name="tiers.tag_new"),
    path("/<int:tag_id>", views.one, name="tiers.tag"),
    path("/<int:tag_id>/merge", views.merge, name="tiers.tag_merge"),
]
