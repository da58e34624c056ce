"""Screens of forms: the list, the builder with its live preview, figures, submissions, awards, codes."""
