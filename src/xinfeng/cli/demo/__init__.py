"""`xinfeng demo`: the main job on a sample shop, from the contact file to the report."""

from xinfeng.cli.demo.command import demo

__all__ = ["demo"]
