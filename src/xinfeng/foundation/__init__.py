"""What every slice stands on: PostgreSQL, settings, the vault, users and roles, audit, jobs, logs, metrics.

Always holds: secrets and personal data never reach a log line; the vault is the only place that knows keys.
"""
