from django.apps import AppConfig


class LensConfig(AppConfig):
    name = "xinfeng.lens"
    label = "lens"
