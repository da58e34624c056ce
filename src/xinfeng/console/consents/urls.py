"""Addresses of consent: notices, suppressions, proof."""

from django.urls import path

from xinfeng.console.consents import notices, proof, suppressions

urlpatterns = [
    path("", notices.page, name="consents"),
    path("/notices/new", notices.new, name="consents.new"),
    path("/notices/<int:notice_id>", notices.one, name="consents.notice"),
    path("/notices/<int:notice_id>/<int:other_id>", notices.compare, name="consents.compare"),
    path("/suppressions", suppressions.page, name="consents.suppressions"),
    path("/suppressions/add", suppressions.add, name="consents.suppress"),
    path("/suppressions/<int:suppression_id>/lift", suppressions.lift, name="consents.lift"),
    path("/proof", proof.page, name="consents.proof"),
    path("/proof/ledger", proof.checking, name="consents.checking"),
    path("/proof/check", proof.check, name="consents.check"),
    path("/proof/cool-down", proof.cool_down, name="consents.cool_down"),
    path("/proof/contacts/<int:contact_id>", proof.person, name="consents.person"),
    path("/proof/campaigns/<int:campaign_id>", proof.campaign, name="consents.campaign"),
    path(
        "/proof/campaigns/<int:campaign_id>/files", proof.campaign_progress, name="consents.campaign_progress"
    ),
    path("/proof/files/<int:proof_id>", proof.fetch, name="consents.fetch"),
]
