"""Every address of `app`: what programs ask for, what the public sees, and the console."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("xinfeng.integrations.urls")),
    path("callbacks/", include("xinfeng.integrations.callbacks.urls")),
    path("f/", include("xinfeng.pages.urls")),
    path("", include("xinfeng.console.urls")),
]

handler400 = "xinfeng.console.frame.errors.bad_request"
handler403 = "xinfeng.console.frame.errors.forbidden"
handler404 = "xinfeng.console.frame.errors.not_found"
handler500 = "xinfeng.console.frame.errors.server_error"
