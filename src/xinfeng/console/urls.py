"""Addresses of the console; each screen brings its own."""

from django.urls import include, path

from xinfeng.console import assets

urlpatterns = [
    path("static/<str:version>/<path:path>", assets.serve, name="asset"),
    path("favicon.ico", assets.favicon, name="favicon"),
    path("", include("xinfeng.console.frame.urls")),
    path("", include("xinfeng.console.account.urls")),
    path("", include("xinfeng.console.dashboard.urls")),
    path("contacts", include("xinfeng.console.contacts.urls")),
    path("imports", include("xinfeng.console.imports.urls")),
    path("requests", include("xinfeng.console.requests.urls")),
    path("consents", include("xinfeng.console.consents.urls")),
    path("contracts", include("xinfeng.console.contracts.urls")),
    path("inspection", include("xinfeng.console.inspection.urls")),
    path("segments", include("xinfeng.console.segments.urls")),
    path("tiers", include("xinfeng.console.tiers.urls")),
    path("tiers/tags", include("xinfeng.console.tags.urls")),
    path("numbers", include("xinfeng.console.numbers.urls")),
    path("forms", include("xinfeng.console.forms.urls")),
    path("reviews", include("xinfeng.console.reviews.urls")),
    path("templates", include("xinfeng.console.content.urls")),
    path("templates", include("xinfeng.console.content.rich.urls")),
    path("screening", include("xinfeng.console.screening.urls")),
    path("", include("xinfeng.console.operation.urls")),
    path("campaigns", include("xinfeng.console.campaigns.urls")),
    path("pressure", include("xinfeng.console.pressure.urls")),
    path("inbox", include("xinfeng.console.inbox.urls")),
    path("complaints", include("xinfeng.console.complaints.urls")),
    path("filings", include("xinfeng.console.filings.urls")),
    path("channels/routes", include("xinfeng.console.routes.urls")),
    path("channels", include("xinfeng.console.codes.urls")),
    path("channels", include("xinfeng.console.channels.urls")),
    path("integrations", include("xinfeng.console.integrations.urls")),
    path("settings", include("xinfeng.console.preferences.urls")),
    path("audit", include("xinfeng.console.audit.urls")),
    path("ui", include("xinfeng.console.style.urls")),
]
