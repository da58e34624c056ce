"""Addresses of the campaigns."""

from django.urls import path

from xinfeng.console.campaigns import evidence, listing, moves, rehearsing, results, review, wizard

urlpatterns = [
    path("", listing.page, name="campaigns"),
    path("/new", wizard.new, name="campaigns.new"),
    path("/audience", wizard.audience, name="campaigns.audience"),
    path("/windows", wizard.windows, name="campaigns.windows"),
    path("/<int:campaign_id>", listing.detail, name="campaigns.detail"),
    path("/<int:campaign_id>/whom", wizard.whom, name="campaigns.whom"),
    path("/<int:campaign_id>/what", wizard.what, name="campaigns.what"),
    path("/<int:campaign_id>/preview", wizard.preview, name="campaigns.preview"),
    path("/<int:campaign_id>/how", wizard.how, name="campaigns.how"),
    path("/<int:campaign_id>/check", review.check, name="campaigns.check"),
    path("/<int:campaign_id>/review", review.review, name="campaigns.review"),
    path("/<int:campaign_id>/gate", review.gate, name="campaigns.gate"),
    path("/<int:campaign_id>/live", results.live, name="campaigns.live"),
    path("/<int:campaign_id>/report", results.report, name="campaigns.report"),
    path("/<int:campaign_id>/people", evidence.people, name="campaigns.people"),
    path("/<int:campaign_id>/people/keep", evidence.keep, name="campaigns.keep_people"),
    path("/<int:campaign_id>/export", evidence.export, name="campaigns.export"),
    path("/<int:campaign_id>/explain", evidence.explain, name="campaigns.explain"),
    path("/<int:campaign_id>/history", results.history, name="campaigns.history"),
    path("/<int:campaign_id>/rehearsal", rehearsing.page, name="campaigns.rehearsal"),
    path("/<int:campaign_id>/rehearsal/start", rehearsing.start, name="campaigns.rehearse"),
    path("/<int:campaign_id>/rehearsal/cancel", rehearsing.cancel, name="campaigns.rehearsal_cancel"),
    path("/<int:campaign_id>/<slug:move>", moves.move, name="campaigns.move"),
]
