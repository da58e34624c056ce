"""The frame around every screen: login, password, language, theme, error pages."""
