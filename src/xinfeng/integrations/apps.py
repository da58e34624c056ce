from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "xinfeng.integrations"
    label = "integrations"
