"""Addresses of complaints."""

from django.urls import path

from xinfeng.console.complaints import files, listing, one, rating, rules, taking

urlpatterns = [
    path("", listing.page, name="complaints"),
    path("/new", taking.new, name="complaints.new"),
    path("/replies/<int:reply_id>", taking.reply, name="complaints.reply"),
    path("/contacts/<int:contact_id>", listing.of_contact, name="complaints.of_contact"),
    path("/rates", rating.page, name="complaints.rates"),
    path("/rates/waive", rating.let_pass, name="complaints.waive"),
    path("/rules", rules.page, name="complaints.rules"),
    path("/files", files.page, name="complaints.files"),
    path("/files/new", files.upload, name="complaints.upload"),
    path("/files/<int:file_id>", files.one, name="complaints.file"),
    path("/files/<int:file_id>/rejected", files.rejected, name="complaints.rejected"),
    path("/<int:complaint_id>", one.detail, name="complaints.detail"),
    path("/<int:complaint_id>/notes", one.note, name="complaints.note"),
    path("/<int:complaint_id>/attachments", one.attach, name="complaints.attach"),
    path("/<int:complaint_id>/attachments/<int:attachment_id>", one.attachment, name="complaints.attachment"),
    path("/<int:complaint_id>/do/<slug:deed>", one.do, name="complaints.do"),
]
