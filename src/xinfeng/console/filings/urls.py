"""Addresses of filings."""

from django.urls import path

from xinfeng.console.filings import bulk, documents, gaps, qualifications, signatures, templates

urlpatterns = [
    path("", signatures.page, name="filings"),
    path("/new", signatures.new, name="filings.new"),
    path("/move", signatures.move_many, name="filings.move_many"),
    path("/export", signatures.export, name="filings.export"),
    path("/import", signatures.import_results, name="filings.import"),
    path("/<int:filing_id>", signatures.detail, name="filings.detail"),
    path("/<int:filing_id>/edit", signatures.edit, name="filings.edit"),
    path("/<int:filing_id>/move", signatures.move, name="filings.move"),
    path("/documents/<int:document_id>", documents.download, name="filings.document"),
    path("/documents/<slug:subject>/<int:subject_id>", documents.upload, name="filings.upload"),
    path("/templates", templates.page, name="filings.templates"),
    path("/templates/new", templates.new, name="filings.template_new"),
    path("/templates/<int:filing_id>", templates.detail, name="filings.template"),
    path("/templates/<int:filing_id>/move", templates.move, name="filings.template_move"),
    path("/bulk", bulk.page, name="filings.bulk"),
    path("/bulk/new", bulk.new, name="filings.bulk_new"),
    path("/bulk/peaks", bulk.peaks, name="filings.peaks"),
    path("/bulk/<int:filing_id>", bulk.detail, name="filings.bulk_filing"),
    path("/bulk/<int:filing_id>/move", bulk.move, name="filings.bulk_move"),
    path("/qualifications", qualifications.page, name="filings.qualifications"),
    path("/qualifications/new", qualifications.new, name="filings.qualification_new"),
    path("/qualifications/<int:qualification_id>", qualifications.detail, name="filings.qualification"),
    path(
        "/qualifications/<int:qualification_id>/edit", qualifications.edit, name="filings.qualification_edit"
    ),
    path("/qualifications/<int:qualification_id>/retire", qualifications.retire, name="filings.retire"),
    path("/gaps", gaps.page, name="filings.gaps"),
    path("/gaps/new", gaps.new, name="filings.gap_new"),
    path("/gaps/<int:gap_id>", gaps.edit, name="filings.gap"),
    path("/gaps/<int:gap_id>/remove", gaps.remove, name="filings.gap_remove"),
]
