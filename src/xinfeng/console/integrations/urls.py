"""Addresses of the interfaces."""

from django.urls import path

from xinfeng.console.integrations import keys, webhooks

urlpatterns = [
    path("", keys.page, name="integrations"),
    path("/keys/new", keys.new, name="integrations.key_new"),
    path("/keys/<int:key_id>", keys.detail, name="integrations.key"),
    path("/keys/<int:key_id>/revoke", keys.revoke, name="integrations.key_revoke"),
    path("/webhooks", webhooks.page, name="integrations.webhooks"),
    path("/webhooks/new", webhooks.new, name="integrations.webhook_new"),
    path("/webhooks/<int:webhook_id>", webhooks.detail, name="integrations.webhook"),
    path("/webhooks/<int:webhook_id>/edit", webhooks.edit, name="integrations.webhook_edit"),
    path("/webhooks/<int:webhook_id>/<slug:move>", webhooks.move, name="integrations.webhook_move"),
    path(
        "/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay",
        webhooks.replay,
        name="integrations.delivery_replay",
    ),
]
