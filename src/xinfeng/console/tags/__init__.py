"""Tags: how many people have each, renamed, merged, described, with their history."""
