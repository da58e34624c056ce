"""Interfaces to other systems: API keys and their use, webhooks and their deliveries."""
