from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "xinfeng.policy"
    label = "policy"
