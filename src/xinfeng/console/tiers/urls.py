"""Addresses of tiers and traits."""

from django.urls import path

from xinfeng.console.tiers import overview, person, rules, traits

urlpatterns = [
    path("", overview.page, name="tiers"),
    path("/rules", rules.page, name="tiers.rules"),
    path("/rules/preview", rules.preview, name="tiers.preview"),
    path("/traits", traits.page, name="tiers.traits"),
    path("/traits/new", traits.new, name="tiers.trait_new"),
    path("/traits/of/<int:contact_id>", person.traits_of, name="tiers.traits_of"),
    path("/traits/sample", traits.sample, name="tiers.trait_sample"),
    path("/traits/<slug:key>", traits.edit, name="tiers.trait"),
    path("/traits/<slug:key>/archive", traits.archive, name="tiers.trait_archive"),
    path("/traits/<slug:key>/restore", traits.restore, name="tiers.trait_restore"),
]
