from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "xinfeng.screening"
    label = "screening"
