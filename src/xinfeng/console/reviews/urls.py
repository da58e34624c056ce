"""Addresses of reviews and proofs."""

from django.urls import path

from xinfeng.console.reviews import decisions, desk, proofs, version

urlpatterns = [
    path("", desk.page, name="reviews"),
    path("/done", desk.done, name="reviews.done"),
    path("/evidence", proofs.page, name="reviews.proofs"),
    path("/evidence/<int:evidence_id>/file", proofs.download, name="reviews.proof_file"),
    path("/evidence/<int:evidence_id>/withdraw", proofs.withdraw, name="reviews.proof_withdraw"),
    path("/<int:version_id>", version.page, name="reviews.version"),
    path("/<int:version_id>/state", version.state, name="reviews.state"),
    path("/<int:version_id>/evidence", proofs.new, name="reviews.proof_new"),
    path("/<int:version_id>/reuse", proofs.reuse, name="reviews.proof_reuse"),
    path("/<int:version_id>/comment", decisions.comment, name="reviews.comment"),
    path("/<int:version_id>/<slug:deed>", decisions.decide, name="reviews.decide"),
]
