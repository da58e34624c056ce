"""Content rules: the rules with their law, a deployment's own words, and a place to try a text."""
