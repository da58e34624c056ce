"""Addresses of the settings."""

from django.urls import path
from django.views.generic import RedirectView

from xinfeng.console.preferences import (
    about,
    backups,
    calendar,
    confirmation,
    customers,
    history,
    keys,
    people,
    roles,
    rules,
    security,
    windows,
)

urlpatterns = [
    path("", people.users, name="settings"),
    path("/users/new", people.new, name="settings.user_new"),
    path("/users/<int:user_id>", people.edit, name="settings.user"),
    path("/users/<int:user_id>/password", people.reset, name="settings.user_password"),
    path(
        "/users/<int:user_id>/second-factor", people.reset_second_factor, name="settings.user_second_factor"
    ),
    path("/users/<int:user_id>/sessions", people.end_sessions, name="settings.user_sessions"),
    path("/roles", roles.page, name="settings.roles"),
    path("/security", security.page, name="settings.security"),
    path("/keys", keys.page, name="settings.keys"),
    path("/keys/rotate", keys.rotate, name="settings.keys_rotate"),
    path("/keys/count", keys.count, name="settings.keys_count"),
    path("/backups", backups.page, name="settings.backups"),
    path("/backups/now", backups.now, name="settings.backups_now"),
    path("/windows", windows.page, name="settings.windows"),
    path("/windows/bounds", windows.bounds, name="settings.bounds"),
    path("/changes/<int:change_id>/withdraw", history.withdraw, name="settings.change_withdraw"),
    path("/windows/<slug:trade>", windows.edit, name="settings.trade"),
    path("/caps", rules.caps, name="settings.caps"),
    path("/tiers", RedirectView.as_view(pattern_name="tiers.rules"), name="settings.tiers"),
    path("/confirmation", confirmation.page, name="settings.confirmation"),
    path("/confirmation/preview", confirmation.preview, name="settings.confirmation_preview"),
    path("/calendar", calendar.page, name="settings.calendar"),
    path("/calendar/<int:year>", calendar.page, name="settings.calendar_year"),
    path("/calendar/mark", calendar.mark, name="settings.day_mark"),
    path("/calendar/unmark", calendar.unmark, name="settings.day_unmark"),
    path("/attributes", customers.attributes, name="settings.attributes"),
    path("/about", about.page, name="settings.about"),
]
