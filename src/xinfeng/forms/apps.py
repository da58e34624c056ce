from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "xinfeng.forms"
    label = "forms"
