"""Campaigns: the list, the wizard, the review, the live page, the report, the people behind each number."""
