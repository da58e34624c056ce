"""Settings: people and roles, send windows, ceilings, calendar, tiers, notices, attributes, replies, about."""
