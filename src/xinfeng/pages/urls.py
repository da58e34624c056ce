"""Addresses under /f/: the public's pages."""

from django.urls import path

from xinfeng.pages import assets, embedding, views

urlpatterns = [
    path("-/<str:version>/<str:name>", assets.serve, name="pages.asset"),
    path("<slug:slug>", views.page, name="pages.form"),
    path("<slug:slug>/look.css", assets.look, name="pages.look"),
    path("<slug:slug>/embed.js", embedding.script, name="pages.embed"),
    path("<slug:slug>/qr.svg", embedding.qr_svg, name="pages.qr_svg"),
    path("<slug:slug>/qr.png", embedding.qr_png, name="pages.qr_png"),
    path("<slug:slug>/c/<uuid:public_id>", views.code, name="pages.code"),
    path("<slug:slug>/c/<uuid:public_id>/again", views.again, name="pages.again"),
    path("<slug:slug>/r/<uuid:public_id>", views.result, name="pages.result"),
]
