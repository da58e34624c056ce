from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "xinfeng.console"
    label = "console"
