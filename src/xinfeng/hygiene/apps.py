from django.apps import AppConfig


class HygieneConfig(AppConfig):
    name = "xinfeng.hygiene"
    label = "hygiene"
