from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "xinfeng.consent"
    label = "consent"
