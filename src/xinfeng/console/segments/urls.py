"""Addresses of segments."""

from django.urls import path

from xinfeng.console.segments import builder, views

urlpatterns = [
    path("", views.page, name="segments"),
    path("/new", builder.new, name="segments.new"),
    path("/live", builder.live, name="segments.live"),
    path("/<int:segment_id>", views.detail, name="segments.detail"),
    path("/<int:segment_id>/edit", builder.edit, name="segments.edit"),
    path("/<int:segment_id>/count", views.count, name="segments.count"),
    path("/<int:segment_id>/archive", views.archive, name="segments.archive"),
    path("/<int:segment_id>/freeze", views.freeze, name="segments.freeze"),
]
