from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "xinfeng.intake"
    label = "intake"
