from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "xinfeng.privacy"
    label = "privacy"
