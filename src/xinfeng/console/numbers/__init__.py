"""Number health: states of the base, quarantine, lookups and their plan."""
