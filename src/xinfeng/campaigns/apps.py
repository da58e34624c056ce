from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "xinfeng.campaigns"
    label = "campaigns"
