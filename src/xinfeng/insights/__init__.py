"""Insights: what came of it. Live numbers, reports and drill-downs, read from the lens. Owns no table."""
