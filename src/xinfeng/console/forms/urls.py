"""Addresses of forms."""

from django.urls import path

from xinfeng.console.forms import builder, codes, listing, preview, results, versions

urlpatterns = [
    path("", listing.page, name="forms"),
    path("/new", listing.new, name="forms.new"),
    path("/codes", codes.page, name="forms.codes"),
    path("/<int:form_id>", results.page, name="forms.detail"),
    path("/<int:form_id>/edit", builder.edit, name="forms.edit"),
    path("/<int:form_id>/keep", builder.keep, name="forms.keep"),
    path("/<int:form_id>/preview", preview.page, name="forms.preview"),
    path("/<int:form_id>/preview.css", preview.look, name="forms.preview_look"),
    path("/<int:form_id>/publish", versions.publish, name="forms.publish"),
    path("/<int:form_id>/close", versions.close, name="forms.close"),
    path("/<int:form_id>/reopen", versions.reopen, name="forms.reopen"),
    path("/<int:form_id>/versions", versions.page, name="forms.versions"),
    path("/<int:form_id>/submissions", results.submissions, name="forms.submissions"),
    path("/<int:form_id>/awards", results.awards, name="forms.awards"),
    path("/<int:form_id>/coupons", results.coupons, name="forms.coupons"),
]
