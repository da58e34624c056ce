"""Addresses of templates and signatures."""

from django.urls import path

from xinfeng.console.content import editor, library, signatures, views

urlpatterns = [
    path("", views.page, name="templates"),
    path("/new", editor.new, name="templates.new"),
    path("/preview", editor.show_preview, name="templates.preview"),
    path("/library", library.page, name="templates.library"),
    path("/library/<str:key>", library.detail, name="templates.library_text"),
    path("/signatures", signatures.page, name="templates.signatures"),
    path("/signatures/<int:signature_id>", signatures.edit, name="templates.signature"),
    path("/<int:template_id>", views.detail, name="templates.detail"),
    path("/<int:template_id>/edit", editor.edit, name="templates.edit"),
    path("/<int:template_id>/archive", views.archive, name="templates.archive"),
]
