"""Addresses of contacts."""

from django.urls import path

from xinfeng.console.contacts import changes, listing, one

urlpatterns = [
    path("", listing.page, name="contacts"),
    path("/find", listing.find, name="contacts.find"),
    path("/<int:contact_id>", one.detail, name="contacts.detail"),
    path("/<int:contact_id>/timeline", one.timeline, name="contacts.timeline"),
    path("/<int:contact_id>/reveal", one.reveal, name="contacts.reveal"),
    path("/<int:contact_id>/edit", changes.edit, name="contacts.edit"),
    path("/<int:contact_id>/tags", changes.put_tag, name="contacts.put_tag"),
    path("/<int:contact_id>/tags/take", changes.take_tag, name="contacts.take_tag"),
    path("/<int:contact_id>/withdraw", changes.withdraw, name="contacts.withdraw"),
    path("/<int:contact_id>/suppress", changes.suppress, name="contacts.suppress"),
    path("/<int:contact_id>/lift", changes.lift, name="contacts.lift"),
]
