"""Addresses of number health."""

from django.urls import path

from xinfeng.console.numbers import lists, overview, planning, providers, ranges

urlpatterns = [
    path("", overview.page, name="numbers"),
    path("/list", lists.page, name="numbers.list"),
    path("/ranges", ranges.page, name="numbers.ranges"),
    path("/ranges/replace", ranges.replace, name="numbers.ranges_replace"),
    path("/ranges/shipped", ranges.shipped, name="numbers.ranges_shipped"),
    path("/ranges/again", ranges.again, name="numbers.ranges_again"),
    path("/ranges/ported", ranges.ported, name="numbers.ranges_ported"),
    path("/ranges/ported/progress", ranges.ported_progress, name="numbers.ranges_ported_progress"),
    path("/<int:contact_id>", lists.one, name="numbers.one"),
    path("/<int:contact_id>/<str:deed>", lists.act, name="numbers.act"),
    path("/runs", planning.runs, name="numbers.runs"),
    path("/runs/go", planning.go, name="numbers.go"),
    path("/runs/<int:run_id>/switch", planning.switch, name="numbers.switch"),
    path("/plan", planning.page, name="numbers.plan"),
    path("/providers", providers.page, name="numbers.providers"),
    path("/providers/new", providers.new, name="numbers.provider_new"),
    path("/providers/<int:provider_id>", providers.edit, name="numbers.provider"),
    path("/providers/<int:provider_id>/switch", providers.switch, name="numbers.provider_switch"),
    path("/providers/<int:provider_id>/try", providers.attempt, name="numbers.provider_try"),
]
