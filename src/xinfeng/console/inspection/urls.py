"""Addresses of the inspection screens."""

from django.urls import path

from xinfeng.console.inspection import archives, keeping, rows, views

urlpatterns = [
    path("", views.page, name="inspection"),
    path("/part/<slug:name>", views.part, name="inspection.part"),
    path("/messages", rows.messages, name="inspection.messages"),
    path("/left-out", rows.left_out, name="inspection.left_out"),
    path("/retention", keeping.page, name="inspection.retention"),
    path("/retention/plan", keeping.plan, name="inspection.plan"),
    path("/retention/<slug:kind>", keeping.change, name="inspection.change"),
    path("/holds", keeping.place, name="inspection.hold"),
    path("/holds/<int:hold_id>/lift", keeping.lift, name="inspection.lift"),
    path("/archives", archives.page, name="inspection.archives"),
    path("/archives/progress", archives.progress, name="inspection.progress"),
    path("/archives/<int:export_id>/fetch", archives.fetch, name="inspection.fetch"),
]
