"""Addresses of the console; each screen brings its own."""

from django.urls import include, path

from xinfeng.console import assets

urlpatterns = [
    path("static/<str:version>/<path:path>", assets.serve, name="asset"),
    path("", include("xinfeng.console.frame.urls")),
    path("", include("xinfeng.console.dashboard.urls")),
    path("templates", include("xinfeng.console.content.urls")),
    path("ui", include("xinfeng.console.style.urls")),
]

handler400 = "xinfeng.console.frame.errors.bad_request"
handler403 = "xinfeng.console.frame.errors.forbidden"
handler404 = "xinfeng.console.frame.errors.not_found"
handler500 = "xinfeng.console.frame.errors.server_error"
