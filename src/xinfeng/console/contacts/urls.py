"""Addresses of contacts."""

from django.urls import path

from xinfeng.console.contacts import changes, consents, listing, merging, one

urlpatterns = [
    path("", listing.page, name="contacts"),
    path("/find", listing.find, name="contacts.find"),
    path("/new", changes.add, name="contacts.new"),
    path("/merges", merging.suggestions, name="contacts.merges"),
    path("/merges/done", merging.done, name="contacts.merges_done"),
    path("/merges/merge", merging.merge, name="contacts.merge"),
    path("/merges/dismiss", merging.dismiss, name="contacts.dismiss"),
    path("/merges/undo", merging.undo, name="contacts.unmerge"),
    path("/<int:one_id>/with/<int:other_id>", merging.pair, name="contacts.pair"),
    path("/<int:contact_id>", one.detail, name="contacts.detail"),
    path("/<int:contact_id>/timeline", one.timeline, name="contacts.timeline"),
    path("/<int:contact_id>/reveal", one.reveal, name="contacts.reveal"),
    path("/<int:contact_id>/edit", changes.edit, name="contacts.edit"),
    path("/<int:contact_id>/tags", changes.put_tag, name="contacts.put_tag"),
    path("/<int:contact_id>/tags/take", changes.take_tag, name="contacts.take_tag"),
    path("/<int:contact_id>/merge", merging.other, name="contacts.other"),
    path("/<int:contact_id>/grant", consents.grant, name="contacts.grant"),
    path("/<int:contact_id>/withdraw", consents.withdraw, name="contacts.withdraw"),
    path("/<int:contact_id>/suppress", changes.suppress, name="contacts.suppress"),
    path("/<int:contact_id>/lift", changes.lift, name="contacts.lift"),
]
