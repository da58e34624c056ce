from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "xinfeng.complaints"
    label = "complaints"
