"""Addresses of requests."""

from django.urls import path

from xinfeng.console.requests import correction, deeds, listing, new, one

urlpatterns = [
    path("", listing.page, name="requests"),
    path("/new", new.new, name="requests.new"),
    path("/deadlines", listing.change, name="requests.deadlines"),
    path("/<int:request_id>", one.detail, name="requests.detail"),
    path("/<int:request_id>/held", one.held, name="requests.held"),
    path("/<int:request_id>/reveal", one.reveal, name="requests.reveal"),
    path("/<int:request_id>/letter", one.letter, name="requests.letter"),
    path("/<int:request_id>/export", one.export, name="requests.export"),
    path("/<int:request_id>/download", one.download, name="requests.download"),
    path("/<int:request_id>/correct", correction.correct, name="requests.correct"),
    path("/<int:request_id>/identity", deeds.identity, name="requests.identity"),
    path("/<int:request_id>/erase", deeds.erase, name="requests.erase"),
    path("/<int:request_id>/do/<str:deed>", deeds.do, name="requests.do"),
]
