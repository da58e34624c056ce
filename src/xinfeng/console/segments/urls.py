"""Addresses of segments."""

from django.urls import path

from xinfeng.console.segments import beginnings, builder, comparing, freezing, tagging, tags, uploading, views

urlpatterns = [
    path("", views.page, name="segments"),
    path("/new", builder.new, name="segments.new"),
    path("/live", builder.live, name="segments.live"),
    path("/ready", beginnings.ready, name="segments.ready"),
    path("/ready/install", beginnings.install, name="segments.install"),
    path("/rfm", beginnings.rfm, name="segments.rfm"),
    path("/compare", comparing.page, name="segments.compare"),
    path("/upload", uploading.upload, name="segments.upload"),
    path("/tags", tags.page, name="segments.tags"),
    path("/tags/new", tags.new, name="segments.tags_new"),
    path("/tags/<int:rule_id>", tags.detail, name="segments.tag"),
    path("/tags/<int:rule_id>/edit", tags.edit, name="segments.tag_edit"),
    path("/tags/<int:rule_id>/run", tags.run, name="segments.tag_run"),
    path("/tags/<int:rule_id>/switch", tags.switch, name="segments.tag_switch"),
    path("/<int:segment_id>", views.detail, name="segments.detail"),
    path("/<int:segment_id>/edit", builder.edit, name="segments.edit"),
    path("/<int:segment_id>/count", views.count, name="segments.count"),
    path("/<int:segment_id>/archive", views.archive, name="segments.archive"),
    path("/<int:segment_id>/freeze", freezing.start, name="segments.freeze"),
    path("/<int:segment_id>/duplicate", views.duplicate, name="segments.duplicate"),
    path("/<int:segment_id>/restore", views.restore, name="segments.restore"),
    path("/<int:segment_id>/misses", uploading.misses, name="segments.misses"),
    path("/<int:segment_id>/tag", tagging.start, name="segments.tagging"),
    path("/freezing/<int:freezing_id>", freezing.progress, name="segments.freezing"),
    path("/tagging/<int:tagging_id>", tagging.progress, name="segments.tagging_progress"),
]
