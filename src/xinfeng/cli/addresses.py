"""Every address of `app`: what programs ask for, what the public sees, and the console."""

from django.urls import include, path, re_path

from xinfeng.pages import media

urlpatterns = [
    path("api/", include("xinfeng.integrations.urls")),
    path("callbacks/", include("xinfeng.integrations.callbacks.urls")),
    path("f/", include("xinfeng.pages.urls")),
    re_path(r"^media/(?P<digest>[0-9a-f]{64})\.(?P<suffix>jpg|png)$", media.serve, name="pages.media"),
    path("", include("xinfeng.console.urls")),
]

handler400 = "xinfeng.console.frame.errors.bad_request"
handler403 = "xinfeng.console.frame.errors.forbidden"
handler404 = "xinfeng.console.frame.errors.not_found"
handler500 = "xinfeng.console.frame.errors.server_error"
