"""Joined to other systems (feature A9): the REST API with keys and scopes, and webhooks out. Doors only: no rule
lives here."""
