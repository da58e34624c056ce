from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "xinfeng.content"
    label = "content"
