"""People who use the console in tests."""

from django.test import Client

from xinfeng.foundation.models import User


def signed_in(role: str, *, username: str | None = None) -> Client:
    """A browser in which somebody with `role` has signed in."""
    client = Client(headers={"host": "localhost"})
    user = User.objects.filter(username=username or role).first()
    client.force_login(
        user or User.objects.create_user(username or role, password="tea-and-wind-9", role=role)
    )
    return client
