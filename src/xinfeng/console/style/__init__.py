"""The style page at /ui: every component with realistic content, for whoever builds or reviews screens."""
