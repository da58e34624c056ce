"""Settings: people and roles, send windows, ceilings, confirmation of opt-outs, calendar, notices, attributes, about."""
