"""The audit log, for those who answer for what was done."""
