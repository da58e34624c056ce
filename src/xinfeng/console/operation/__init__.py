"""For those who run it: /healthz and /metrics. Both need no login and tell nothing about anybody."""
