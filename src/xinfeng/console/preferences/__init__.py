"""Settings: people and roles, send windows, ceilings, confirmation of opt-outs, calendar, tiers, notices, attributes, about."""
