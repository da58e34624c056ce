from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "xinfeng.foundation"
    label = "foundation"
