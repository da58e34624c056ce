"""信风 Xinfeng: consent-first SMS marketing. One package a domain noun; see CONTRIBUTING.md for the floors."""

__version__ = "0.1.0"
