"""Addresses of contact pressure."""

from django.urls import path

from xinfeng.console.pressure import between, overview, person, strategies, trial

urlpatterns = [
    path("", overview.page, name="pressure"),
    path("/of/<int:contact_id>", person.of, name="pressure.of"),
    path("/between", between.page, name="pressure.between"),
    path("/between/<int:campaign_id>", between.one, name="pressure.campaign"),
    path("/between/<int:campaign_id>/rank", between.rank, name="pressure.rank"),
    path("/trial", trial.page, name="pressure.trial"),
    path("/trial/apply", trial.apply, name="pressure.apply"),
    path("/strategies", strategies.page, name="pressure.strategies"),
    path("/strategies/<slug:tier>", strategies.one, name="pressure.strategy"),
]
