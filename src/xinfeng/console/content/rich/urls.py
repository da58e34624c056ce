"""Addresses of the designer, under those of templates."""

from django.urls import path

from xinfeng.console.content.rich import designer, pictures

urlpatterns = [
    path("/pictures", pictures.upload, name="templates.pictures"),
    path("/pictures/<str:digest>", pictures.show, name="templates.picture"),
    path("/<int:template_id>/rich", designer.page, name="templates.rich"),
    path("/<int:template_id>/rich/preview", designer.show_preview, name="templates.rich_preview"),
    path("/<int:template_id>/rich/drop", designer.drop, name="templates.rich_drop"),
]
