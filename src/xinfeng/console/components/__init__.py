"""Typed values the component templates show; views build them from the reads of the slices below."""

from xinfeng.console.components.parts import Crumb, Empty, Phone, Share, Stat, Step, Tab, TimelineItem
from xinfeng.console.components.tables import (
    Column,
    Filter,
    Listing,
    Query,
    Table,
    answer_with_table,
)

__all__ = [
    "Column",
    "Crumb",
    "Empty",
    "Filter",
    "Listing",
    "Phone",
    "Query",
    "Share",
    "Stat",
    "Step",
    "Tab",
    "Table",
    "TimelineItem",
    "answer_with_table",
]
