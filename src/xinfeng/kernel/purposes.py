"""What a person may agree to be written to for. `consent.models.Purpose` gives these their Chinese names."""

PURPOSES = ("marketing", "service")
