from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "xinfeng.foundation"
    label = "foundation"

    def ready(self) -> None:
        from xinfeng.foundation import sessions  # noqa: F401  hears who signs in and out
