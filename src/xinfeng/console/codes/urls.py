"""Addresses of the codes; they stand below the channels."""

from django.urls import path

from xinfeng.console.codes import receipts, saying, views

urlpatterns = [
    path("/codes", views.page, name="channels.codes"),
    path("/codes/own", saying.own, name="channels.codes.own"),
    path("/codes/say", saying.say, name="channels.codes.say"),
    path("/codes/remove", saying.remove, name="channels.codes.remove"),
    path("/codes/import", saying.take_file, name="channels.codes.import"),
    path("/<int:channel_id>/receipts", receipts.of_channel, name="channels.receipts"),
    path("/receipts/plan/<int:plan_id>", receipts.of_plan, name="channels.receipts.plan"),
]
