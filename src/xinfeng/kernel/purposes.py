"""What a person may agree to. `consent.models.Purpose` gives these their Chinese names."""

MESSAGE_PURPOSES = ("marketing", "service")
"""What a message may be sent for; templates, channels and campaigns have one of these."""

PURPOSES = (*MESSAGE_PURPOSES, "location", "profiling", "sharing")
"""Everything consent is kept for by name: being written to, being located, being profiled, being passed on."""

SENSITIVE_PREFIX = "sensitive:"
"""Before the key of a sensitive attribute: the separate consent to using it (PIPL, Art 29)."""


def sensitive_purpose(attribute_key: str) -> str:
    """The purpose under which consent to using a sensitive attribute is kept."""
    return SENSITIVE_PREFIX + attribute_key


def sensitive_key(purpose: str) -> str | None:
    """The attribute a purpose is about, None for the purposes that have a name."""
    return purpose.removeprefix(SENSITIVE_PREFIX) if purpose.startswith(SENSITIVE_PREFIX) else None
