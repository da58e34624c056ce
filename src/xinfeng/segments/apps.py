from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "xinfeng.segments"
    label = "segments"
